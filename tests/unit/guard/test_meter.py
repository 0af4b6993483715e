"""Need and limit of a container, and what is said where they cannot be read."""

import logging
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from memtune.guard import meter as meter_module
from memtune.guard import processes
from memtune.guard.container import Container, find
from memtune.guard.meter import ContainerMeter
from tests.unit.guard.kernel import MIB, limit_v2, v2

MACHINE = 24 * 1024 * MIB


def container(folder: Path, limit: int | None, usage: int = 100 * MIB) -> partial[Container]:
    proc = v2(folder, {"it": limit_v2(limit, usage=usage)}, "/it")
    return partial(find, proc, MACHINE)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, logger="memtune.guard"):
        yield caplog


def test_it_reads_the_container(tmp_path: Path) -> None:
    meter = ContainerMeter(find=container(tmp_path, 512 * MIB))

    reading = meter.read()

    assert reading is not None
    assert (reading.need_bytes, reading.limit_bytes) == (100 * MIB, 512 * MIB)
    assert reading.source == "cgroup v2"
    assert meter.limit() == "512.0MB (cgroup v2 memory.max)"


def test_a_lower_limit_may_be_given(tmp_path: Path, log: pytest.LogCaptureFixture) -> None:
    meter = ContainerMeter(200 * MIB, find=container(tmp_path, 512 * MIB))

    reading = meter.read()

    assert reading is not None
    assert reading.limit_bytes == 200 * MIB
    assert meter.limit() == "200.0MB (given, below 512.0MB: cgroup v2 memory.max)"
    assert log.messages == []


def test_a_higher_limit_does_not_count_and_is_told_once(
    tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    meter = ContainerMeter(800 * MIB, find=container(tmp_path, 512 * MIB))

    for _ in range(3):
        reading = meter.read()
        assert reading is not None
        assert reading.limit_bytes == 512 * MIB

    (message,) = log.messages
    assert "800.0MB was given, but the container has 512.0MB (cgroup v2 memory.max)" in message


@pytest.mark.parametrize("wrong", [0, -1])
def test_a_limit_of_nothing_is_refused(wrong: int) -> None:
    with pytest.raises(ValueError, match="above zero"):
        ContainerMeter(wrong)


def test_without_a_limit_it_says_so(tmp_path: Path) -> None:
    meter = ContainerMeter(find=container(tmp_path, None))

    assert meter.limit() == "24576.0MB (no limit set: the machine's memory)"


def test_a_limit_that_is_changed_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter_module, "LIMIT_LASTS_S", 0.0)
    meter = ContainerMeter(find=container(tmp_path, 512 * MIB))
    meter.read()

    (tmp_path / "cg/it/memory.max").write_text(f"{300 * MIB}\n")
    reading = meter.read()

    assert reading is not None
    assert reading.limit_bytes == 300 * MIB


def test_where_the_group_cannot_be_read_it_reads_this_program_and_says_so_once(
    tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    meter = ContainerMeter(find=container(tmp_path, 512 * MIB))
    (tmp_path / "cg/it/memory.current").unlink()

    readings = [meter.read() for _ in range(3)]

    own = psutil.Process().memory_info().rss
    for reading in readings:
        assert reading is not None
        assert reading.source == "processes"
        assert reading.limit_bytes == 512 * MIB
        assert own / 4 < reading.need_bytes < psutil.virtual_memory().total / 4
    (message,) = log.messages
    assert "reading the processes instead" in message
    assert "memory.current" in message


def test_where_nothing_can_be_read_there_is_no_reading_and_it_says_so_once(
    tmp_path: Path, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> int:
        raise psutil.NoSuchProcess(os.getpid())

    monkeypatch.setattr(processes, "family_bytes", gone)
    meter = ContainerMeter(find=partial(find, tmp_path / "nothing", MACHINE))

    assert [meter.read(), meter.read()] == [None, None]
    assert len(log.messages) == 2
    assert "nothing is done about it" in log.messages[1]
