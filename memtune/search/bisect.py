"""Which cap to try next on the way to the smallest one that passes every time; pure."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Tally:
    """The runs under one cap."""

    passed: int
    runs: int


@dataclass(frozen=True)
class Try:
    """The cap to execute next, in steps of the resolution, and how often."""

    step: int
    runs: int


def next_cap(
    tallies: Mapping[int, Tally], start: int, least: int, most: int, repeats: int
) -> Try | int | None:
    """Return the next cap to try, or the floor, or None when not even ``most`` passes.

    Caps are whole steps of the resolution, ``least <= start <= most``. Walks from
    ``start`` in doubling strides until a pass and a failure enclose the floor, halves the
    bracket with single runs, then repeats the smallest pass until it has passed
    ``repeats`` times; a failure among them moves the bracket up.
    """
    failing = max(
        (step for step, tally in tallies.items() if tally.passed < tally.runs), default=None
    )
    passing = min(
        (step for step, tally in tallies.items()
         if tally.passed == tally.runs and (failing is None or step > failing)),
        default=None,
    )  # fmt: skip
    if failing is not None and failing >= most:
        return None
    if passing is None:
        return Try(start if failing is None else min(most, _stride(failing, start, 1)), 1)
    if failing is None:
        if passing > least:
            return Try(max(least, _stride(passing, start, -1)), 1)
    elif passing - failing > 1:
        return Try((passing + failing) // 2, 1)
    missing = repeats - tallies[passing].runs
    return Try(passing, missing) if missing > 0 else passing


def _stride(step: int, start: int, direction: int) -> int:
    """The next step outward: twice as far from the start as the last, at least one."""
    return step + direction * max(1, abs(step - start))
