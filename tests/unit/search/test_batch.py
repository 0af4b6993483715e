"""Several runs at the same time lead where one by one do, in fewer rounds."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from benchmarks.search_worlds import KINDS, MIB, World
from memtune.model import Cause, Knob, Settings, Space
from memtune.search.batch import together
from memtune.search.dominance import Search
from memtune.search.fastest import Fastest
from memtune.search.outlook import Terrain
from memtune.search.step import ENDLESS_BYTES, Answer, Step, Tried

CONFIRMATIONS = 4
WORLDS = 12


class Still(random.Random):
    """Luck that leaves every need as it truly is."""

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        del sigma
        return mu


@dataclass(frozen=True)
class Course:
    """How a search went."""

    runs: int
    rounds: int
    pick: Settings | None


def course(world: World, width: int) -> Course:
    search, luck, rounds = Search(world.space, CONFIRMATIONS), Still(), 0
    runs: list[Tried] = []
    while isinstance(steps := together(search, runs, width), list):
        assert 1 <= len(steps) <= width
        runs += [world.draw(step.settings, luck) for step in steps]
        rounds += 1
    return Course(len(runs), rounds, steps.pick)


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    return [
        kind.of(size).world(random.Random(f"{kind.name} {seed}"))
        for kind in (KINDS[0], KINDS[3])
        for size in (48, 256)
        for seed in range(WORLDS // 4)
    ]


def test_one_at_a_time_is_the_search_itself(worlds: Sequence[World]) -> None:
    for world in worlds:
        search = Search(world.space, CONFIRMATIONS)
        runs: list[Tried] = []
        while isinstance(step := search.advance(runs), Step):
            assert together(search, runs, 1) == [step]
            runs.append(world.draw(step.settings, Still()))


@pytest.mark.parametrize(("width", "more_runs", "share_of_rounds"), [(3, 1.15, 0.5), (8, 1.3, 0.3)])
def test_the_pick_is_the_same_for_a_few_runs_more_and_in_far_fewer_rounds(
    worlds: Sequence[World], width: int, more_runs: float, share_of_rounds: float
) -> None:
    alone = [course(world, 1) for world in worlds]

    beside = [course(world, width) for world in worlds]

    assert [one.pick for one in beside] == [one.pick for one in alone]
    runs, rounds = sum(one.runs for one in alone), sum(one.rounds for one in alone)
    assert sum(one.runs for one in beside) < more_runs * runs
    assert sum(one.rounds for one in beside) < share_of_rounds * rounds


def test_what_is_begun_together_differs() -> None:
    search = Search(Space(tuple(Knob(name, (0, 1, 2, 3)) for name in "abc")), CONFIRMATIONS)
    first = Tried(Settings.of({"a": 3, "b": 3, "c": 3}), None, 200 << 20)

    begun = settings_of(together(search, [first], 3))

    assert len({first.settings, *begun}) == 4


def test_confirming_runs_are_made_together_and_nothing_beside_them() -> None:
    passed = Tried(Settings.of({"a": 0}), None, 100.0)
    search = Asks(Step(passed.settings, "confirms the pick", 3))

    assert settings_of(together(search, [passed], 8)) == [passed.settings] * 3
    assert settings_of(together(search, [passed], 2)) == [passed.settings] * 2


def test_a_doubt_is_settled_alone() -> None:
    passed = Tried(Settings.of({"a": 0}), None, 100.0)

    assert settings_of(together(Asks(Step(passed.settings, "again")), [passed], 8)) == [
        passed.settings
    ]


def test_nothing_is_tried_twice_where_less_is_left_than_asked_for() -> None:
    # Given three settings of which the best passed and the least failed
    search = Search(Space((Knob("a", (0, 1, 2)),)), CONFIRMATIONS)
    runs = [
        Tried(Settings.of({"a": 0}), Cause.FUNCTION, 100.0),
        Tried(Settings.of({"a": 2}), None, 300.0),
    ]

    assert settings_of(together(search, runs, 8)) == [Settings.of({"a": 1})]


@dataclass(frozen=True)
class Asks:
    """A search that asks for the same whatever it learns."""

    step: Step

    def advance(self, runs: Sequence[Tried]) -> Step | Answer:
        del runs
        return self.step


def settings_of(steps: list[Step] | Answer) -> list[Settings]:
    assert isinstance(steps, list)
    return [step.settings for step in steps]


def test_a_run_that_is_only_pretended_tells_no_need_of_others() -> None:
    space = Space((Knob("a", tuple(range(6))), Knob("b", tuple(range(4)))))
    search, runs = Fastest(space, 2), list[Tried]()
    while len(runs) < 6 and isinstance(step := search.advance(runs), Step):
        a, b = (int(value) for _, value in step.settings)
        need = (50 + 5 * a + 2 * b) * MIB
        runs.append(Tried(step.settings, Cause.MEMORY if a > 3 else None, need, 1.0 + a))

    terrain = Terrain(space)
    pretended = Tried(space.conservative, Cause.FUNCTION, ENDLESS_BYTES)
    needs = terrain.outlook([*runs, pretended]).need.mean

    assert max(needs) < math.log(1000 * MIB)
