"""The benchmark of the search: its worlds, its peers by hand, its tables."""

import random
from collections.abc import Callable

import pytest

from benchmarks import search
from benchmarks.search_face import family as recorded
from benchmarks.search_least import fewest
from benchmarks.search_peers import PEERS, Contestant, Patience, best, everything
from benchmarks.search_worlds import FAMILIES, KINDS, MIB, Family, World, right
from memtune.model import Cause, Knob, Settings, Space
from memtune.search.step import Tried

SMALL = KINDS[0].of(48)
BY_NAME = {one.name: one for one in PEERS}


def hand(cause: Callable[[int, int], Cause | None]) -> World:
    """Two knobs of four values; the first costs 20 MiB a step, the second one."""
    space = Space((Knob("a", (0, 1, 2, 3)), Knob("b", (0, 1, 2, 3))))

    def draw(settings: Settings, luck: random.Random) -> Tried:
        del luck
        a, b = (int(value) for _, value in settings)
        return Tried(settings, cause(a, b), (100 + 20 * a + 5 * b) * MIB)

    runs = [draw(each, random.Random()) for each in everything(space)]
    needs = {run.settings: run.need_bytes or 0.0 for run in runs if run.cause is None}
    return World(space, draw, right(needs))


@pytest.mark.parametrize("contestant", PEERS, ids=lambda one: one.name)
def test_all_find_what_is_easy(contestant: Contestant) -> None:
    """Given work that takes enough of the second knob alone."""
    world = hand(lambda a, b: None if b >= 2 else Cause.FUNCTION)

    ended = search.searched(world, contestant, random.Random(1))

    assert ended.right
    assert ended.runs >= 8


def test_one_knob_after_another_is_led_astray_where_they_stand_for_each_other() -> None:
    """Given work that takes enough of both together, then the dear knob is kept at 1, where the
    cheap one alone would do."""
    world = hand(lambda a, b: None if a + b >= 3 else Cause.FUNCTION)

    ended = search.searched(world, BY_NAME["bisection per knob"], random.Random(1))
    grid = search.searched(world, BY_NAME["exhaustive grid"], random.Random(1))

    assert not ended.right
    assert (grid.runs, grid.right) == (16 + 7, True)


def test_a_pick_that_fails_its_confirmation_is_given_up() -> None:
    a, b = (Settings((("k", value),)) for value in (0, 1))
    order = {a: 0, b: 1}
    runs = [Tried(a, None, 100 * MIB), Tried(b, None, 200 * MIB)]

    assert best(runs, order) == a
    assert best([*runs, Tried(a, Cause.MEMORY, 300 * MIB)], order) == b
    assert best([Tried(b, Cause.FUNCTION, 1.0)], order) is None


def test_patience_begins_with_the_first_pass_and_anew_with_each_better_one() -> None:
    patience = Patience(SMALL.world(random.Random(1)).space)
    passes = [Tried(Settings(), None, need) for need in (300.0, 200.0)]
    fails = Tried(Settings(), Cause.FUNCTION, 100.0)

    assert not any(patience.lost(fails) for _ in range(50))
    assert not patience.lost(passes[0])
    assert not any(patience.lost(fails) for _ in range(9))
    assert not patience.lost(passes[1])
    assert [patience.lost(fails) for _ in range(10)] == [False] * 9 + [True]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda one: one.name)
def test_worlds_are_the_same_each_time_and_have_a_right_pick(family: Family) -> None:
    once, again = (family.world(random.Random(5)) for _ in range(2))
    luck = random.Random(1)

    assert once.right
    assert once.right == again.right
    assert all(once.draw(each, luck).cause is not Cause.FUNCTION for each in once.right)


def test_a_knob_that_is_not_monotone_costs_less_somewhere_higher() -> None:
    """Given runs without luck, a monotone world has no dearer neighbour below, the other has."""

    def dips(family: Family) -> int:
        world = family.world(random.Random(3))
        found = 0
        for settings in everything(world.space):
            for knob in world.space.knobs:
                above = knob.values.index(settings.as_dict()[knob.name]) + 1
                if above < len(knob.values):
                    higher = Settings.of(settings.as_dict() | {knob.name: knob.values[above]})
                    found += need(world, higher) < need(world, settings) * 0.95
        return found

    assert dips(KINDS[0].of(120)) == 0
    (dipping,) = (kind for kind in KINDS if kind.dip)
    assert dips(dipping.of(120)) > 0


def need(world: World, settings: Settings) -> float:
    return world.draw(settings, random.Random(1)).need_bytes or 0.0


def test_the_table_says_runs_and_wrong_picks() -> None:
    lines = list(search.table([SMALL], PEERS[:2], 3))

    assert lines[0] == "| family | memtune | exhaustive grid |"
    assert lines[2].startswith(f"| {SMALL.name} | ")
    assert lines[2].endswith(", 0 % |")


def test_the_speed_of_a_small_space_is_told() -> None:
    lines = list(search.speed((3, 3, 3)))

    assert lines[0].startswith("| 27 settings | 0 runs told | 1 runs told |")
    assert lines[2].startswith("| ms | ")


def test_optuna_takes_part_where_it_is_installed() -> None:
    pytest.importorskip("optuna")
    from benchmarks.search_optuna import PEERS as OPTUNA

    world = hand(lambda a, b: None if b >= 2 else Cause.FUNCTION)

    for contestant in OPTUNA:
        ended = search.searched(world, contestant, random.Random(1))
        assert 8 <= ended.runs < 200


def test_in_the_recorded_face_pipeline_memtune_is_right_within_a_tenth_of_the_grid() -> None:
    world = recorded().world(random.Random())

    ended = [search.searched(world, BY_NAME["memtune"], random.Random(n)) for n in range(20)]

    assert world.space.size >= 200
    assert all(one.right for one in ended)
    assert max(one.runs for one in ended) <= world.space.size / 10


def test_who_knows_the_answer_has_to_rule_out_what_could_be_better() -> None:
    """Given work that takes three steps of both knobs together, all of the cheap one is best: one
    step less of it is bad work, and any of the dear one needs more."""
    world = hand(lambda a, b: None if a + b >= 3 else Cause.FUNCTION)

    assert fewest(world) == 2


def test_no_search_that_proves_needs_fewer_runs_than_who_knows_the_answer() -> None:
    for n in range(10):
        world = SMALL.world(random.Random(n))
        known = fewest(world)

        assert known is not None
        assert search.searched(world, BY_NAME["memtune"], random.Random(n)).runs >= known + 8 - 1
