"""The front of memory and speed, and its knee, of points by hand."""

import pytest

from memtune.model import Cause, Knob, OnFront, Settings, Space
from memtune.search.front import (
    SPEED_SHARE,
    fastest,
    front,
    knee,
    most_conservative,
    passing,
    speed_noise,
)
from memtune.search.step import Tried

MIB = 1024 * 1024
SPACE = Space((Knob("workers", tuple(range(1, 10))),))


def at(workers: int, need_mib: float, per_s: float) -> OnFront:
    return OnFront(Settings((("workers", workers),)), need_mib * MIB, per_s, 1)


def test_what_needs_more_and_is_not_clearly_faster_is_not_on_the_front() -> None:
    points = [at(1, 60, 4), at(2, 90, 8), at(3, 95, 7), at(4, 120, 8.3), at(5, 150, 9)]

    assert front(points, SPEED_SHARE) == (points[0], points[1], points[4])


def test_of_settings_that_need_the_same_the_clearly_faster_is_on_the_front() -> None:
    points = [at(1, 60, 4), at(2, 60.5, 8), at(3, 60.9, 8.2)]

    assert front(points, SPEED_SHARE) == (points[1],)


def test_small_steps_do_not_drift_beyond_the_noise() -> None:
    # given a chain in which each needs as much as the one before within the noise
    points = [at(n, 60 + n, 4 * 1.1**n) for n in range(1, 9)]

    found = front(points, SPEED_SHARE)

    assert 1 < len(found) < len(points)


def test_the_pick_stands_for_what_equals_it() -> None:
    lean, pick = at(1, 60, 4), at(2, 60.5, 3.9)

    assert front([lean, pick, at(3, 90, 8)], SPEED_SHARE, pick.settings)[0] == pick


def test_the_most_conservative_of_equal_needs_and_the_leanest_of_equal_speeds() -> None:
    points = [at(3, 60, 4), at(1, 60.8, 4), at(4, 90, 7.9), at(8, 120, 8)]

    assert most_conservative(points, SPACE) == points[1]
    assert fastest(points, SPACE, SPEED_SHARE) == points[2]


@pytest.mark.parametrize(
    ("points", "best"),
    [
        ([], None),
        ([at(1, 60, 4)], 0),
        ([at(1, 60, 4), at(2, 90, 8)], 1),  # twice the work for half as much more memory
        ([at(1, 60, 4), at(2, 150, 8)], 0),
        ([at(1, 60, 4), at(2, 70, 8), at(4, 150, 9)], 1),
        ([at(1, 60, 4), at(2, 140, 4.5), at(4, 150, 9)], 0),  # none above the chord
    ],
)
def test_the_knee_lies_farthest_above_the_chord(points: list[OnFront], best: int | None) -> None:
    assert knee(points) == (None if best is None else points[best])


def test_only_settings_of_which_every_run_passed_count_with_worst_need_and_median_speed() -> None:
    one, two = at(1, 0, 0).settings, at(2, 0, 0).settings
    runs = [
        Tried(one, None, 60 * MIB, 4.0),
        Tried(one, None, 62 * MIB, 5.0),
        Tried(one, None, 61 * MIB, 9.0),
        Tried(two, None, 80 * MIB, 8.0),
        Tried(two, Cause.MEMORY, 90 * MIB, 8.0),
    ]

    assert passing(runs) == [OnFront(one, 62 * MIB, 5.0, 3)]


def test_speeds_that_spread_more_than_5_percent_count_as_equal_within_their_spread() -> None:
    settings = at(1, 0, 0).settings
    steady = [Tried(settings, None, MIB, speed) for speed in (10.0, 10.1, 9.9, 10.0, 10.05)]
    noisy = [Tried(settings, None, MIB, speed) for speed in (10.0, 13.0, 8.0, 11.0, 9.0)]

    assert speed_noise(steady) == SPEED_SHARE
    assert 0.15 < speed_noise(noisy) < 0.25
