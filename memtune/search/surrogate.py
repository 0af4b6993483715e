"""What runs so far let one expect of settings that were not executed: an additive model of the
logarithms of their figures; pure, numpy and scipy only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memtune.model import Role, Space

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    Floats = NDArray[float64]

_LEVEL_SD = 2.0
_MISFIT_RUNS = 3


@dataclass(frozen=True)
class Belief:
    """What is believed of the step from one value of a knob to the next, before any run."""

    mean: float
    """Of the logarithm of the figure."""
    sd: float


NEED: Mapping[Role, Belief] = {
    Role.SIZE: Belief(0.05, 0.3),
    Role.QUALITY: Belief(0.1, 0.4),
    Role.LIMIT: Belief(0.02, 0.1),
    Role.CATEGORY: Belief(0.0, 0.3),
}
SPEED: Mapping[Role, Belief] = {
    Role.SIZE: Belief(0.05, 0.4),
    Role.QUALITY: Belief(-0.1, 0.5),
    Role.LIMIT: Belief(0.0, 0.1),
    Role.CATEGORY: Belief(0.0, 0.4),
}
"""Directions as the roles tell them; weak enough that a run or two overrule them."""


@dataclass(frozen=True)
class Expected:
    """The logarithm of a figure for each settings of a space, in the order of its lattice."""

    mean: "Floats"
    sd: "Floats"
    """How far the truth may lie from that; what single runs vary by is not part of it."""

    @property
    def opposite(self) -> "Expected":
        """The same of the inverse figure, for what is better where it is less."""
        return Expected(-self.mean, self.sd)


class Surrogate:
    """An additive model over one space: each step from a value of a knob to the next multiplies
    the figure by a factor of its own, whatever the other knobs are.

    Bayesian linear regression with a normal prior for each step, Bishop, C. M. (2006), Pattern
    Recognition and Machine Learning, 3.3; the spread of single runs is estimated from how far they
    lie from the model, so that knobs that work together widen it.
    """

    def __init__(self, space: Space, beliefs: Mapping[Role, Belief]) -> None:
        import numpy as np  # loaded where a search asks for it

        self._design, roles = design(space)
        told = [beliefs[role] for role in roles]
        self._mean = np.array([0.0, *(one.mean for one in told)])
        self._sd = np.array([_LEVEL_SD, *(one.sd for one in told)])

    def expected(self, known: Mapping[int, float], noise: float) -> Expected:
        """Return what to expect of every settings, given the logarithms that are known of some, by
        number; ``noise`` is the least standard deviation of one of them."""
        import numpy as np

        rows, logs = self._design[list(known)], np.array(list(known.values()))
        prior = self._mean.copy()
        prior[0] = float(np.mean(logs - rows[:, 1:] @ self._mean[1:]))
        left = logs - rows @ prior
        variance = noise**2
        for _ in range(3):
            covariance = np.linalg.inv(rows.T @ rows / variance + np.diag(self._sd**-2.0))
            weights = covariance @ rows.T @ left / variance
            used = float(np.sum((rows @ covariance) * rows)) / variance
            squares = float(np.sum((left - rows @ weights) ** 2))
            free = max(0.0, len(logs) - used)
            estimate = (squares + _MISFIT_RUNS * noise**2) / (free + _MISFIT_RUNS)
            variance = max(noise**2, estimate)
        spread = np.sum((self._design @ covariance) * self._design, axis=1)
        spread += max(0.0, variance - noise**2)
        return Expected(self._design @ (prior + weights), np.sqrt(spread))


def design(space: Space) -> "tuple[Floats, tuple[Role, ...]]":
    """Return for each settings of a space, in the order of its lattice, 1 and then for each step
    from a value of a knob to the next whether it is taken, 1 or 0; and the role of each step."""
    import numpy as np

    columns = [(k, step) for k, knob in enumerate(space.knobs) for step in _steps(knob.values)]
    shape = tuple(len(knob.values) for knob in space.knobs)
    places = np.indices(shape).reshape(len(shape), space.size)
    taken = [np.ones(space.size), *(places[k] >= step for k, step in columns)]
    return np.column_stack(taken).astype(float), tuple(space.knobs[k].role for k, _ in columns)


def _steps(values: tuple[object, ...]) -> range:
    return range(1, len(values))
