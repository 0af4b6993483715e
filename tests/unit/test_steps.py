"""Steps and drifts in figures of consecutive commits, by simulation."""

from collections.abc import Callable

import numpy as np
import pytest

from memtune.steps import between, shape, step
from memtune.units import MIB

Series = list[list[float]]
NOISE = 0.01
RUNS = 3


def series(
    seed: int,
    commits: int,
    level: Callable[[int], float] = lambda commit: 0.0,
    runs: int = RUNS,
    between_commits: float = 0.0,
) -> Series:
    """Needs around 40 MiB, 1 % of noise in each run, with a logarithmic level of each commit."""
    rng = np.random.default_rng(seed)
    levels = [level(commit) + rng.normal(0, between_commits) for commit in range(commits)]
    return [list(40 * MIB * np.exp(one + rng.normal(0, NOISE, runs))) for one in levels]


def stepped(share: float, at: int) -> Callable[[int], float]:
    return lambda commit: float(np.log1p(share)) if commit >= at else 0.0


def share_with_steps(commits: int, runs: int = RUNS, between_commits: float = 0.0) -> float:
    """Of 200 series of noise alone."""
    found = [
        shape(series(one, commits, lambda _: 0.0, runs, between_commits)) for one in range(200)
    ]
    return float(np.mean([bool(one.steps) or one.steady for one in found]))


@pytest.mark.parametrize("commits", [5, 10, 40])
def test_noise_alone_shows_a_step_in_one_series_of_a_hundred_at_most(commits: int) -> None:
    assert share_with_steps(commits) <= 0.01


@pytest.mark.parametrize(("runs", "between_commits"), [(1, 0.0), (3, 0.01), (20, 0.01)])
@pytest.mark.parametrize("commits", [5, 20])
def test_what_differs_between_commits_for_no_reason_is_seldom_taken_for_a_step(
    commits: int, runs: int, between_commits: float
) -> None:
    assert share_with_steps(commits, runs, between_commits) <= 0.06


def test_few_commits_have_no_steps_and_yet_a_growth() -> None:
    figures = series(1, 4, stepped(0.5, 2))

    assert shape(figures).steps == ()
    assert between(figures, 0, 3).is_certain


def test_the_growth_between_single_runs_has_no_interval() -> None:
    grown = between(series(1, 4, stepped(0.5, 2), runs=1), 0, 3)

    assert grown.growth == pytest.approx(0.5, abs=0.1)
    assert (grown.low, grown.high, grown.is_certain) == (None, None, False)


def test_a_step_of_3_percent_is_found_at_its_commit() -> None:
    found = [shape(series(seed, 20, stepped(0.03, 12))) for seed in range(100)]

    assert sum(one.steps == (12,) for one in found) >= 90
    assert sum(one.steady for one in found) <= 5


def test_a_large_step_is_found_among_few_commits_and_at_the_last_one() -> None:
    assert shape(series(1, 5, stepped(0.1, 3))).steps == (3,)
    assert shape(series(1, 12, stepped(0.1, 11))).steps == (11,)


def test_an_increase_that_was_taken_back_is_two_steps() -> None:
    figures = series(2, 15, lambda commit: 0.08 if 5 <= commit < 10 else 0.0)

    cuts = shape(figures).steps

    assert cuts == (5, 10)
    up, down = (step(figures, cuts, cut) for cut in cuts)
    assert up.low is not None
    assert up.high is not None
    assert up.low < np.expm1(0.08) < up.high
    assert down.growth == pytest.approx(np.expm1(-0.08), abs=0.01)


def test_the_size_of_a_step_lies_in_its_interval() -> None:
    shifts = [step(series(seed, 20, stepped(0.05, 9)), (9,), 9) for seed in range(200)]

    covered = [one.low < 0.05 < one.high for one in shifts if one.low and one.high]
    assert len(covered) == 200
    assert np.mean(covered) >= 0.93


def test_a_slow_drift_is_a_drift_and_no_staircase() -> None:
    made = [series(seed, 20, lambda commit: commit * float(np.log1p(0.01))) for seed in range(100)]

    assert sum(shape(one).steady for one in made) >= 95
    shifts = [between(one, 0, 19) for one in made]
    assert all(one.is_certain for one in shifts)
    covered = [one.low < 1.01**19 - 1 < one.high for one in shifts if one.low and one.high]
    assert np.mean(covered) >= 0.9


def test_figures_that_never_differ_have_no_steps() -> None:
    figures = [[40.0 * MIB] * 3] * 12

    assert shape(figures).steps == ()
    assert not shape(figures).steady
    assert between(figures, 0, 11).growth == 0
    assert not between(figures, 0, 11).is_certain


def test_what_the_kernel_rounds_is_no_step() -> None:
    """Kernels charge in batches of pages: 0.2 % is noise, however alike the runs are."""
    figures = [[40.0 * MIB + page * 4096] * 3 for page in (0, 1, 0, 3, 2, 9, 12, 8, 11, 9)]

    assert shape(figures).steps == ()


def test_no_figures_and_one_figure_have_no_steps() -> None:
    assert shape([]).steps == ()
    assert shape([[1.0, 2.0]]).steps == ()
