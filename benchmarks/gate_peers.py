"""The rules that others use to tell a growth, on whole series of checks at once.

Each was read in its source: github-action-benchmark ``src/write.ts`` (``findAlerts``), asv 0.6.6
``commands/compare.py`` (``_is_result_better``) with ``_stats.py`` (``is_different``), bencher
``lib/bencher_boundary`` (``new_normal``, ``std_deviation``).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.gate_samples import Needs

Fails = NDArray[np.bool_]


@dataclass(frozen=True)
class Rule:
    """A rule of a fixed number of runs; it passes what it does not fail."""

    label: str
    base_runs: int
    """Of the stored ones the latest are taken."""
    head_runs: int
    fails: Callable[[Needs, Needs], Fails]
    """Of the base's and the head's needs, a row for each check."""


def single(share: float) -> Callable[[Needs, Needs], Fails]:
    """Compare one run with one; github-action-benchmark's rule, and asv's for ``peakmem_``."""
    return lambda base, head: head[:, 0] > base[:, -1] * (1 + share)


def minima(share: float) -> Callable[[Needs, Needs], Fails]:
    """Compare the smallest of each side."""
    return lambda base, head: head.min(axis=1) > base.min(axis=1) * (1 + share)


def medians(share: float) -> Callable[[Needs, Needs], Fails]:
    """Compare the medians."""
    return lambda base, head: np.median(head, axis=1) > np.median(base, axis=1) * (1 + share)


def means(share: float) -> Callable[[Needs, Needs], Fails]:
    """Compare the means."""
    return lambda base, head: head.mean(axis=1) > base.mean(axis=1) * (1 + share)


def asv(factor: float) -> Callable[[Needs, Needs], Fails]:
    """Compare medians where a Mann-Whitney test, two-sided, says p < 0.002: asv's rule for
    benchmarks that have samples. With fewer than seven on each side it cannot say so."""

    def fails(base: Needs, head: Needs) -> Fails:
        tested = stats.mannwhitneyu(base, head, axis=1, method="exact")
        worse = np.median(base, axis=1) < np.median(head, axis=1) / factor
        return np.asarray(worse & (np.asarray(tested.pvalue) < 0.002))

    return fails


def bencher(boundary: float) -> Callable[[Needs, Needs], Fails]:
    """Compare one run with a quantile of Student's distribution around the history's mean; the
    deviation is that of a whole population, as in bencher."""

    def fails(base: Needs, head: Needs) -> Fails:
        reach = stats.t.ppf(boundary, base.shape[1] - 1)
        return np.asarray(head[:, 0] > base.mean(axis=1) + reach * base.std(axis=1))

    return fails


_EVERYWHERE = (
    Rule("single run > 5 % (github-action-benchmark at 105 %)", 1, 1, single(0.05)),
    Rule("github-action-benchmark as delivered, > 200 %", 1, 1, single(1.0)),
    Rule("min of 3 > 5 %", 3, 3, minima(0.05)),
    Rule("median of 5 > 5 %", 5, 5, medians(0.05)),
    Rule("median of 5 > 2.5 %", 5, 5, medians(0.025)),
    Rule("asv as delivered for peak memory: single run > 10 %", 1, 1, single(0.1)),
    Rule("asv's test, 10 runs, factor 1.05", 10, 10, asv(1.05)),
    Rule("asv's test, 10 runs, factor 1.025", 10, 10, asv(1.025)),
)
IN_TURN = (
    *_EVERYWHERE,
    Rule("mean of 6 > 2.9 %, made for noise of exactly 2 %", 6, 6, means(0.029)),
)
"""Where both arms are executed."""
STORED = (
    *_EVERYWHERE,
    Rule("mean of 3 beside 20 > 2.9 %, made for noise of exactly 2 %", 20, 3, means(0.029)),
    Rule("bencher's t-test, 0.99, 20 stored", 20, 1, bencher(0.99)),
    Rule("bencher's t-test, 0.99, 64 stored", 64, 1, bencher(0.99)),
)
"""Where the head's runs are compared with stored ones."""


def in_turn(rule: Rule, new: Needs, factor: float) -> Fails:
    """Apply a rule where base and head were executed in turn; the head needs more by a factor."""
    base, head = new[:, 0::2], new[:, 1::2]
    return rule.fails(base[:, : rule.base_runs], head[:, : rule.head_runs] * factor)


def beside_stored(rule: Rule, stored: Needs, new: Needs, factor: float) -> Fails:
    """Apply a rule beside stored samples; the head needs more by a factor."""
    return rule.fails(stored[:, -rule.base_runs :], new[:, : rule.head_runs] * factor)
