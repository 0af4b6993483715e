"""How probable it is that settings which were not executed do their work well, or need too much;
pure, numpy only."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from memtune.model import Space
from memtune.search.surrogate import design

if TYPE_CHECKING:
    from memtune.search.surrogate import Floats

_KNOB, _KNOB_SD = 3.0, 1.5
"""What is believed of a knob, turned from end to end, before any run: logarithms of odds."""
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
        steps = [n for knob in space.knobs if (n := len(knob.values) - 1)]
        each = np.array([float(n) for n in steps for _ in range(n)])
        together = _KNOB * max(1, len(steps))
        self._mean = np.array([-_KNOB * len(steps) / 2, *(_KNOB / each)])
        sd = np.array([_LEVEL_SHARE * together, *(_KNOB_SD / np.sqrt(each))])
        self._precision = np.diag(sd**-2.0)

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
