"""How probable it is that settings do their work well, told from a few that did or did not."""

from itertools import product

import pytest

from memtune.model import Knob, Role, Space
from memtune.search.odds import Odds
from memtune.search.surrogate import design

SPACE = Space((Knob("a", (0, 1, 2)), Knob("b", (0, 1, 2, 3, 4))))
POINTS = list(product(range(3), range(5)))
PLACE = {point: n for n, point in enumerate(POINTS)}


def test_the_design_has_the_order_of_the_lattice_and_a_column_for_each_step() -> None:
    rows, _ = design(SPACE)

    assert [tuple(map(int, row)) for row in rows] == [
        (1, *(a >= step for step in (1, 2)), *(b >= step for step in (1, 2, 3, 4)))
        for a, b in POINTS
    ]


def test_before_any_run_the_middle_is_open_and_the_ends_are_not() -> None:
    chances = Odds(SPACE).expected({})

    assert chances[PLACE[1, 2]] == pytest.approx(0.5)
    assert chances[PLACE[0, 0]] < 0.3
    assert chances[PLACE[2, 4]] > 0.7
    assert chances[PLACE[2, 2]] == pytest.approx(chances[PLACE[1, 4]])  # knobs count alike


def test_runs_move_what_is_expected_of_settings_like_them() -> None:
    odds = Odds(SPACE)
    before = odds.expected({})

    after = odds.expected({PLACE[1, 2]: True, PLACE[2, 0]: True, PLACE[0, 4]: False})

    # then the first knob is seen to matter and the second not
    assert after[PLACE[1, 1]] > before[PLACE[1, 1]]
    assert after[PLACE[1, 1]] > after[PLACE[0, 3]]
    assert after[PLACE[0, 3]] < before[PLACE[0, 3]]


def test_the_same_runs_in_any_order_lead_to_the_same_expectation() -> None:
    odds = Odds(SPACE)
    known = {PLACE[0, 1]: False, PLACE[2, 3]: True, PLACE[1, 3]: True}

    there = odds.expected(known)
    back = odds.expected(dict(reversed(known.items())))

    assert there == pytest.approx(back)


def test_however_many_agree_nothing_is_certain() -> None:
    chances = Odds(SPACE).expected(dict.fromkeys(range(len(POINTS)), True))

    assert 0.5 < min(chances) <= max(chances) < 1


@pytest.mark.parametrize("knobs", [(), (Knob("only", (1,)),)])
def test_a_space_of_one_settings_has_a_probability_too(knobs: tuple[Knob, ...]) -> None:
    odds = Odds(Space(knobs))

    assert odds.expected({0: True})[0] > 0.5 > odds.expected({0: False})[0]


def test_knobs_of_quality_are_believed_to_matter_more_than_others() -> None:
    """Given bad work at the conservative end and good work with all turned up."""
    sizes = Knob("size", (0, 1)), Knob("quality", (0, 1), role=Role.QUALITY)

    bad, only_quality, only_size, good = 0, 1, 2, 3
    chances = Odds(Space(sizes)).expected({bad: False, good: True})

    assert chances[only_quality] > chances[only_size] + 0.1
