"""Work done too slowly: larger sizes may help, and so may less quality."""

import random
from itertools import product

import pytest

from memtune.model import Cause, Knob, Role, Settings, Space
from memtune.search.dominance import Search
from memtune.search.step import Answer, Tried

MIB = 1024 * 1024
SPACE = Space(
    (
        Knob("workers", (1, 2, 4, 8)),
        Knob("side", (1, 2, 3, 4, 5), role=Role.QUALITY),
        Knob("cache", (0, 1, 2)),
    )
)
EVERYTHING = [
    Settings((("workers", w), ("side", s), ("cache", c)))
    for w, s, c in product(*(knob.values for knob in SPACE.knobs))
]


def executed(settings: Settings, good_side: int, per_s: float) -> Tried:
    """What a run teaches in a world where workers are fast and large photographs are slow."""
    workers, side, cache = (int(value) for _, value in settings)
    need = (30 + 20 * workers + 15 * side * side + 2 * cache) * MIB
    if side < good_side:
        return Tried(settings, Cause.FUNCTION, need)
    fast = 10 * workers * (1 + 0.1 * cache) / side >= per_s
    return Tried(settings, None if fast else Cause.SPEED, need)


@pytest.mark.parametrize("good_side", [1, 3])
@pytest.mark.parametrize("per_s", [1, 8, 12, 40])
def test_the_least_that_is_fast_enough_is_found_without_trying_all(
    good_side: int, per_s: float
) -> None:
    search = Search(SPACE, confirmations=1)
    runs: list[Tried] = []
    while not isinstance(step := search.advance(runs), Answer):
        runs.append(executed(step.settings, good_side, per_s))

    tried = [executed(settings, good_side, per_s) for settings in EVERYTHING]
    passing = [one for one in tried if one.cause is None]
    best = min(passing, key=lambda one: one.need_bytes or 0, default=None)
    assert step.pick == (best.settings if best else None)
    assert len(runs) < len(EVERYTHING) / 2


def test_too_slow_rules_out_what_does_no_less_work_with_no_more() -> None:
    # given two workers that were too slow with photographs of the third size
    slow = Settings((("workers", 2), ("side", 3), ("cache", 1)))
    runs = [Tried(slow, Cause.SPEED, 200 * MIB)]
    chance = random.Random(1)

    # when the search goes on and nothing else is fast enough either
    seen = set()
    while not isinstance(step := Search(SPACE, 1).advance(runs), Answer):
        seen.add(step.settings)
        runs.append(Tried(step.settings, Cause.SPEED, chance.randrange(100, 110) * MIB))

    # then neither fewer workers nor larger photographs were tried in its place
    ruled_out = [
        one
        for one in EVERYTHING
        if dict(one)["workers"] in (1, 2)
        and int(dict(one)["side"]) >= 3
        and dict(one)["cache"] != 2
    ]
    assert ruled_out
    assert not seen.intersection(ruled_out)
    assert any(int(dict(one)["side"]) < 3 for one in seen)
