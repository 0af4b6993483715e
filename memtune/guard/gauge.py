"""Keeps the present reading and level of this process; any thread may ask, one reads."""

import logging
import threading
import time

from memtune.guard.level import (
    SHORTEST_CHECK_S,
    Level,
    Levels,
    Reading,
    check_interval_s,
    next_level,
)
from memtune.guard.meter import Meter

BLIND_S = 1.0
"""Until the next try, where memory cannot be read."""

log = logging.getLogger("memtune.guard")


class Gauge:
    """A reading that is never older than `check_interval_s` allows.

    To ask costs less than a microsecond until the reading expires; whoever asks then reads,
    and the others go by the last reading until that should be done. No lock: its holder may
    be kept off the interpreter for a second by dozens of threads, while memory runs out.
    """

    def __init__(self, meter: Meter, levels: Levels) -> None:
        self._meter = meter
        self._levels = levels
        self._expires_s = 0.0
        self._begun_s = 0.0
        self._takes_s = SHORTEST_CHECK_S
        self._told = False
        self.level = Level.OK
        self.reading: Reading | None = None
        """None before the first reading, and where memory cannot be read."""
        self.checks = 0
        """Readings so far."""
        self.rose = threading.Event()
        """Set when the level has risen; for whoever acts on it to clear."""

    @property
    def rest_s(self) -> float:
        """Return the seconds until the reading expires, at least one millisecond."""
        return max(0.001, self._expires_s - time.monotonic())

    def look(self) -> Level:
        """Return the level, by a new reading where the last one has expired."""
        now_s = time.monotonic()
        return self._read(now_s) if now_s >= self._expires_s else self.level

    def look_again(self) -> Level:
        """Return the level by a new reading, where the last one may be of before an event."""
        return self._read(time.monotonic())

    def _try(self) -> Reading | None:
        try:
            return self._meter.read()
        except Exception:
            if not self._told:
                log.exception("memory guard: memory cannot be read, nothing is done about it")
            self._told = True
            return None

    def _read(self, begun_s: float) -> Level:
        self._expires_s = begun_s + self._takes_s
        worked_s = time.thread_time()  # a wait for the interpreter makes no reading dear
        reading = self._try()
        worked_s = time.thread_time() - worked_s
        self.checks += 1
        if begun_s >= self._begun_s:  # nobody who began later was faster
            self._begun_s = begun_s
            self._keep(reading, begun_s, worked_s)
        return self.level

    def _keep(self, reading: Reading | None, begun_s: float, worked_s: float) -> None:
        self._takes_s = max(SHORTEST_CHECK_S, 2 * worked_s)
        self.reading = reading
        if reading is None:
            self.level = Level.OK
            self._expires_s = begun_s + BLIND_S
            return
        before = self.level
        self.level = next_level(before, reading.share, self._levels)
        self._expires_s = begun_s + check_interval_s(reading, worked_s)
        if self.level > before:
            self.rose.set()
