"""Memory over time -> boot, warm-up and steady state, and the slope of the last; pure.

Moments are put into bins of equal length first, so that it does not matter how often memory was
read. The rules were chosen, and are held, by simulation (tests/unit/test_steady.py): of series that
do not grow at most 5 % are said to, as long as what disturbs them lasts for an eighth of the run at
most; and intervals hold for 9 of 10 leaks or more where it lasts for a twentieth. What still creeps
to its level while it is watched, by less than its noise lets tell from a leak, is taken for one: a
longer soak tells.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from memtune.model import Moment
from memtune.model.soak import Course, Phase, Slope, Trend
from memtune.units import KIB

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BINS = 400
"""Bins of a run after its boot, at most."""
FEWEST = 40
"""Fewer bins with a moment in them show no steady state."""
CUTS = 20
"""The warm-up is a multiple of this part of the run: finer cuts follow the noise."""
LATEST, LATEST_SLOWING = 1 / 2, 3 / 4
"""Of the run: a warm-up that ends later leaves no steady state; after growth that slows down."""
BATCH_BYTES = 256 * KIB
"""Kernels charge memory in batches, of 64 pages for each CPU."""
LEAST_BYTES = 2 * BATCH_BYTES
"""A smaller change over a whole steady state says nothing: the needs of its begin and of its end
may each be a batch off. So intervals are no narrower. With one batch, 1 of 32 soaks of a service
that does not grow was said to grow, by 314 KiB."""
NEIGHBOURS = 7
"""Bins whose median stands for the one in the middle, where the warm-up's end is looked for."""
FEWEST_ALONE = 5.0
"""Independent residuals that a steady state counts as at least. With 3, one step of a quarter MiB
would make the slope uncertain by 4 MiB a run; with 6, intervals hold too rarely (simulated)."""
_TAIL = 0.975


def load() -> None:
    """Load now what courses are told with: who watches cannot stand still for it later."""
    import_module("scipy.special")


def course(
    moments: Sequence[Moment], ready_s: float | None = None, end_s: float | None = None
) -> Course | None:
    """Return the phases of a run and what its memory does in the last; None for no moments.

    ``ready_s`` is when a service was ready, ``end_s`` when its load was over, both since the
    workload's start; what comes after that belongs to no phase.

    Boot ends when the service is ready; a pipeline has none. Warm-up ends where cutting it off
    leaves the rest best explained by a level or a straight line: at the cut d of n bins that makes
    SSR(d) / (n - d)^2 smallest, SSR being the squared residuals of the line through what is left.
    That is the marginal standard error rule, MSER, of White, K. P. (1997), Simulation 69, 323-334,
    with a line in place of his mean, for a leak is no level; as with his, a cut in the second half
    is none. Where memory then grows in the first half of the rest, but significantly less in the
    second, the first half is warm-up too.
    """
    seen = [one for one in moments if end_s is None or one.at_s <= end_s] or list(moments[:1])
    if not seen:
        return None
    last_s = seen[-1].at_s
    begin_s = min(ready_s or 0.0, last_s)
    boot = [("boot", 0.0, begin_s)] if ready_s is not None else []
    top = max(seen, key=lambda one: one.need_bytes)
    after = [one for one in seen if one.at_s >= begin_s]
    at, level = _binned(after)
    cut = _warm_up(at, level) if len(at) >= FEWEST else None
    if cut is None:
        phases = _phases(seen, [*boot, ("warm-up", begin_s, last_s)])
        return Course(phases, top.need_bytes, top.at_s, Trend.TOO_SHORT, None, None)
    cut, trend, found = _settled(at, level, cut)
    steady_s = float(at[cut] + at[cut - 1]) / 2 if cut else begin_s
    warm_up = [("warm-up", begin_s, steady_s)] if cut else []
    phases = _phases(seen, [*boot, *warm_up, ("steady state", steady_s, last_s)])
    end = _end(at[cut:], level[cut:], [one for one in after if one.at_s >= steady_s])
    return Course(phases, top.need_bytes, top.at_s, trend, found, end)


def slope(at_s: "Floats", level: "Floats") -> Slope:
    """Return the slope of a series at equal distances, with a 95 % interval that holds for
    autocorrelated noise too: the wider of two.

    One estimates the long-run variance from the first 0.2 n^(2/3) cosine transforms of the
    scores (Lazarus, E. et al. (2018), JBES 36, 541-559, who take 0.4 for weaker autocorrelation).
    The other counts the residuals as so many independent ones as their lag-1 autocorrelation r
    leaves, n (1 - r - k) / (1 + r + k), where k = 0.68 / sqrt(n) makes up for r being estimated
    too small (Lee, J. and Lund, R. (2004), Biometrika 91, 240-245); but as FEWEST_ALONE at least.
    """
    import numpy as np
    from scipy.special import stdtrit

    count = len(at_s)
    found, left = _line(at_s, level)
    centred = at_s - at_s.mean()
    square = float(centred @ centred)
    terms = max(4, int(0.2 * count ** (2 / 3)))
    waves = np.cos(np.pi * np.outer(np.arange(1, terms + 1), np.arange(count) + 0.5) / count)
    long_run = float(np.mean((np.sqrt(2 / count) * waves @ (centred * left)) ** 2))
    total = float(left @ left)
    again = max(float(left[1:] @ left[:-1]) / total, 0.0) if total > 0 else 0.0
    again += 0.68 / count**0.5
    alone = max(count * (1 - again) / (1 + again), FEWEST_ALONE)
    reach = max(
        float(stdtrit(terms, _TAIL)) * (count * long_run) ** 0.5 / square,
        float(stdtrit(alone - 2, _TAIL)) * (total / (alone - 2) / square) ** 0.5,
        LEAST_BYTES / float(at_s[-1] - at_s[0]),
    )
    return Slope(found, found - reach, found + reach)


def _line(at: "Floats", level: "Floats") -> "tuple[float, Floats]":
    """Return the slope of the least-squares line, and what it leaves."""
    centred = at - at.mean()
    rise = float(centred @ level / (centred @ centred))
    return rise, level - level.mean() - rise * centred


def _binned(moments: Sequence[Moment]) -> "tuple[Floats, Floats]":
    """Return the mean need in bins of equal length, and their middles; empty ones are left out."""
    import numpy as np

    at = np.array([one.at_s for one in moments])
    need = np.array([one.need_bytes for one in moments], dtype=float)
    bins = min(BINS, len(moments))
    if bins < 2 or at[-1] <= at[0]:
        return at[:1], need[:1]
    edges = np.linspace(at[0], at[-1], bins + 1)
    where = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, bins - 1)
    counts = np.bincount(where, minlength=bins)
    filled = counts > 0
    sums = np.bincount(where, weights=need, minlength=bins)
    return ((edges[1:] + edges[:-1]) / 2)[filled], sums[filled] / counts[filled]


def _warm_up(at: "Floats", level: "Floats") -> int | None:
    """Return how many bins belong to the warm-up; None where no steady state follows.

    A steady state may have its spikes: the median of a few neighbours has none. And nothing is
    steadier than the kernel's batches.
    """
    import numpy as np

    count = len(at)
    padded = np.pad(level, NEIGHBOURS // 2, mode="edge")
    calm = np.median(np.lib.stride_tricks.sliding_window_view(padded, NEIGHBOURS), axis=1)
    best, least = 0, float("inf")
    for step in range(round(CUTS * LATEST_SLOWING) + 1):
        cut = count * step // CUTS
        _, left = _line(at[cut:], calm[cut:])
        error = (float(left @ left) + BATCH_BYTES**2 * (count - cut)) / (count - cut) ** 2
        if error < least:
            best, least = cut, error
    return best if best <= count * LATEST else None


def _settled(at: "Floats", level: "Floats", cut: int) -> tuple[int, Trend, Slope]:
    """Return where the steady state begins, and what memory does in it."""
    while True:
        found = slope(at[cut:], level[cut:])
        if found.low <= 0:
            return cut, Trend.NO_GROWTH, found
        middle = (cut + len(at)) // 2
        first, second = slope(at[cut:middle], level[cut:middle]), slope(at[middle:], level[middle:])
        apart = ((first.high - first.per_s) ** 2 + (second.high - second.per_s) ** 2) ** 0.5
        if first.per_s - second.per_s <= apart:
            return cut, Trend.GROWS, found
        if middle > LATEST_SLOWING * len(at):
            return cut, Trend.SLOWS, found
        cut = middle


def _end(at: "Floats", level: "Floats", steady: Sequence[Moment]) -> int:
    """Return the highest that the need goes at the end: the line, and by how much the peaks of the
    steady state lay above it at most."""
    rise, _ = _line(at, level)
    last_s = steady[-1].at_s
    return round(max(one.need_bytes + rise * (last_s - one.at_s) for one in steady))


def _phases(
    moments: Sequence[Moment], spans: Sequence[tuple[str, float, float]]
) -> tuple[Phase, ...]:
    """Return phases with what was needed in them, without those that no moment was seen of."""
    import numpy as np

    phases = []
    for name, from_s, to_s in spans:
        needs = [one.need_bytes for one in moments if from_s <= one.at_s <= to_s]
        if needs:
            phases.append(Phase(name, from_s, to_s, round(float(np.median(needs))), max(needs)))
    return tuple(phases)
