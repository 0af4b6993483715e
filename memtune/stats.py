"""Samples -> summaries and comparisons; pure, numpy and scipy only."""

from collections.abc import Sequence

from memtune.model import Estimate, Summary

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
    """Return how much more ``head`` takes than ``base``: Welch's test on logarithms.

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
    before, after = np.log(np.asarray(base, float)), np.log(np.asarray(head, float))
    variances = [max(float(arm.var(ddof=1)), LEAST_SD**2) for arm in (before, after)]
    error, freedom = _welch(variances, [len(before), len(after)])
    shift = float(after.mean() - before.mean())
    reach = float(stdtrit(freedom, 0.975)) * error
    last_error, last_freedom = _welch(variances, [max(len(base), runs), runs])
    caught = float(stdtrit(last_freedom, 1 - alpha) + stdtrit(last_freedom, 0.95)) * last_error
    return Estimate(
        growth=float(np.expm1(shift)),
        low=float(np.expm1(shift - reach)),
        high=float(np.expm1(shift + reach)),
        p_none=float(stdtr(freedom, -shift / error)),
        p_tolerance=float(stdtr(freedom, (shift - np.log1p(tolerance)) / error)),
        detectable=float(np.expm1(caught)),
    )


def _welch(variances: Sequence[float], counts: Sequence[int]) -> tuple[float, float]:
    """Return the standard error of a difference of means, and its degrees of freedom."""
    parts = [variance / count for variance, count in zip(variances, counts, strict=True)]
    freedom = sum(parts) ** 2 / sum(
        part**2 / (count - 1) for part, count in zip(parts, counts, strict=True)
    )
    return float(sum(parts) ** 0.5), float(freedom)
