"""What runs so far leave open where speed counts: what cannot pass, what passed, and what to
expect of the rest; pure, numpy and scipy only."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from memtune.model import Cause, OnFront, Skipped, Space
from memtune.search.front import passing, speed_noise
from memtune.search.lattice import Lattice, members
from memtune.search.step import ENDLESS_BYTES, NOISE_SHARE, Tried, noise_bytes
from memtune.search.surrogate import NEED, SPEED, Expected, Surrogate

if TYPE_CHECKING:
    from memtune.search.surrogate import Floats


@dataclass(frozen=True)
class Outlook:
    """What is known and expected after some runs, one of which passed."""

    points: tuple[OnFront, ...]
    """The settings that passed."""
    noise: float
    """By what share speeds may differ and still count as equal."""
    open: tuple[int, ...]
    """Settings that were not executed and that no failure rules out, by number."""
    speed: Expected
    need: Expected
    fits: "Floats"
    """How probable it is that the memory suffices."""
    skipped: tuple[Skipped, ...]
    """What failures rule out."""
    in_vain: int
    """Settings that were tried since one was clearly faster than those before, or as fast with
    clearly less memory."""


class Terrain:
    """One space with its order and its models; holds no state of the session."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.lattice = Lattice(space)
        self._need = Surrogate(space, NEED)
        self._speed = Surrogate(space, SPEED)

    def outlook(self, runs: Sequence[Tried]) -> Outlook:
        """Return what these runs tell, of which one passed and told need and speed."""
        noise = speed_noise(runs)
        needs, speeds = self._known(runs, "need_bytes"), self._known(runs, "speed_per_s")
        need = self._need.expected(needs, NOISE_SHARE)
        possible, skipped = self._ruled_out(runs)
        return Outlook(
            points=tuple(passing(runs)),
            noise=noise,
            open=tuple(members(possible)),
            speed=self._speed.expected(speeds, noise),
            need=need,
            fits=_fits(need, runs),
            skipped=skipped,
            in_vain=_in_vain(runs, noise),
        )

    def _known(self, runs: Sequence[Tried], figure: str) -> dict[int, float]:
        """The logarithms of the medians of a figure; a program that met a limit of its own would
        have needed more."""
        values: dict[int, list[float]] = {}
        for run in runs:
            value = getattr(run, figure)
            pretended = (run.need_bytes or 0.0) >= ENDLESS_BYTES
            if value is not None and value > 0 and run.cause is not Cause.LIMIT and not pretended:
                values.setdefault(self.lattice.number(run.settings), []).append(value)
        return {n: math.log(median(each)) for n, each in values.items()}

    def _ruled_out(self, runs: Sequence[Tried]) -> tuple[int, tuple[Skipped, ...]]:
        tried = 0
        causes: dict[int, Cause] = {}
        for run in runs:
            n = self.lattice.number(run.settings)
            tried |= 1 << n
            if run.cause is not None:
                causes.setdefault(n, run.cause)
        left = self.lattice.all & ~tried
        counted: Counter[str] = Counter()
        for n, cause in causes.items():
            mask, words = self._like(n, cause)
            counted[f"{words[0]} ({self.lattice.settings[n]}), {words[1]}"] += (
                left & mask
            ).bit_count()
            left &= ~mask
        return left, tuple(Skipped(count, why) for why, count in counted.items() if count)

    def _like(self, n: int, cause: Cause) -> tuple[int, tuple[str, str]]:
        """Those that fail where n failed, and why in words."""
        lattice = self.lattice
        if cause is Cause.LIMIT:
            return lattice.tighter[n], ("have no more room than", "which hit its own limit")
        if cause is Cause.SPEED:
            return lattice.slower[n], ("are no faster than", "which was too slow")
        if cause is Cause.FUNCTION:
            return lattice.down[n], ("are no better than", "which did its work badly")
        return lattice.up[n], ("need no less than", "which needed too much")


def _in_vain(runs: Sequence[Tried], noise: float) -> int:
    points = {point.settings: point for point in passing(runs)}
    fast, lean, since = 0.0, math.inf, 0
    for settings in dict.fromkeys(run.settings for run in runs):
        point = points.get(settings)
        since += 1
        if point is None or point.speed_per_s < fast / (1 + noise):
            continue
        if point.speed_per_s > fast * (1 + noise):
            fast, lean, since = point.speed_per_s, point.need_bytes, 0
        elif point.need_bytes < lean - noise_bytes(lean):
            lean, since = point.need_bytes, 0
    return since


def better(expected: Expected, best: float, margin: float) -> "tuple[Floats, Floats]":
    """Return of each settings the probability to exceed the best by more than a margin, and the
    expected improvement: by how much it exceeds the best, 0 where it does not, on average.

    Jones, D. R. et al. (1998), Efficient Global Optimization, section 4.1.
    """
    import numpy as np
    from scipy.special import ndtr

    z = (expected.mean - best) / expected.sd
    chances = ndtr((expected.mean - best - margin) / expected.sd)
    gains = expected.sd * (z * ndtr(z) + np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi))
    return np.asarray(chances), np.asarray(gains)


def _fits(need: Expected, runs: Sequence[Tried]) -> "Floats":
    """The probability of a need below all that were seen to be too much; what passed shows that
    its own is not."""
    import numpy as np
    from scipy.special import ndtr

    too_much = [run.need_bytes for run in runs if run.cause is Cause.MEMORY and run.need_bytes]
    if not too_much:
        return np.ones_like(need.mean)
    allowed = max(min(too_much), *(run.need_bytes or 0.0 for run in runs if run.cause is None))
    return np.asarray(ndtr((math.log(allowed) - need.mean) / need.sd))
