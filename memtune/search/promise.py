"""Which settings to execute next so that few runs rule out all that are left; pure, numpy only.

Two models of the runs so far, of needs and of how well the work is done, say how each run may end,
and the order of the space says what it then rules out. Models choose what is executed and nothing
else: what they expect rules out nothing, so where they are wrong it takes more runs, not another
pick.

The most is ruled out as in the greedy covering of a set, Chvatal, V. (1979), A Greedy Heuristic
for the Set-Covering Problem, by what a run covers on average: Golovin, D. and Krause, A. (2011),
Adaptive Submodularity. What may be the pick itself goes first: what is dearer than the pick needs
no run to tell how well it works.
"""

import math
from collections.abc import Collection, Sequence
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING

from memtune.model import Cause, Space
from memtune.search.lattice import Lattice, members
from memtune.search.ledger import Ledger
from memtune.search.odds import Odds, logistic
from memtune.search.step import ENDLESS_BYTES, NOISE_SHARE
from memtune.search.surrogate import NEED, Expected, Surrogate

if TYPE_CHECKING:
    from memtune.search.surrogate import Floats

_EAGER = 8.0
"""How many times the most that a run rules out it is worth to find the pick."""
_LIKELY = 0.5
_LEAST_SD = 0.001
_PROBIT = 1.702
"""The logistic function of so many times x is nearly the normal distribution's at x."""


class Promise:
    """One space with its order and its models; holds no state of the session."""

    def __init__(self, space: Space, lattice: Lattice) -> None:
        self._lattice = lattice
        self._shape = tuple(len(knob.values) for knob in space.knobs)
        self._space = space

    @cached_property
    def _need(self) -> Surrogate:
        return Surrogate(self._space, NEED)

    @cached_property
    def _odds(self) -> Odds:
        return Odds(self._space)

    def best(self, ledger: Ledger) -> int:
        """Return the settings to execute next, by number, where some are open."""
        import numpy as np

        left = self._flags(ledger.open)
        told = [n for n in _real(ledger) if ledger.cause.get(n) is not Cause.MEMORY]
        works = self._odds.expected({n: n not in ledger.cause for n in told})
        need = self._expected_need(ledger, told)
        too_much = self._too_much(ledger, told)
        passes = works * (1 - too_much)
        least = min((_log(ledger, n) for n in told if n not in ledger.cause), default=math.inf)
        bar = min([least, *need.mean[left * passes > _LIKELY]])
        dear = np.maximum(self._dearer(ledger, need, bar), too_much)
        apart = self._lattice.categories
        above = self._sum(left, apart | ledger.unordered, upwards=True)
        gains = (dear + (1 - dear) * works) * above
        gains += (1 - works) * (1 - too_much) * self._sum(left, apart, upwards=False)
        cheapest = (1 - _over(need, bar)) * (1 - _over(need, least - NOISE_SHARE))
        gains += _EAGER * gains.max() * left * passes * cheapest
        candidates = np.array(members(ledger.open | ledger.probes()))
        return int(candidates[np.argmax(gains[candidates])])

    def _expected_need(self, ledger: Ledger, told: Sequence[int]) -> Expected:
        """What to expect of needs from those that were not too much, which may be cut short."""
        known = {n: _log(ledger, n) for n in told if ledger.need.get(n)}
        return self._need.expected(known or {0: 0.0}, NOISE_SHARE)

    def _too_much(self, ledger: Ledger, told: Sequence[int]) -> "Floats":
        """The probability to need more than the memory there is."""
        import numpy as np

        failed = [n for n in _real(ledger) if ledger.cause.get(n) is Cause.MEMORY]
        if not failed:
            return np.zeros(len(self._lattice.settings))
        chances = self._odds.expected({n: n in failed for n in (*told, *failed)})
        chances[self._flags(self._at_most(told)) > 0] = 0.0
        chances[self._flags(reduce(or_, map(ledger.dearer, failed))) > 0] = 1.0
        return chances

    def _dearer(self, ledger: Ledger, need: Expected, bar: float) -> "Floats":
        """The probability to need more than the bar, a logarithm."""
        chances = _over(need, bar + NOISE_SHARE)
        cheap = [n for n in _real(ledger) if ledger.need.get(n) and _log(ledger, n) <= bar]
        chances[self._flags(self._at_most(cheap)) > 0] = 0.0
        return chances

    def _at_most(self, some: Sequence[int]) -> int:
        """Those that are at most as generous as some."""
        return reduce(or_, (self._lattice.down[n] for n in some), 0)

    def _sum(self, values: "Floats", unordered: Collection[int], *, upwards: bool) -> "Floats":
        """For each settings, the sum over those that are at least, or at most, as generous in
        every knob, and equal in the unordered."""
        import numpy as np

        turn = tuple(slice(None, None, -1 if upwards else 1) for _ in self._shape)
        summed = values.reshape(self._shape)[turn]
        for knob in range(len(self._shape)):
            if knob not in unordered:
                summed = np.cumsum(summed, axis=knob)
        return summed[turn].ravel()

    def _flags(self, mask: int) -> "Floats":
        """A bit set as 0 and 1 for each settings."""
        import numpy as np

        count = len(self._lattice.settings)
        octets = np.frombuffer(mask.to_bytes((count + 7) // 8, "little"), np.uint8)
        return np.unpackbits(octets, count=count, bitorder="little").astype(float)


def _real(ledger: Ledger) -> list[int]:
    """The settings that were executed, without those that are only pretended to have been."""
    return [n for n in ledger.tried if ledger.need.get(n, 0.0) < ENDLESS_BYTES]


def _log(ledger: Ledger, n: int) -> float:
    """The logarithm of what settings need; endless where that is not known."""
    need = ledger.need.get(n)
    return math.log(need) if need else math.inf


def _over(need: Expected, bar: float) -> "Floats":
    """The probability of more than a bar, for each settings."""
    import numpy as np

    return logistic(_PROBIT * (need.mean - bar) / np.maximum(need.sd, _LEAST_SD))
