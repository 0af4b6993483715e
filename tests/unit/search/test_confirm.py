"""How sure a pick is, told from the spread of its needs."""

import math
import random
from collections.abc import Sequence

import pytest

from memtune.model import Cause, Settings
from memtune.search.confirm import (
    MOST_PASSES,
    RISK,
    Confirmed,
    Spread,
    chance_over,
    confirm,
    pooled,
    surely_alike,
    surely_no_less,
    typical,
)
from memtune.search.step import Step, Tried

MIB = 1024 * 1024
BEST, NEXT = (Settings((("a", value),)) for value in (0, 1))


def passes(settings: Settings, *needs_mib: float) -> list[Tried]:
    return [Tried(settings, None, need * MIB) for need in needs_mib]


def test_a_pick_far_below_what_is_allowed_takes_its_passes_and_no_more() -> None:
    runs = passes(BEST, 100, 101)

    assert confirm([BEST], runs, 3, 200 * MIB) == Step(BEST, "confirms the pick, 1 of 3 to go")

    done = confirm([BEST], [*runs, *passes(BEST, 99)], 3, 200 * MIB)

    assert isinstance(done, Confirmed)
    assert done.risk is not None
    assert 0 < done.risk < 0.001


def test_without_a_limit_or_a_need_passes_are_all_there_is() -> None:
    assert confirm([BEST], passes(BEST, 100), 1, None) == Confirmed(BEST, None)
    assert confirm([BEST], [Tried(BEST, None, None)], 1, 200 * MIB) == Confirmed(BEST, None)


def test_one_pass_does_not_tell_what_a_need_varies_by() -> None:
    step = confirm([BEST], passes(BEST, 100), 1, 200 * MIB)

    assert step == Step(BEST, "tells how much the need of the pick varies")


def test_a_pick_near_the_limit_is_executed_until_it_is_sure_enough() -> None:
    """Given needs of 100 MiB that vary by 2 % and a limit 6 % above them."""
    luck = random.Random(1)
    runs: list[Tried] = []
    while isinstance(step := confirm([BEST], runs, 3, 106 * MIB), Step):
        runs += passes(step.settings, 100 * math.exp(luck.gauss(0, 0.02)))

    assert 3 < len(runs) <= MOST_PASSES
    assert step.risk is not None
    assert step.risk <= RISK
    assert step.risk >= 0.5 * math.erfc(3 / math.sqrt(2))  # what it truly is


def test_a_pick_that_varies_too_much_gives_way_to_the_next() -> None:
    """Given a best that may need too much about one time in ten, though it never did."""
    wild = passes(BEST, *[90, 105, 92, 108, 95, 102, 98, 107])

    step = confirm([BEST, NEXT], [*wild, *passes(NEXT, 104)], 8, 110 * MIB)

    assert step == Step(NEXT, "confirms the pick, 7 of 8 to go", 7)

    calm = passes(NEXT, *[104, 104.2, 103.9, 104.1, 104, 104, 103.8, 104.1])

    done = confirm([BEST, NEXT], [*wild, *calm], 8, 110 * MIB)

    assert isinstance(done, Confirmed)
    assert done.settings == NEXT


def test_where_none_is_sure_enough_the_surest_is_told_with_its_risk() -> None:
    wild = passes(BEST, *[90, 105, 92, 108, 95, 102, 98, 107])
    worse = passes(NEXT, *[92, 107, 94, 109, 97, 104, 99, 109])

    done = confirm([BEST, NEXT], [*wild, *worse], 8, 110 * MIB)

    assert isinstance(done, Confirmed)
    assert done.settings == BEST
    assert done.risk is not None
    assert RISK < done.risk < 0.2


@pytest.mark.parametrize("noise", [0.005, 0.05])
@pytest.mark.parametrize("count", [3, 8, 20])
def test_the_stated_chance_is_that_of_a_further_run(noise: float, count: int) -> None:
    """Told of many picks, it is as often exceeded as it says, whatever they vary by."""
    luck = random.Random(count)
    allowed = math.exp(2.5 * noise)
    told, over = 0.0, 0
    for _ in range(2000):
        *needs, further = (math.exp(luck.gauss(0, noise)) for _ in range(count + 1))
        told += chance_over(needs, allowed, None) or 0.0
        over += further > allowed

    assert over <= 1.2 * told
    assert told / 2000 < {3: 0.2, 8: 0.06, 20: 0.025}[count]


def test_few_runs_of_one_borrow_the_spread_of_all() -> None:
    alike = [100.0, 100.0]
    spread = pooled([alike, [100.0, 110.0, 95.0, 104.0]])
    assert spread is not None

    borrowed = chance_over(alike, 110.0, spread)
    believed = chance_over([100.0] * 8, 110.0, spread)

    assert borrowed is not None
    assert believed is not None
    assert borrowed > believed
    assert chance_over([100.0], 110.0, None) is None


def test_needs_are_told_apart_by_more_than_what_they_vary_by() -> None:
    pick, spread = [100.0 * MIB] * 8, Spread(0.05, 20)

    def sure(*needs: float) -> bool:
        return surely_no_less([need * MIB for need in needs], pick, spread, 0.05)

    assert not sure(100)
    assert not sure(104)
    assert sure(108)
    assert sure(*[103] * 8)
    assert surely_no_less([100 * MIB], pick, Spread(0.002, 7), 0.05)  # equal within noise


def test_alike_is_what_surely_differs_by_no_more_than_noise() -> None:
    least = [100.0 * MIB]

    def alike(need: float, spread: Spread | None) -> bool:
        return surely_alike([need * MIB], least, spread, 0.05)

    assert alike(101.9, None)
    assert not alike(102.1, None)
    assert alike(101.9, Spread(0.0, 7))
    assert not alike(101.9, Spread(0.005, 7))
    assert alike(100.5, Spread(0.005, 7))


@pytest.mark.parametrize("needs", [[3.0], [3.0, 3.0, 3.0], [2.0, 8.0]])
def test_the_typical_need_lies_between_the_runs(needs: Sequence[float]) -> None:
    assert min(needs) <= typical(needs) <= max(needs)
    assert typical(needs) == pytest.approx(math.prod(needs) ** (1 / len(needs)))


def test_runs_without_evidence_confirm_nothing() -> None:
    silent = Tried(BEST, Cause.NO_EVIDENCE, None)

    step = confirm([BEST], [*passes(BEST, 100), silent], 3, None)

    assert step == Step(BEST, "confirms the pick, 2 of 3 to go", 2)
