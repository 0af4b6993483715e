"""The smallest cap, found on made-up programs whose floor is known."""

import random
from collections.abc import Callable

import pytest

from memtune.search.bisect import Tally, Try, next_cap

LEAST, MOST = 6, 512


def find(
    passes: Callable[[int], bool], start: int, repeats: int = 3
) -> tuple[int | None, dict[int, Tally]]:
    """Execute what is asked for until there is an answer."""
    tallies: dict[int, Tally] = {}
    for _ in range(200):
        step = next_cap(tallies, start, LEAST, MOST, repeats)
        if not isinstance(step, Try):
            return step, tallies
        assert LEAST <= step.step <= MOST
        before = tallies.get(step.step, Tally(0, 0))
        passed = sum(passes(step.step) for _ in range(step.runs))
        tallies[step.step] = Tally(before.passed + passed, before.runs + step.runs)
    raise AssertionError("no end")


@pytest.mark.parametrize("start", [LEAST, 40, 41, 42, 100, MOST])
@pytest.mark.parametrize("floor", [LEAST, LEAST + 1, 41, 200, MOST - 1, MOST])
def test_the_floor_is_found_from_wherever_the_search_starts(floor: int, start: int) -> None:
    found, tallies = find(lambda cap: cap >= floor, start)

    assert found == floor
    assert tallies[floor] == Tally(3, 3)
    assert floor == LEAST or tallies[floor - 1].passed == 0


def test_a_good_guess_costs_few_runs() -> None:
    _, tallies = find(lambda cap: cap >= 101, start=101, repeats=1)

    assert sum(tally.runs for tally in tallies.values()) == 2


def test_where_nothing_passes_there_is_no_floor() -> None:
    found, tallies = find(lambda cap: False, start=40)

    assert found is None
    assert tallies[MOST] == Tally(0, 1)


def test_a_flaky_cap_is_not_the_floor() -> None:
    # given caps from 50 to 54 that pass half the time
    rng = random.Random(3)

    def passes(cap: int) -> bool:
        return cap >= 55 or (cap >= 50 and rng.random() < 0.5)

    for _ in range(100):
        found, tallies = find(passes, start=52, repeats=8)

        assert found is not None
        assert 50 <= found <= 56
        assert tallies[found].passed == tallies[found].runs >= 8
        assert found == 50 or found - 1 in tallies
