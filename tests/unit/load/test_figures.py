"""Figures are exact: what was measured, over all that was measured."""

import random

import pytest

from memtune.load.figures import figures, percentile
from memtune.load.record import Record


@pytest.mark.parametrize(
    ("count", "percent", "rank"),
    [(1, 50, 1), (1, 99, 1), (2, 50, 1), (3, 50, 2), (20, 95, 19), (21, 95, 20), (100, 99, 99)],
)
def test_a_percentile_is_the_value_of_the_nearest_rank(count: int, percent: int, rank: int) -> None:
    assert percentile(range(1, count + 1), percent) == rank


def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed() -> None:
    chance = random.Random(4)
    for count in range(1, 300):
        values = sorted(chance.random() for _ in range(count))
        for percent in (50, 95, 99):
            found = percentile(values, percent)
            below = [value for value in values if value < found]
            assert 100 * len([v for v in values if v <= found]) >= percent * count
            assert 100 * len(below) < percent * count


def test_figures_are_not_rounded_to_two_digits() -> None:
    latencies = [0.001 * n + 0.000123 for n in range(1, 1001)]
    random.Random(1).shuffle(latencies)

    found = figures(latencies, errors=50, load_s=10.0)

    assert found == {
        "requests": 1000,
        "errors": 50,
        "error_rate": 0.05,
        "p50_ms": 500.123,
        "p95_ms": 950.123,
        "p99_ms": 990.123,
        "max_ms": 1000.123,
        "throughput_per_s": 95.0,
        "load_s": 10.0,
    }


def test_without_requests_nothing_is_said_of_them() -> None:
    assert figures([], 0, 1.5) == {"requests": 0, "errors": 0, "load_s": 1.5}


def test_reasons_are_grouped_counted_and_the_five_most_frequent_are_shown() -> None:
    record = Record()
    for times in range(1, 8):
        for n in range(times):
            record.add(0.1, float(n), f"reason {times}", f"first {times}" if n == 0 else "later")
    record.add(0.2, 9.0, "", "")

    assert record.reasons() == [
        f"{times} of 29 requests: reason {times}, such as: first {times}"
        for times in (7, 6, 5, 4, 3)
    ]
    assert record.figures(4.0, 0.0)["errors"] == 28
    assert record.figures(4.0, 0.0)["load_s"] == 5.0


def test_a_load_lasts_as_long_as_planned_though_its_last_answer_is_early() -> None:
    record = Record()
    for n in range(2):
        record.add(0.01, n + 0.01, "", "")

    assert record.figures(0.0, 2.0)["throughput_per_s"] == 1.0
