"""The guard's thread: looks in time, logs, trims, asks for recycling; knows no requests."""

import logging
import threading
import time
from collections.abc import Callable

from memtune.guard import text
from memtune.guard.actions import attempt, trim
from memtune.guard.gauge import Gauge
from memtune.guard.level import Level, Reading, Trim, is_trim_due

log = logging.getLogger("memtune.guard")

QUIET_S = 10.0
"""After a level was logged, until the same or a lower one is logged again outside of a check:
a cache that fills and is trimmed in turns would flood the log."""


ASK_S = 1.0
"""Between two times that recycling is asked for: whether to looks at all workers."""


class Watch:
    """What one thread does from its start in this process until it is stopped."""

    def __init__(
        self,
        gauge: Gauge,
        caches: list[Callable[[], object]],
        recycle: Callable[[], object],
        log_interval_s: float,
    ) -> None:
        self.trims = 0
        self._gauge = gauge
        self._caches = caches
        self._recycle = recycle
        self._log_interval_s = log_interval_s
        self._log_due_s = 0.0
        self._level = Level.OK
        self._told = Level.OK
        self._told_s = 0.0
        self._trim: Trim | None = None
        self._recycles = False
        self._ask_due_s = 0.0
        self._stopping = False
        self._thread = threading.Thread(target=self._go_on, name="memtune-guard", daemon=True)

    def start(self, limit: str) -> None:
        """Log where memory stands and start the thread. RuntimeError without room for one."""
        level, reading = self._gauge.look(), self._gauge.reading
        if reading is not None:
            log.log(text.SEVERITIES[level], text.line("startup", level, reading))
        log.info("Memory limit: %s", limit)
        self._log_due_s = time.monotonic() + self._log_interval_s
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping = True
        self._gauge.rose.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _go_on(self) -> None:
        while not self._stopping:
            attempt(self._once)
            self._gauge.rose.wait(self._gauge.rest_s)
            self._gauge.rose.clear()

    def _once(self) -> None:
        level, reading = self._gauge.look(), self._gauge.reading
        if reading is None:
            return
        now_s = time.monotonic()
        trimmed = None
        if is_trim_due(self._trim, level, reading, now_s):  # before the log, which waits for a file
            trimmed = self._make_room(level, reading)
        if self._gauge.level >= Level.CRITICAL:
            self._ask_to_recycle()
        if self._is_news(level, now_s):
            log.log(text.SEVERITIES[level], text.line(level.name.lower(), level, reading))
            if trimmed is not None:
                log.warning(trimmed)
        if now_s >= self._log_due_s:
            log.log(text.SEVERITIES[level], text.line("check", level, reading))
            self._log_due_s = now_s + self._log_interval_s

    def _ask_to_recycle(self) -> None:
        if not self._recycles and time.monotonic() >= self._ask_due_s:
            self._recycles = bool(attempt(self._recycle))
            self._ask_due_s = time.monotonic() + ASK_S

    def _is_news(self, level: Level, now_s: float) -> bool:
        """Tell whether a level is to be logged now: where it rose, and not again and again."""
        rose, self._level = level > self._level, level
        if not rose or (level <= self._told and now_s - self._told_s < QUIET_S):
            return False
        self._told, self._told_s = level, now_s
        return True

    def _make_room(self, level: Level, before: Reading) -> str:
        """Trim, and say what it has brought."""
        begun_s = time.monotonic()
        trim(self._caches)
        self._gauge.look_again()
        after = self._gauge.reading or before
        now_s = time.monotonic()
        self._trim = Trim(level, after.need_bytes, now_s)
        self.trims += 1
        return text.trimmed(before.need_bytes, after.need_bytes, now_s - begun_s, len(self._caches))
