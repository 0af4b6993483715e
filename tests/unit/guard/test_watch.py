"""What the guard's thread does as memory rises and falls: trims, logs, asks for recycling."""

import gc
import logging
import time
from collections.abc import Callable
from functools import partial

import pytest

from memtune.guard import Guard
from memtune.guard.watch import ASK_S
from tests.unit.guard.meters import SetMeter

QUICK_S = 0.05


def until(condition: Callable[[], object], timeout_s: float = 5.0) -> None:
    """Wait for something that another thread does."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def has_signs(log: pytest.LogCaptureFixture, count: int) -> bool:
    return len([line for line in log.messages if line[0] in "🟢🟡🔴"]) >= count


def has_trimmed(guard: Guard, times: int) -> bool:
    return guard.counts.trims >= times


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="memtune.guard")
    return caplog


def test_a_registered_cache_is_trimmed_at_the_warning_level(
    log: pytest.LogCaptureFixture,
) -> None:
    meter = SetMeter(0.1)
    guard = Guard(meter=meter)

    @guard.register
    def clear() -> None:
        meter.share = 0.2

    with guard:
        time.sleep(QUICK_S)
        assert meter.share == 0.1
        meter.share = 0.75
        until(lambda: guard.counts.trims)

    assert meter.share == 0.2
    assert "🟡 Memory warning: 75.0MB / 100MB" in log.messages
    (told,) = [line for line in log.messages if "trimmed" in line]
    assert told.startswith("Memory trimmed: 75.0MB -> 20.0MB in ")


def test_a_cache_that_raises_is_logged_and_the_others_go_on(
    log: pytest.LogCaptureFixture,
) -> None:
    meter = SetMeter(0.1)
    guard = Guard(meter=meter)
    done: list[str] = []

    @guard.register
    def broken() -> None:
        done.append("broken")
        raise KeyError("no such cache")

    guard.register(lambda: done.append("sound"))
    with guard:
        meter.share = 0.75
        until(lambda: guard.counts.trims)
        assert guard.started

    assert done[:2] == ["broken", "sound"]
    (record,) = [record for record in log.records if record.exc_info]
    assert "broken failed, the others go on" in record.getMessage()


def test_garbage_is_collected() -> None:
    meter = SetMeter(0.1)
    collections = gc.get_stats()[2]["collections"]

    with Guard(meter=meter) as guard:
        meter.share = 0.75
        until(lambda: guard.counts.trims)

    assert gc.get_stats()[2]["collections"] > collections


def test_memory_that_does_not_fall_is_not_trimmed_all_the_time() -> None:
    meter = SetMeter(0.75)

    with Guard(meter=meter) as guard:
        until(lambda: guard.counts.checks > 10)
        assert guard.counts.trims == 1
        meter.share = 0.78  # it rises
        until(lambda: guard.counts.trims == 2)


def test_it_logs_at_start_and_in_intervals(log: pytest.LogCaptureFixture) -> None:
    with Guard(meter=SetMeter(0.2), log_interval_s=0.02):
        until(lambda: len(log.messages) >= 4)

    assert log.messages[:4] == [
        "🟢 Memory startup: 20.0MB / 100MB",
        "Memory limit: 100MB (test)",
        "🟢 Memory check: 20.0MB / 100MB",
        "🟢 Memory check: 20.0MB / 100MB",
    ]
    assert {record.levelno for record in log.records} == {logging.INFO}


def test_each_level_is_logged_when_it_begins(log: pytest.LogCaptureFixture) -> None:
    meter = SetMeter(0.2)

    with Guard(meter=meter):
        for count, share in enumerate([0.75, 0.86, 0.95], start=2):
            meter.share = share
            until(partial(has_signs, log, count))

    signed = [line.split(":")[0] for line in log.messages if line[0] in "🟢🟡🔴"]
    assert signed == [
        "🟢 Memory startup",
        "🟡 Memory warning",
        "🔴 Memory critical",
        "🔴 Memory full",
    ]


def test_a_cache_that_fills_and_is_trimmed_in_turns_does_not_flood_the_log(
    log: pytest.LogCaptureFixture,
) -> None:
    meter = SetMeter(0.2)
    guard = Guard(meter=meter)

    @guard.register
    def clear() -> None:
        meter.share = 0.2

    with guard:
        for trims in range(1, 11):
            meter.share = 0.75
            until(partial(has_trimmed, guard, trims))

    assert len([line for line in log.messages if "warning" in line]) == 1


def test_recycling_is_asked_for_where_trimming_did_not_help_until_it_is_promised() -> None:
    meter = SetMeter(0.1)
    guard = Guard(meter=meter)
    asked: list[float] = []

    def recycle() -> bool:
        asked.append(time.monotonic())
        return len(asked) == 2

    guard.recycle_with(recycle)
    with guard:
        meter.share = 0.75
        until(lambda: guard.counts.trims)
        assert asked == []
        meter.share = 0.90
        until(lambda: len(asked) == 2)
        checks = guard.counts.checks
        until(lambda: guard.counts.checks > checks + 10)

    assert asked[1] - asked[0] >= ASK_S
    assert len(asked) == 2


def test_recycling_is_not_asked_for_where_trimming_helped() -> None:
    meter = SetMeter(0.1)
    guard = Guard(meter=meter)
    asked: list[bool] = []
    guard.recycle_with(lambda: asked.append(True))

    @guard.register
    def clear() -> None:
        meter.share = 0.3

    with guard:
        meter.share = 0.90
        until(lambda: guard.counts.trims)
        time.sleep(QUICK_S)

    assert asked == []
