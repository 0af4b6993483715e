"""Samples -> summaries and comparisons; pure, numpy and scipy only."""

from collections.abc import Sequence
from dataclasses import dataclass

from memtune.model import Estimate, Summary
from memtune.model.history import Shift

LEAST_SD = 0.002
"""Smallest standard deviation of a logarithm that is believed."""


def summarize(values: Sequence[float]) -> Summary | None:
    """Return count, smallest, largest and median; None for no values."""
    import numpy as np  # loaded when the first runs are over: it would double memtune's own size

    if not values:
        return None
    samples = np.asarray(values, dtype=float)
    return Summary(
        count=len(samples),
        min=float(samples.min()),
        max=float(samples.max()),
        median=float(np.median(samples)),
    )


def compared(
    base: Sequence[float], head: Sequence[float], tolerance: float, alpha: float, runs: int
) -> Estimate | None:
    """Return how much more ``head`` takes than ``base``: Welch's test on logarithms; where a few
    runs of the head vary less than the more of the base, Student's, as that is chance.

    ``tolerance`` is the growth that fails, a share. ``alpha`` and ``runs`` (of each arm; of the
    head alone where the base has more) are those of the last look that may come: the detectable
    growth is what it would catch 19 times of 20. None for fewer than two values, or values that
    are not positive.

    Welch, B. L. (1947), Biometrika 34, 28-35; the standard deviation counts as 0.2 % at least,
    as kernels charge memory in batches of pages.
    """
    import numpy as np
    from scipy.special import stdtr, stdtrit

    if min(len(base), len(head)) < 2 or min(*base, *head) <= 0:
        return None
    found = _logs(base, head)
    last_error, last_freedom = _welch(found.variances, [max(len(base), runs), runs])
    caught = float(stdtrit(last_freedom, 1 - alpha) + stdtrit(last_freedom, 0.95)) * last_error
    return Estimate(
        growth=found.growth,
        low=found.low,
        high=found.high,
        p_none=float(stdtr(found.freedom, -found.distance / found.error)),
        p_tolerance=float(
            stdtr(found.freedom, (found.distance - np.log1p(tolerance)) / found.error)
        ),
        detectable=float(np.expm1(caught)),
    )


def shift(base: Sequence[float], head: Sequence[float]) -> Shift | None:
    """Return how much larger the geometric mean of ``head`` is than that of ``base``, with its
    95 % interval, as ``compared`` does; with no interval for fewer than two values of either, and
    None where there are none, or one is not positive."""
    if not base or not head or min(*base, *head) <= 0:
        return None
    import numpy as np

    if min(len(base), len(head)) < 2:
        return Shift(float(np.expm1(np.mean(np.log(head)) - np.mean(np.log(base)))))
    found = _logs(base, head)
    return Shift(found.growth, found.low, found.high)


@dataclass(frozen=True)
class _Logs:
    """Two samples compared on logarithms."""

    distance: float
    """Of the means."""
    error: float
    """Standard error of that."""
    freedom: float
    variances: tuple[float, float]
    growth: float
    """The distance as a share, and the ends of its 95 % interval."""
    low: float
    high: float


def _logs(base: Sequence[float], head: Sequence[float]) -> _Logs:
    import numpy as np
    from scipy.special import stdtrit

    before, after = np.log(np.asarray(base, float)), np.log(np.asarray(head, float))
    first, second = (max(float(arm.var(ddof=1)), LEAST_SD**2) for arm in (before, after))
    few_alike = len(after) < len(before) and second < first
    test = _student if few_alike else _welch
    error, freedom = test((first, second), (len(before), len(after)))
    distance = float(after.mean() - before.mean())
    reach = float(stdtrit(freedom, 0.975)) * error
    ends = (float(np.expm1(end)) for end in (distance, distance - reach, distance + reach))
    return _Logs(distance, error, freedom, (first, second), *ends)


def _welch(variances: Sequence[float], counts: Sequence[int]) -> tuple[float, float]:
    """Return the standard error of a difference of means, and its degrees of freedom."""
    parts = [variance / count for variance, count in zip(variances, counts, strict=True)]
    freedom = sum(parts) ** 2 / sum(
        part**2 / (count - 1) for part, count in zip(parts, counts, strict=True)
    )
    return float(sum(parts) ** 0.5), float(freedom)


def _student(variances: Sequence[float], counts: Sequence[int]) -> tuple[float, float]:
    """Return the same for samples of one variance, which is estimated from both."""
    freedom = sum(counts) - len(counts)
    squares = (variance * (count - 1) for variance, count in zip(variances, counts, strict=True))
    error = (sum(squares) / freedom * sum(1 / count for count in counts)) ** 0.5
    return float(error), float(freedom)
