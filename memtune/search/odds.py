"""How probable it is that settings which were not executed do their work well, or need too much;
pure, numpy only."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from memtune.model import Role, Space
from memtune.search.surrogate import design

if TYPE_CHECKING:
    from memtune.search.surrogate import Floats

_KNOB, _KNOB_SD = 3.0, 1.5
"""What is believed of a knob, turned from end to end, before any run: logarithms of odds."""
_ASIDE, _ASIDE_SD = 0.9, 0.3
"""The same of a knob that is none of quality, where the space has such."""
_LEVEL_SHARE = 0.4
"""How far from half way up it may be open, a share of all knobs together."""
_MOST_ROUNDS = 12
_SETTLED = 1e-4


class Odds:
    """An additive model over one space: turning a knob up makes something more likely by as much,
    whatever the other knobs are; before any run it is open with all of them half way up.

    Bayesian logistic regression, Bishop, C. M. (2006), Pattern Recognition and Machine Learning,
    4.5: the posterior is taken as normal about its mode, which Newton's method finds.
    """

    def __init__(self, space: Space) -> None:
        import numpy as np  # loaded where a search asks for it

        self._design, _ = design(space)
        told = any(knob.role is Role.QUALITY for knob in space.knobs)
        means, sds = list[float](), list[float]()
        for knob in space.knobs:
            steps = len(knob.values) - 1
            aside = told and knob.role is not Role.QUALITY
            mean, sd = (_ASIDE, _ASIDE_SD) if aside else (_KNOB, _KNOB_SD)
            mean = 0.0 if knob.role is Role.CATEGORY else mean
            means += [mean / max(1, steps)] * steps
            sds += [sd / max(1, steps) ** 0.5] * steps
        together = max(_KNOB, sum(means))
        self._mean = np.array([-sum(means) / 2, *means])
        self._precision = np.diag(np.array([_LEVEL_SHARE * together, *sds]) ** -2.0)

    def expected(self, known: Mapping[int, bool]) -> "Floats":
        """Return the probability for every settings, given of some whether it was so, by number."""
        import numpy as np

        rows = self._design[np.array(list(known), dtype=int)]
        was = np.array(list(known.values()), dtype=float)
        weights = self._mean.copy()
        for _ in range(_MOST_ROUNDS):
            chances = logistic(rows @ weights)
            slopes = (chances * (1 - chances))[:, None]
            curvature = rows.T @ (rows * slopes) + self._precision
            uphill = rows.T @ (was - chances) - self._precision @ (weights - self._mean)
            moved = np.linalg.solve(curvature, uphill)
            weights += moved
            if np.abs(moved).max() < _SETTLED:
                break
        spread = np.sum((self._design @ np.linalg.inv(curvature)) * self._design, axis=1)
        return logistic(self._design @ weights / np.sqrt(1 + np.pi * spread / 8))


def logistic(odds: "Floats") -> "Floats":
    """Return the probabilities of logarithms of odds."""
    import numpy as np

    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -40, 40))))
