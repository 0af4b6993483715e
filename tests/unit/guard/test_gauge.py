"""One reading for all threads, read anew when it has expired."""

import threading
import time
from types import SimpleNamespace

import pytest

from memtune.guard.gauge import Gauge
from memtune.guard.level import Level, Levels, Reading
from tests.unit.guard.meters import SetMeter


def test_reads_once_until_the_reading_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    clock = SimpleNamespace(monotonic=lambda: now_s, thread_time=time.thread_time)
    monkeypatch.setattr("memtune.guard.gauge.time", clock)
    meter = SetMeter(0.1)
    gauge = Gauge(meter, Levels())

    for _ in range(1000):
        gauge.look()
    now_s += gauge.rest_s
    meter.share = 0.75

    assert meter.readings == 1
    assert gauge.look() is Level.WARNING
    assert (meter.readings, gauge.checks) == (2, 2)
    assert gauge.rose.is_set()


class SlowMeter(SetMeter):
    """Its first reading is held up, as a thread is that does not get the interpreter."""

    def __init__(self) -> None:
        super().__init__()
        self.at_it, self.go_on = threading.Event(), threading.Event()

    def read(self) -> Reading | None:
        self.readings += 1
        if self.readings > 1:
            return Reading(90, 100, "later")
        self.at_it.set()
        assert self.go_on.wait(5)
        return Reading(10, 100, "held up")


def test_nobody_waits_for_a_reading_that_is_held_up_and_a_later_one_counts() -> None:
    meter = SlowMeter()
    gauge = Gauge(meter, Levels())
    reader = threading.Thread(target=gauge.look)
    reader.start()
    assert meter.at_it.wait(5)

    time.sleep(gauge.rest_s)
    level = gauge.look()
    meter.go_on.set()
    reader.join()

    assert level is Level.CRITICAL
    assert gauge.level is Level.CRITICAL
    assert gauge.reading == Reading(90, 100, "later")


def test_a_reading_that_was_held_up_does_not_make_the_next_one_late() -> None:
    meter = SlowMeter()
    gauge = Gauge(meter, Levels())
    reader = threading.Thread(target=gauge.look)
    reader.start()
    assert meter.at_it.wait(5)

    time.sleep(0.2)
    meter.go_on.set()
    reader.join()

    assert gauge.rest_s < 0.1


def test_without_a_reading_nothing_is_short() -> None:
    meter = SetMeter(0.99)
    gauge = Gauge(meter, Levels())
    gauge.look()

    meter.share = None

    assert gauge.look_again() is Level.OK
    assert gauge.reading is None
    assert gauge.rest_s > 0.5
