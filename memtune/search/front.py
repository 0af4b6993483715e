"""Memory against speed: which settings no others beat, and where the knee is; pure."""

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import median

from memtune.model import OnFront, Settings, Space
from memtune.search.step import Tried, noise_bytes

SPEED_SHARE = 0.05
"""Speeds that differ by less count as equal, and where repeated runs spread more, by that."""
TELLING = 5
"""Runs that tell how fast settings are."""
SPREAD_KNOWN = 4
"""Repeated runs, beyond the first of each settings, from which on their spread is told."""


def passing(runs: Iterable[Tried]) -> list[OnFront]:
    """Return the settings of which every run passed and told its need and its speed."""
    by_settings: dict[Settings, list[Tried]] = {}
    for run in runs:
        by_settings.setdefault(run.settings, []).append(run)
    found = []
    for settings, each in by_settings.items():
        needs = [run.need_bytes for run in each if run.need_bytes is not None]
        speeds = [run.speed_per_s for run in each if run.speed_per_s is not None]
        if needs and speeds and all(run.cause is None for run in each):
            found.append(OnFront(settings, max(needs), median(speeds), len(each)))
    return found


def spread(runs: Iterable[Tried]) -> float | None:
    """Return the pooled standard deviation of the logarithms of the speeds of repeated runs of the
    same settings; None where few were repeated."""
    by_settings: dict[Settings, list[float]] = {}
    for run in runs:
        if run.speed_per_s is not None and run.cause is None:
            by_settings.setdefault(run.settings, []).append(math.log(run.speed_per_s))
    squares, freedom = 0.0, 0
    for logs in by_settings.values():
        mean = math.fsum(logs) / len(logs)
        squares += math.fsum((log - mean) ** 2 for log in logs)
        freedom += len(logs) - 1
    return math.sqrt(squares / freedom) if freedom >= SPREAD_KNOWN else None


def speed_noise(runs: Iterable[Tried]) -> float:
    """Return by what share speeds may differ and still count as equal: 5 %, or the spread of
    repeated runs where that is more."""
    return max(SPEED_SHARE, spread(runs) or 0.0)


def generosity(space: Space) -> Callable[[Settings], tuple[int, ...]]:
    """Return how to order settings of a space: the most conservative first, knob by knob."""
    ranks = {knob.name: {v: n for n, v in enumerate(knob.values)} for knob in space.knobs}
    return lambda settings: tuple(ranks[name][value] for name, value in settings)


def most_conservative(points: Sequence[OnFront], space: Space) -> OnFront:
    """Return the point that needs least; within the noise of that, the most conservative one."""
    least = min(point.need_bytes for point in points)
    bar = least + noise_bytes(least)
    order = generosity(space)
    return min(points, key=lambda point: (max(point.need_bytes, bar), order(point.settings)))


def top_speed(points: Sequence[OnFront], noise: float) -> float:
    """Return the speed of the fastest that was told by enough runs, unless that of another is
    higher by more than the noise: of many that are equal one is lucky."""
    highest = max(point.speed_per_s for point in points)
    told = max((point.speed_per_s for point in points if point.runs >= TELLING), default=0.0)
    return told if highest <= told * (1 + noise) else highest


def fastest(points: Sequence[OnFront], space: Space, noise: float) -> OnFront:
    """Return of the points that are as fast as the fastest within the noise, a share, the one that
    needs least."""
    bar = top_speed(points, noise) / (1 + noise)
    return most_conservative([one for one in points if one.speed_per_s >= bar], space)


def front(
    points: Sequence[OnFront], noise: float, pick: Settings | None = None
) -> tuple[OnFront, ...]:
    """Return the points that no others beat, the least memory first: of those that need the same
    within the noise the fastest, where it is faster, by more than the noise, than all that need
    less. A pick is among them: it stands for the one that equals it in need and speed."""
    left = sorted(points, key=lambda one: (one.need_bytes, -one.speed_per_s))
    found: list[OnFront] = []
    while left:
        bar = left[0].need_bytes + noise_bytes(left[0].need_bytes)
        alike = [one for one in left if one.need_bytes <= bar]
        fast = max(one.speed_per_s for one in alike) / (1 + noise)
        best = next(one for one in alike if one.speed_per_s >= fast)
        if not found or best.speed_per_s > found[-1].speed_per_s * (1 + noise):
            found.append(best)
        left = left[len(alike) :]
    chosen = next((point for point in points if point.settings == pick), None)
    if chosen is None or chosen in found:
        return tuple(found)
    rest = [point for point in found if not _equal(point, chosen, noise)]
    return tuple(sorted([*rest, chosen], key=lambda one: one.need_bytes))


def above(point: OnFront, points: Sequence[OnFront]) -> float:
    """Return how far a point lies above the chord between the ends of a front, need and speed both
    counted from 0 at the one end to 1 at the other: ``speed - need``; 0 at the ends."""
    first, last = points[0], points[-1]
    needs, speeds = last.need_bytes - first.need_bytes, last.speed_per_s - first.speed_per_s
    if needs <= 0 or speeds <= 0:
        return 0.0
    need = (point.need_bytes - first.need_bytes) / needs
    return (point.speed_per_s - first.speed_per_s) / speeds - need


def knee(points: Sequence[OnFront]) -> OnFront | None:
    """Return the point of a front that lies farthest above the chord between its ends. Where none
    lies above it, as with two points, that end which does more work for its memory; None of no
    front.

    Satopaa, V. et al. (2011), Finding a "Kneedle" in a Haystack, ICDCS Workshops, section III.
    """
    if not points:
        return None
    highest = max(points, key=lambda point: above(point, points))
    if above(highest, points) > 0:
        return highest
    return max(points[0], points[-1], key=lambda end: end.speed_per_s / end.need_bytes)


def _equal(one: OnFront, other: OnFront, noise: float) -> bool:
    low, high = sorted((one.speed_per_s, other.speed_per_s))
    least = min(one.need_bytes, other.need_bytes)
    return high <= low * (1 + noise) and abs(one.need_bytes - other.need_bytes) <= noise_bytes(
        least
    )
