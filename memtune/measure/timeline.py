"""Memory over time in bounded space, never losing a peak; reads nothing."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from memtune.model import Moment

LIMIT = 2000
"""Moments kept at most."""
One = TypeVar("One")


class Thinned(Generic[One]):
    """Collects readings; when it is full, of each two neighbours the larger one stays."""

    def __init__(self, limit: int, size: Callable[[One], int]) -> None:
        self._limit = limit
        self._size = size
        self._stride = 1
        self._kept: list[One] = []
        self._largest: One | None = None
        """Of those that came since the last that was kept."""
        self._since = 0

    def add(self, one: One) -> None:
        """Add a reading, later than all before."""
        if self._largest is None or self._size(one) > self._size(self._largest):
            self._largest = one
        self._since += 1
        if self._since >= self._stride:
            self._kept.append(self._largest)
            self._largest, self._since = None, 0
        if len(self._kept) >= self._limit:
            pairs = zip(self._kept[::2], self._kept[1::2], strict=False)
            self._kept = [max(pair, key=self._size) for pair in pairs] + self._odd()
            self._stride *= 2

    def kept(self) -> tuple[One, ...]:
        """Return what was kept, in order of time."""
        return tuple(self._kept) if self._largest is None else (*self._kept, self._largest)

    def _odd(self) -> list[One]:
        return self._kept[-1:] if len(self._kept) % 2 else []


class Timeline:
    """Collects moments, of which those of the larger need stay."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._moments: Thinned[Moment] = Thinned(limit, _need)

    def add(self, moment: Moment) -> None:
        """Add a moment, later than all before."""
        self._moments.add(moment)

    def moments(self) -> tuple[Moment, ...]:
        """Return what was kept, in order of time."""
        return self._moments.kept()


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
        pair = (max(stretch, key=_need), fullest)
        kept.update(dict.fromkeys(sorted(pair, key=lambda moment: moment.at_s)))
    return tuple(dict.fromkeys([*kept, moments[-1]]))


def _need(moment: Moment) -> int:
    return moment.need_bytes
