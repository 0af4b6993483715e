"""Whether a scenario has grown: a group-sequential test; pure.

After each look at all runs so far it fails, passes or goes on. The levels were chosen by
simulation, so that all looks together raise a false alarm in at most 1 % of the checks and miss a
growth of exactly the tolerance in at most 5 %: see benchmarks/gate.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from memtune.model import Estimate, Growth, Ruling


@dataclass(frozen=True)
class Look:
    """After how many runs one looks, and how sure one has to be."""

    runs: int
    """Of each arm; of the head where the base is stored."""
    alpha: float
    """How rarely so much growth must be seen where there is none, to fail; for one scenario."""
    beta: float
    """How rarely so little must be seen where it grew by what fails, to pass."""


IN_TURN = (
    Look(3, 0.001, 0.008),
    Look(5, 0.002, 0.008),
    Look(8, 0.0025, 0.01),
    Look(12, 0.004, 0.015),
)
"""Looks at two arms that are executed in turn."""
STORED = (
    Look(3, 0.0004, 0.004),
    Look(4, 0.0005, 0.003),
    Look(6, 0.001, 0.003),
    Look(8, 0.001, 0.004),
    Look(12, 0.002, 0.006),
)
"""Looks at new runs beside stored ones. Surer than those in turn, because what fails here must
fail in turn as well, so that both may miss it; and the spread of two new runs alone says too
little beside twenty."""
STORED_RUNS = 20
"""How many runs a baseline holds."""


def tolerance(base: Sequence[float], growth: Growth) -> float:
    """Return the growth that fails, as a share: the floor's where that is more."""
    return max(growth.fail, growth.floor_bytes / fmean(base))


def ruled(
    estimate: Estimate, base: Sequence[float], growth: Growth, look: Look, scenarios: int
) -> Ruling:
    """Return what one look says; inconclusive is to look again after more runs.

    The risk of a false alarm is divided among the ``scenarios`` of one check.
    """
    if estimate.p_tolerance <= look.beta:
        return Ruling.PASS
    least = max(growth.fail / 2, growth.floor_bytes / fmean(base))
    if estimate.p_none <= look.alpha / scenarios and estimate.growth >= least:
        return Ruling.FAIL
    return Ruling.INCONCLUSIVE


def warns(estimate: Estimate, base: Sequence[float], growth: Growth) -> bool:
    """Return whether a growth that passes deserves a warning."""
    least = max(growth.warn, growth.floor_bytes / fmean(base))
    return estimate.low > 0 and estimate.growth >= least
