"""Samples summed up."""

import pytest

from memtune.model import Summary
from memtune.stats import summarize


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
