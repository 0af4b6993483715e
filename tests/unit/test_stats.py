"""Samples summed up, and set beside each other."""

import random

import pytest

from memtune.model import Summary
from memtune.model.history import Shift
from memtune.stats import compared, shift, summarize


@pytest.mark.parametrize(
    ("values", "summary"),
    [
        ([5], Summary(count=1, min=5.0, max=5.0, median=5.0)),
        ([3, 1, 2], Summary(count=3, min=1.0, max=3.0, median=2.0)),
        ([4, 1, 2, 3.5], Summary(count=4, min=1.0, max=4.0, median=2.75)),
        ([0, 0], Summary(count=2, min=0.0, max=0.0, median=0.0)),
    ],
)
def test_values_are_summed_up(values: list[float], summary: Summary) -> None:
    assert summarize(values) == summary


def test_no_values_have_no_summary() -> None:
    assert summarize([]) is None


def test_a_summary_is_made_of_plain_numbers() -> None:
    summary = summarize([1, 2])

    assert summary is not None
    assert {type(summary.min), type(summary.max), type(summary.median)} == {float}
    assert type(summary.count) is int


def test_a_shift_is_that_of_the_test_that_the_gate_makes() -> None:
    base, head = [100.0, 101, 99], [110.0, 112, 109]

    estimate, found = compared(base, head, 0.05, 0.01, 3), shift(base, head)

    assert estimate is not None
    assert found == Shift(estimate.growth, estimate.low, estimate.high)
    assert found.growth == pytest.approx(0.1033, abs=1e-4)
    assert found.is_certain


def test_a_single_run_has_a_shift_and_no_interval() -> None:
    found = shift([100], [110, 110])

    assert found is not None
    assert found.growth == pytest.approx(0.1)
    assert (found.low, found.high) == (None, None)


@pytest.mark.parametrize(("base", "head"), [([], [1.0]), ([0.0, 1], [1.0, 1]), ([1.0], [-1.0])])
def test_what_is_not_positive_has_no_shift(base: list[float], head: list[float]) -> None:
    assert shift(base, head) is None


def test_intervals_of_a_shift_hold_for_19_of_20_pairs() -> None:
    noise = random.Random(7)
    held = 0
    for _ in range(400):
        base = [100 * noise.lognormvariate(0, 0.03) for _ in range(4)]
        head = [108 * noise.lognormvariate(0, 0.06) for _ in range(3)]
        found = shift(base, head)
        assert found is not None
        held += (found.low or 0) <= 0.08 <= (found.high or 0)

    assert 365 <= held <= 396
