"""The next settings are those of whose run most is expected; expectations rule out nothing."""

import random
from itertools import product
from statistics import mean

import pytest

from benchmarks.search import searched
from benchmarks.search_peers import PEERS
from benchmarks.search_worlds import KINDS
from memtune.model import Cause, Knob, Settings, Space
from memtune.search.dominance import Search
from memtune.search.lattice import Lattice
from memtune.search.ledger import Ledger
from memtune.search.promise import Promise
from memtune.search.step import ENDLESS_BYTES, Answer, Step, Tried

MIB = 1024 * 1024
SPACE = Space((Knob("a", tuple(range(6))), Knob("b", tuple(range(6)))))
LATTICE = Lattice(SPACE)


def at(a: int, b: int) -> Settings:
    return Settings.of({"a": a, "b": b})


def best(*runs: Tried) -> Settings:
    ledger = Ledger(LATTICE, runs)
    return LATTICE.settings[Promise(SPACE, LATTICE).best(ledger)]


def test_what_is_open_between_bad_work_and_a_pass_is_executed() -> None:
    bad = Tried(at(2, 2), Cause.FUNCTION, 60 * MIB)
    passed = Tried(at(4, 4), None, 100 * MIB)

    chosen = LATTICE.number(best(bad, passed))

    ledger = Ledger(LATTICE, [bad, passed])
    assert (ledger.open | ledger.probes()) >> chosen & 1


def test_where_one_knob_was_seen_to_do_all_the_good_little_of_the_other_is_tried() -> None:
    # Given work that is well done from a=3 on, and a knob b that costs much
    runs = [
        Tried(at(a, b), None if a >= 3 else Cause.FUNCTION, (50 + 2 * a + 30 * b) * MIB)
        for a, b in [(0, 0), (2, 5), (5, 2), (4, 1), (1, 4)]
    ]

    # Then the cheapest that may pass comes next
    assert best(*runs).as_dict()["b"] == 0
    assert int(best(*runs).as_dict()["a"]) >= 3


def test_a_run_that_is_only_pretended_teaches_the_models_nothing() -> None:
    real = [Tried(at(0, 0), Cause.FUNCTION, 50 * MIB), Tried(at(4, 4), None, 90 * MIB)]
    pretended = Tried(at(0, 5), Cause.FUNCTION, ENDLESS_BYTES)

    chosen = best(*real, pretended)

    # Then it only closes what it would rule out
    assert chosen not in (at(0, 5), at(0, 4))
    assert LATTICE.down[LATTICE.number(at(4, 4))] >> LATTICE.number(chosen) & 1


@pytest.mark.parametrize("cause", [Cause.FUNCTION, Cause.LIMIT, Cause.SPEED, Cause.MEMORY])
def test_runs_of_which_no_need_is_known_lead_to_an_end(cause: Cause) -> None:
    search, runs = Search(SPACE, 2), list[Tried]()
    while isinstance(step := search.advance(runs), Step):
        a, b = (int(value) for _, value in step.settings)
        runs.append(Tried(step.settings, None if a + b == 6 else cause, None))

    assert len({run.settings for run in runs}) < SPACE.size


def test_models_that_are_wrong_cost_runs_and_never_the_pick() -> None:
    """Needs and work that no additive model describes: each corner of a staircase its own."""
    chance = random.Random(4)
    for _ in range(20):
        stairs = sorted(chance.randrange(6) for _ in range(6))[::-1]
        jumps = [chance.choice((0, 1, 60)) for _ in range(12)]
        needs = {(a, b): 50 + sum(jumps[: a + b]) for a, b in product(range(6), repeat=2)}
        passing = [(a, b) for a, b in needs if b >= stairs[a]]
        search, runs = Search(SPACE, 1), list[Tried]()
        while not isinstance(step := search.advance(runs), Answer):
            a, b = (int(value) for _, value in step.settings)
            cause = None if b >= stairs[a] else Cause.FUNCTION
            runs.append(Tried(step.settings, cause, needs[a, b] * MIB))

        least = min((needs[point] for point in passing), default=0)
        bar = least + max(1, 0.02 * least)
        expected = min((point for point in passing if needs[point] <= bar), default=None)
        assert step.pick == (None if expected is None else at(*expected))


def test_the_price_of_a_sure_pick_is_a_sixth_of_the_grid() -> None:
    """Where halving what is left took a fifth: 54 runs of 256, 8 confirming ones among them."""
    (memtune,) = (one for one in PEERS if one.name == "memtune")
    family = KINDS[0].of(256)

    ends = [searched(family.world(random.Random(n)), memtune, random.Random(n)) for n in range(12)]

    assert all(one.right for one in ends)
    assert mean(one.runs for one in ends) < 45
