"""Knobs whose values have no order: each value is a search of its own, and one answer comes out."""

import random
from dataclasses import dataclass, replace
from itertools import product
from math import prod

import pytest

from memtune.model import Cause, Knob, Role, Settings, Space
from memtune.search.dominance import Search
from memtune.search.fastest import Fastest
from memtune.search.ladder import generous, rungs
from memtune.search.step import Step, Tried
from tests.unit.search.test_dominance import MIB, Point, World, searched, world

ALLOCATORS = Knob("allocator", ("glibc", "jemalloc", "mimalloc"), role=Role.CATEGORY)
SPACE = Space((ALLOCATORS, Knob("workers", (1, 2, 4)), Knob("side", (320, 640))))


@dataclass(frozen=True)
class Mixed(World):
    """A world of which one knob is a category."""

    category: int

    @property
    def space(self) -> Space:
        knobs = list(super().space.knobs)
        knobs[self.category] = replace(knobs[self.category], role=Role.CATEGORY)
        return Space(tuple(knobs))


def mixed(chance: random.Random) -> Mixed:
    """Each value of the category has factors and faults of its own, in no order."""
    ordered = world(chance)
    count, at = chance.randint(2, 4), chance.randint(0, len(ordered.sizes))
    factors = [chance.choice([0.5, 0.8, 1.0, 1.1, 2.0]) for _ in range(count)]
    least = [tuple(chance.randint(0, size // 2) for size in ordered.sizes) for _ in range(count)]

    def with_value(point: Point, value: int) -> Point:
        return (*point[:at], value, *point[at:])

    each = [(point, value) for point in ordered.need for value in range(count)]
    return Mixed(
        with_value(ordered.sizes, count),
        {with_value(p, v): ordered.need[p] * factors[v] for p, v in each},
        {
            with_value(p, v): ordered.functional[p]
            and all(a >= b for a, b in zip(p, least[v], strict=True))
            for p, v in each
        },
        ordered.allowed,
        at,
    )


@pytest.mark.parametrize("first", range(0, 100, 25))
def test_the_pick_is_the_one_of_trying_everything(first: int) -> None:
    for seed in range(first, first + 25):
        here = mixed(random.Random(seed))

        course, answer = searched(Search(here.space, 3), here.tried)

        assert answer.pick == here.exhaustive(), f"world {seed}"
        skipped = sum(part.count for part in answer.skipped)
        assert skipped + len(course.tried) == prod(here.sizes), f"world {seed}"


def need_mib(settings: Settings) -> float:
    values = settings.as_dict()
    base = {"glibc": 120, "jemalloc": 70, "mimalloc": 90}[str(values["allocator"])]
    return base + 10 * float(values["workers"]) + float(values["side"]) / 100


def test_a_pass_says_nothing_of_another_value() -> None:
    # Given an allocator, not the first, under which the program needs least,
    def execute(settings: Settings) -> Tried:
        return Tried(settings, None, need_mib(settings) * MIB)

    course, answer = searched(Search(SPACE, 3), execute)

    # then it is found, each value was executed, and the answer does not call the pick conservative.
    assert answer.pick == Settings.of({"allocator": "jemalloc", "workers": 1, "side": 320})
    assert [one.settings.as_dict()["allocator"] for one in course.runs[:3]] == [*ALLOCATORS.values]
    assert course.reasons[1] == "the most conservative settings with allocator=jemalloc"
    assert answer.why.startswith("least need of the 3 settings that passed")


def test_nothing_passes_only_once_each_value_was_looked_at_beside_its_end() -> None:
    def execute(settings: Settings) -> Tried:
        return Tried(settings, Cause.MEMORY, 50 * MIB)

    course, answer = searched(Search(SPACE, 3), execute)

    assert answer.pick is None
    ends = {
        Settings.of({"allocator": allocator, "workers": workers, "side": side})
        for allocator, (workers, side) in product(ALLOCATORS.values, [(1, 320), (2, 320), (1, 640)])
    }
    assert course.tried == ends


def test_speed_is_searched_in_each_value() -> None:
    def execute(settings: Settings) -> Tried:
        values = settings.as_dict()
        fast = 2.0 if values["allocator"] == "mimalloc" else 1.0
        return Tried(settings, None, need_mib(settings) * MIB, fast * float(values["workers"]))

    search, runs = Fastest(SPACE, 3), list[Tried]()
    while isinstance(answer := search.advance(runs), Step):
        runs.append(execute(answer.settings))

    assert answer.pick == Settings.of({"allocator": "mimalloc", "workers": 4, "side": 320})


def test_a_category_has_no_conservative_end_to_turn_to() -> None:
    ladder = rungs(SPACE, generous(SPACE))

    assert [rung.turned for rung in ladder] == ["", "workers=1", "side=320"]
