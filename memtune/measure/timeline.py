"""Memory over time in bounded space, never losing a peak; reads nothing."""

from collections.abc import Sequence

from memtune.model import Moment

LIMIT = 2000
"""Moments kept at most."""


class Timeline:
    """Collects moments; when it is full, of each two neighbours the one of larger need stays."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._stride = 1
        self._moments: list[Moment] = []
        self._open: list[Moment] = []

    def add(self, moment: Moment) -> None:
        """Add a moment, later than all before."""
        self._open.append(moment)
        if len(self._open) >= self._stride:
            self._moments.append(_larger(self._open))
            self._open.clear()
        if len(self._moments) >= self._limit:
            pairs = zip(self._moments[::2], self._moments[1::2], strict=False)
            self._moments = [_larger(list(pair)) for pair in pairs] + self._odd()
            self._stride *= 2

    def moments(self) -> tuple[Moment, ...]:
        """Return what was kept, in order of time."""
        return (*self._moments, *([_larger(self._open)] if self._open else []))

    def _odd(self) -> list[Moment]:
        return self._moments[-1:] if len(self._moments) % 2 else []


def thinned(moments: Sequence[Moment], limit: int) -> tuple[Moment, ...]:
    """Return at most about ``limit`` moments: of each stretch of time those of the largest need and
    of the largest total, and the last of all."""
    if len(moments) <= limit:
        return tuple(moments)
    stride = -(-2 * len(moments) // limit)
    kept: dict[Moment, None] = {}
    for start in range(0, len(moments), stride):
        stretch = moments[start : start + stride]
        fullest = max(stretch, key=lambda moment: moment.total_bytes)
        pair = (_larger(list(stretch)), fullest)
        kept.update(dict.fromkeys(sorted(pair, key=lambda moment: moment.at_s)))
    return tuple(dict.fromkeys([*kept, moments[-1]]))


def _larger(moments: list[Moment]) -> Moment:
    return max(moments, key=lambda moment: moment.need_bytes)
