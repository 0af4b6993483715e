"""How much work may be in flight at a time; knows levels and a clock, no memory.

Work that was admitted goes on to grow, so a level alone refuses too late. From the first
shortage on, no more work is admitted at a time than went well before, plus a little more
each time that it goes well again: additive increase, multiplicative decrease, as TCP does
with packets (RFC 5681).
"""

import math

from memtune.guard.level import Level

PEAK_S = 10.0
"""How long ago at most the peak was that counts as what went well; up to twice that."""

SHRINKS_TO = 0.75
"""Of what is in flight when it becomes critical."""

GROWS_TO = 0.9
"""Of the same, until that is forgotten: each time that it becomes critical may be the last."""

FORGET_S = 60.0
"""After a shortage, until what it has taught is forgotten."""


class Window:
    """Counts what is in flight, and keeps the ceiling of it. Not safe between threads."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.ceiling: float = math.inf
        self._highest: float = math.inf
        self._round = 0  # to end, of the work that was in flight when it last met the ceiling
        self._well = 0  # ended of it, since the ceiling last rose
        self._level = Level.OK
        self._short_s = self._critical_s = -math.inf
        self._peaks = [0, 0]  # before, and since `_turned_s`
        self._turned_s = -math.inf

    def begin(self, level: Level, now_s: float) -> bool:
        """Admit a piece of work at a level, or do not.

        At the critical level it has to be the only one: a service whose idle need is that
        high is slow instead of gone.
        """
        self._follow(level, now_s)
        if level is Level.FULL or self.in_flight + 1 > self.ceiling:
            return False
        if level is Level.CRITICAL and self.in_flight > 0:
            return False
        self.in_flight += 1
        if self.in_flight > self._peaks[1]:
            self._peaks[1] = self.in_flight
        if self.in_flight + 1 > self.ceiling:
            self._round = self.in_flight
        return True

    def end(self) -> None:
        """End a piece of work. When all that fits under the ceiling goes well, it rises by one."""
        self.in_flight -= 1
        if self._round > 0 and self._level < Level.CRITICAL:
            self._round -= 1
            self._well += 1
        if self._well >= self.ceiling:
            self.ceiling, self._well = min(self.ceiling + 1, self._highest), 0

    def _follow(self, level: Level, now_s: float) -> None:
        if now_s - self._turned_s > PEAK_S:
            self._peaks = [self._peaks[1], self.in_flight]
            self._turned_s = now_s
        if level >= Level.CRITICAL > self._level:
            self.ceiling = max(1, math.floor(SHRINKS_TO * self.in_flight))
            self._highest = max(1, math.floor(GROWS_TO * self.in_flight))
        elif level is Level.WARNING and self._level is Level.OK:
            self.ceiling = min(self.ceiling, max(1, *self._peaks))
        self._level = level
        if self.ceiling != math.inf:
            self._forget(now_s)

    def _forget(self, now_s: float) -> None:
        if self._level >= Level.CRITICAL:
            self._critical_s = now_s
        elif now_s - self._critical_s > FORGET_S:
            self._highest = math.inf
        if self._level > Level.OK:
            self._short_s = now_s
        elif now_s - self._short_s > FORGET_S:
            self.ceiling = math.inf
