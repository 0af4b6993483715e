"""Figures of consecutive commits -> where they stepped, or that they drift; pure.

The model: the logarithm of a commit's median is a level plus noise. Levels that stay and then
jump are steps (ruptures' PELT, least squares); a level that creeps is a drift (a straight line);
whichever explains the figures at the least cost is told, and nothing where a constant does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, pi

from memtune.model.history import Shift
from memtune.stats import LEAST_SD

FEWEST = 5
"""With fewer commits no step is told: nobody knows how much they differ for no reason."""
_MAD = 0.6745
"""Median of the absolute value of a standard normal variable."""


@dataclass(frozen=True)
class Shape:
    """How figures went from commit to commit."""

    steps: tuple[int, ...] = ()
    """Positions of the first figure after each step."""
    steady: bool = False
    """Whether a straight line explains them better than steps."""


@dataclass(frozen=True)
class _Noise:
    """How far the median of one commit lies from its level, on logarithms."""

    variance: float
    freedom: int
    """Degrees of freedom behind it."""


def shape(samples: Sequence[Sequence[float]]) -> Shape:
    """Return the steps in the figures of commits, the oldest first, or that they drift.

    A step or a slope costs (4 + 3 log n) times the variance of the noise. 3 log n is the modified
    information criterion of Zhang, N. R. and Siegmund, D. O. (2007), Biometrics 63, 22-32; the 4,
    and the share 8 / n by which a noise that is estimated from n commits counts as larger, were
    found by simulation (tests/unit/test_steps.py): of series of noise alone, of 5 to 40 commits
    with 3 runs each, at most 1 % show a step or a drift; at most 6 % where commits differ for no
    reason by as much as runs do, or have one run each. PELT: Killick, R., Fearnhead, P. and
    Eckley, I. A. (2012), JASA 107, 1590-1598.
    """
    import numpy as np

    levels = np.array(_levels(samples))
    count, noise = len(levels), _noise(samples, careful=True)
    if count < FEWEST or noise is None:
        return Shape()
    price = (4 + 3 * log(count)) * noise.variance
    cuts = _cuts(_levels(samples), price)
    constant = float(((levels - levels.mean()) ** 2).sum())
    parts = np.split(levels, cuts)
    stepped = sum(float(((part - part.mean()) ** 2).sum()) for part in parts) + price * len(cuts)
    at = np.arange(count)
    slope, start = np.polyfit(at, levels, 1)
    sloping = float(((levels - start - slope * at) ** 2).sum()) + price
    if sloping < min(stepped, constant):
        return Shape(steady=True)
    return Shape(steps=tuple(cuts))


def step(samples: Sequence[Sequence[float]], cuts: Sequence[int], position: int) -> Shift:
    """Return how much more was needed after one of the cuts than before, until the next cuts."""
    begin = max((cut for cut in cuts if cut < position), default=0)
    end = min((cut for cut in cuts if cut > position), default=len(samples))
    levels = _levels(samples)
    before, after = levels[begin:position], levels[position:end]
    return _shift(samples, before, after)


def between(samples: Sequence[Sequence[float]], first: int, last: int) -> Shift:
    """Return how much more was needed at one commit than at an earlier one."""
    levels = _levels(samples)
    return _shift(samples, [levels[first]], [levels[last]])


def _cuts(levels: Sequence[float], price: float) -> list[int]:
    import numpy as np
    from ruptures import KernelCPD  # a second to load

    # With a linear kernel its cost is that of least squares, and its PELT is compiled.
    centred = np.asarray(levels) - np.mean(levels)
    found = KernelCPD(kernel="linear", min_size=1, jump=1).fit(centred).predict(pen=price)
    return [int(cut) for cut in found[:-1]]


def _levels(samples: Sequence[Sequence[float]]) -> list[float]:
    import numpy as np

    return [float(np.median(np.log(one))) for one in samples]


def _shift(
    samples: Sequence[Sequence[float]], before: Sequence[float], after: Sequence[float]
) -> Shift:
    import numpy as np
    from scipy.special import stdtrit

    growth = float(np.mean(after) - np.mean(before))
    noise = _noise(samples)
    if noise is None:
        return Shift(float(np.expm1(growth)))
    error = (noise.variance * (1 / len(before) + 1 / len(after))) ** 0.5
    reach = float(stdtrit(noise.freedom, 0.975)) * error
    ends = (float(np.expm1(growth - reach)), float(np.expm1(growth + reach)))
    return Shift(float(np.expm1(growth)), *ends)


def _noise(samples: Sequence[Sequence[float]], *, careful: bool = False) -> _Noise | None:
    """Return the larger of two: what the spread within commits lets expect, and what one sees
    from commit to commit; None where there is neither.

    The second is the median absolute deviation of the differences of neighbours from their
    median, which neither steps nor a steady drift disturb. The variance of a median is taken for
    pi / 2 times that of a mean.
    """
    import numpy as np

    found = [_Noise(LEAST_SD**2, 10**6)]
    several = [np.log(one) for one in samples if len(one) > 1]
    if several:
        freedom = sum(len(one) - 1 for one in several)
        pooled = sum(float(((one - one.mean()) ** 2).sum()) for one in several) / freedom
        each = float(np.mean([1 / len(one) for one in samples]))
        found.append(_Noise(pi / 2 * pooled * each, freedom))
    count = len(samples)
    if count >= FEWEST:
        differences = np.diff(_levels(samples))
        spread = float(np.median(np.abs(differences - np.median(differences)))) / _MAD
        factor = 1 + 8 / count if careful else 1.0
        found.append(_Noise((factor * spread) ** 2 / 2, count - 2))
    return max(found, key=lambda one: one.variance) if len(found) > 1 else None
