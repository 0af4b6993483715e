"""One reading for all threads, read anew when it has expired."""

import threading
import time

from memtune.guard.gauge import Gauge
from memtune.guard.level import Level, Levels
from tests.unit.guard.meters import SetMeter


def test_reads_once_until_the_reading_expires() -> None:
    meter = SetMeter(0.1)
    gauge = Gauge(meter, Levels())

    for _ in range(1000):
        gauge.look()
    time.sleep(gauge.rest_s)
    meter.share = 0.75

    assert meter.readings == 1
    assert gauge.look() is Level.WARNING
    assert (meter.readings, gauge.checks) == (2, 2)
    assert gauge.rose.is_set()


def test_nobody_waits_for_a_reading_that_is_being_made() -> None:
    meter = SetMeter(0.9)
    gauge = Gauge(meter, Levels())
    meter.pause.clear()
    reader = threading.Thread(target=gauge.look)
    reader.start()
    while not meter.readings:
        time.sleep(0.001)

    begun = time.monotonic()
    level = gauge.look()
    waited = time.monotonic() - begun
    meter.pause.set()
    reader.join()

    assert level is Level.OK
    assert waited < 0.5
    assert meter.readings == 1
    assert gauge.level is Level.CRITICAL


def test_without_a_reading_nothing_is_short() -> None:
    meter = SetMeter(0.99)
    gauge = Gauge(meter, Levels())
    gauge.look()

    meter.share = None
    gauge.expire()

    assert gauge.look() is Level.OK
    assert gauge.reading is None
    assert gauge.rest_s > 0.5
