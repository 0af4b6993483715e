"""Keeps the present reading and level of this process; any thread may ask, one reads."""

import logging
import threading
import time

from memtune.guard.level import Level, Levels, Reading, check_interval_s, next_level
from memtune.guard.meter import Meter

BLIND_S = 1.0
"""Until the next try, where memory cannot be read."""

log = logging.getLogger("memtune.guard")


class Gauge:
    """A reading that is never older than `check_interval_s` allows.

    To ask costs less than a microsecond until the reading expires; whoever asks then reads.
    """

    def __init__(self, meter: Meter, levels: Levels) -> None:
        self._meter = meter
        self._levels = levels
        self._reading_lock = threading.Lock()
        self._expires_s = 0.0
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
        """Return the level, by a new reading where the last one has expired.

        Where another thread is at that, the level before it: nobody waits here.
        """
        if time.monotonic() >= self._expires_s and self._reading_lock.acquire(blocking=False):
            try:
                self._read()
            finally:
                self._reading_lock.release()
        return self.level

    def expire(self) -> None:
        """Have the next look read, because memory was given back."""
        self._expires_s = 0.0

    def _try(self) -> Reading | None:
        try:
            return self._meter.read()
        except Exception:
            if not self._told:
                log.exception("memory guard: memory cannot be read, nothing is done about it")
            self._told = True
            return None

    def _read(self) -> None:
        begun_s = time.monotonic()
        reading = self._try()
        now_s = time.monotonic()
        before = self.level
        self.checks += 1
        self.reading = reading
        if reading is None:
            self.level = Level.OK
            self._expires_s = now_s + BLIND_S
            return
        self.level = next_level(before, reading.share, self._levels)
        self._expires_s = now_s + check_interval_s(reading, now_s - begun_s)
        if self.level > before:
            self.rose.set()
