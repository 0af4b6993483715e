"""Dominance search: every run of one settings rules out all that are more, or all that
are less, generous; a pure function of the runs so far.

A pass rules out everything more generous, which needs at least as much memory. Too much
memory does the same. Work badly done rules out everything less generous. A program that hit a
limit of its own rules out what has no wider limit and asks for no less. Work done too slowly
rules out what does no less work with no more. What is known to need more than the best pass
cannot win. When nothing is left, the best pass is repeated.

Values of a category have no order: what a run rules out has the same ones. Each begins with its
most conservative settings.

Where less than the pick was seen to need more, the runs between the two are made and repeated;
what they say of a knob is believed, and its values bound nothing but themselves any more. The
most conservative settings that need too much end the search only after a look beside them.

Which settings are executed next is chosen by what models expect of them, see ``promise``.
"""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from memtune.model import Cause, Space
from memtune.search.confirm import confirm
from memtune.search.lattice import Lattice
from memtune.search.ledger import Ledger
from memtune.search.promise import Promise
from memtune.search.step import Answer, Step, Tried

FIRST = 3


class Search:
    """Searches one space; holds its order and no state of the session."""

    def __init__(
        self, space: Space, confirmations: int, allowed_bytes: float | None = None
    ) -> None:
        self._lattice = Lattice(space)
        self._promise = Promise(space, self._lattice)
        self._confirmations = confirmations
        self._allowed_bytes = allowed_bytes

    def advance(self, runs: Sequence[Tried]) -> Step | Answer:
        """Return what to execute after these runs, or the answer.

        Runs without evidence are as if they had not been made.
        """
        runs = [run for run in runs if run.cause is not Cause.NO_EVIDENCE]
        if not runs:
            return Step(self._lattice.settings[0], "the most conservative settings")
        ledger = Ledger(self._lattice, runs)
        if ledger.open:
            return self._end(ledger) or self._explore(ledger)
        ranked = ledger.ranked()
        if not ranked:
            unproven = ledger.unproven()
            if unproven is not None:
                return Step(
                    self._lattice.settings[unproven],
                    "tells whether more of a knob needs less: the most conservative settings need "
                    "too much",
                )
            return Answer(None, None, ledger.skipped(), "nothing in the space passes")
        order = [self._lattice.settings[n] for n in ranked]
        first = confirm(order[:1], runs, min(FIRST, self._confirmations), None)
        if isinstance(first, Step):
            return first
        doubtful = ledger.doubtful(ranked[0])
        if doubtful is not None:
            return Step(
                self._lattice.settings[doubtful],
                f"tells which knob needs more where there is less of it than in ({order[0]})",
            )
        rival = ledger.rival(ranked[0])
        if rival is not None:
            return Step(self._lattice.settings[rival], "may need less than the pick: run again")
        best = confirm(order, runs, self._confirmations, self._allowed_bytes)
        if isinstance(best, Step):
            return best
        others = [settings for settings in order if settings != best.settings]
        return Answer(
            best.settings, next(iter(others), None), ledger.skipped(), ledger.why(ranked), best.risk
        )

    def _end(self, ledger: Ledger) -> Step | None:
        """The end to begin with in values of a category that no run tells of."""
        if len(self._lattice.ends) == 1:
            return None
        told = reduce(or_, (self._lattice.alike(n, self._lattice.categories) for n in ledger.tried))
        end = next((n for n in self._lattice.ends if ledger.open & ~told & 1 << n), None)
        if end is None:
            return None
        own = self._lattice.settings[end].beside(self._lattice.settings[0])
        return Step(self._lattice.settings[end], f"the most conservative settings with {own}")

    def _explore(self, ledger: Ledger) -> Step:
        chosen, left = self._promise.best(ledger), ledger.open
        above = (ledger.dearer(chosen) & left).bit_count()
        below = (self._lattice.down[chosen] & left).bit_count()
        return Step(
            self._lattice.settings[chosen],
            f"{left.bit_count()} left: a pass or an OOM decides {above}, bad work {below}",
        )
