"""What a service asks of its guard: to admit work, to start and stop, to outlive a fork."""

import os
import subprocess
import sys
import time

import pytest

from memtune.guard import Guard, Level, Reading
from tests.unit.guard.meters import SetMeter
from tests.unit.guard.test_watch import until


@pytest.mark.parametrize(
    ("share", "in_flight", "admitted"),
    [
        (0.5, 0, True),
        (0.5, 50, True),
        (0.75, 49, True),
        (0.75, 50, False),
        (0.90, 0, True),
        (0.90, 1, False),
        (0.95, 0, False),
    ],
)
def test_work_is_admitted_by_level_and_by_what_is_in_flight(
    share: float, in_flight: int, admitted: bool
) -> None:
    meter = SetMeter(0.1)
    guard = Guard(meter=meter)
    for _ in range(50):
        assert guard.begin()
    for _ in range(50 - in_flight):
        guard.end()

    meter.share = share
    guard.look_again()

    assert guard.begin() is admitted
    assert guard.counts.refused == (0 if admitted else 1)


def test_work_that_ended_makes_room() -> None:
    guard = Guard(meter=SetMeter(0.90))
    assert guard.begin()
    assert not guard.begin()

    guard.end()

    assert guard.begin()


def test_work_is_admitted_where_memory_cannot_be_read() -> None:
    guard = Guard(meter=SetMeter(None))

    assert guard.begin()
    assert guard.level is Level.OK
    assert guard.reading is None


def test_it_starts_once_and_stops_and_starts_again() -> None:
    meter = SetMeter(0.75)
    guard = Guard(meter=meter)
    assert not guard.started

    with guard:
        guard.start()
        until(lambda: guard.counts.trims == 1)
    assert not guard.started
    checks = guard.counts.checks
    time.sleep(0.1)
    assert guard.counts.checks == checks
    guard.start()
    until(lambda: guard.counts.trims == 2)
    guard.stop()
    guard.stop()


class BrokenMeter(SetMeter):
    def read(self) -> Reading | None:
        raise RuntimeError("out of order")

    def limit(self) -> str:
        raise RuntimeError("out of order, too")


def test_a_meter_that_breaks_is_logged_once_and_breaks_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    guard = Guard(meter=BrokenMeter())

    with guard:
        for _ in range(3):
            assert guard.begin()
            guard.look_again()

    assert [record.exc_info is not None for record in caplog.records] == [True, True]


def test_it_reads_this_machine() -> None:
    with Guard() as guard:
        reading = guard.reading

    assert reading is not None
    assert 0 < reading.need_bytes < reading.limit_bytes


FORK = """
import os, sys, threading, time
from memtune.guard import Guard
from tests.unit.guard.meters import SetMeter

meter = SetMeter(0.1)
guard = Guard(meter=meter)
trimmed = []
guard.register(lambda: trimmed.append(os.getpid()))
if "started" in sys.argv:
    guard.start()
guard.begin()
# The worst moment: another thread holds the lock of the guard.
guard._lock.acquire()
pid = os.fork()
if pid:
    os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
meter.share = 0.90
deadline = time.monotonic() + (5 if "started" in sys.argv else 0.1)
while not trimmed and time.monotonic() < deadline:
    time.sleep(0.01)
threads = [t.name for t in threading.enumerate() if t.name == "memtune-guard"]
guard.look_again()
print(guard.started, len(threads), trimmed == [os.getpid()], guard.begin(), guard.begin())
sys.stdout.flush()
os._exit(0)
"""


def test_after_a_fork_it_starts_again_with_nothing_in_flight_and_no_lock_held() -> None:
    assert fork("started") == "True 1 True True False"


def test_after_a_fork_it_does_not_start_where_it_had_not() -> None:
    assert fork("not") == "False 0 False True False"


def fork(word: str) -> str:
    """Return what a child of a process with a guard says of its own."""
    done = subprocess.run(
        [sys.executable, "-c", FORK, word],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
