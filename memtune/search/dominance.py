"""Dominance search: every run of one settings rules out all that are more, or all that
are less, generous; a pure function of the runs so far.

A pass rules out everything more generous, which needs at least as much memory. Too much
memory does the same. Work badly done rules out everything less generous. A program that hit a
limit of its own rules out what has no wider limit and asks for no less. Work done too slowly
rules out what does no less work with no more. What is known to need more than the best pass
cannot win. When nothing is left, the best pass is repeated.

Where less than the pick was seen to need more, the runs between the two are made and repeated;
what they say of a knob is believed, and its values bound nothing but themselves any more.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import permutations

from memtune.model import Cause, Skipped, Space
from memtune.search.lattice import Lattice, members
from memtune.search.step import Answer, Step, Tried, noise_bytes
from memtune.units import format_bytes

BELIEVED = 3
"""Runs of each of two settings after which it is believed that the lesser needs more."""


class Search:
    """Searches one space; holds its order and no state of the session."""

    def __init__(self, space: Space, confirmations: int) -> None:
        self._lattice = Lattice(space)
        self._confirmations = confirmations

    def advance(self, runs: Sequence[Tried]) -> Step | Answer:
        """Return what to execute after these runs, or the answer.

        Runs without evidence are as if they had not been made.
        """
        runs = [run for run in runs if run.cause is not Cause.NO_EVIDENCE]
        if not runs:
            return Step(self._lattice.settings[0], "the most conservative settings")
        ledger = _Ledger(self._lattice, runs)
        if ledger.open:
            return self._explore(ledger, len(runs))
        ranked = ledger.ranked()
        if not ranked:
            return Answer(None, None, ledger.skipped(), "nothing in the space passes")
        best = self._lattice.settings[ranked[0]]
        passed = ledger.passes[ranked[0]]
        if passed < self._confirmations:
            missing = self._confirmations - passed
            return Step(
                best, f"confirms the pick, {missing} of {self._confirmations} to go", missing
            )
        doubtful = ledger.doubtful(ranked[0])
        if doubtful is not None:
            return Step(
                self._lattice.settings[doubtful],
                f"tells which knob needs more where there is less of it than in ({best})",
            )
        rival = self._lattice.settings[ranked[1]] if len(ranked) > 1 else None
        return Answer(best, rival, ledger.skipped(), ledger.why(ranked))

    def _explore(self, ledger: "_Ledger", runs: int) -> Step:
        """Pick the settings whose run rules out most, in turn by two measures.

        The product of what a pass and what a failure would rule out is largest in the
        middle and halves what is left; their sum is largest at the extremes and wins much
        when the answer lies near one end, as it does with knobs that hardly matter. Each
        alone has bad cases (hundreds of runs where both in turn need tens).
        """
        up, down, remaining = ledger.dearer, self._lattice.down, ledger.open
        middle = runs % 2 == 1

        def gain(n: int) -> int:
            above, below = (up(n) & remaining).bit_count(), (down[n] & remaining).bit_count()
            return above * below if middle else above + below

        chosen = max(members(remaining | ledger.probes()), key=gain)
        above, below = (up(chosen) & remaining).bit_count(), (down[chosen] & remaining).bit_count()
        return Step(
            self._lattice.settings[chosen],
            f"{remaining.bit_count()} left: a pass or an OOM decides {above}, bad work {below}",
        )


class _Ledger:
    """What the runs so far leave open."""

    def __init__(self, lattice: Lattice, runs: Sequence[Tried]) -> None:
        self._lattice = lattice
        self.open = lattice.all
        self.passes: Counter[int] = Counter()
        self.need: dict[int, float] = {}
        """The worst of each."""
        self._needs: dict[int, list[float]] = {}
        self._cause: dict[int, Cause] = {}
        self._runs: Counter[int] = Counter()
        self._skipped: list[Skipped] = []
        for run in runs:
            self._take(run)
        self._tried = dict.fromkeys([*self.passes, *self._cause])
        self._bits = sum(1 << n for n in self._tried)
        self._unordered = self._contradicted()
        for n in self._tried:
            self._rule_out(n)
        self._rule_out_dearer()

    def ranked(self) -> list[int]:
        """Return the settings that always passed: least need first, and where needs differ
        by no more than noise from the least, the more conservative first."""
        passing = [n for n in self.passes if n not in self._cause]
        if not passing:
            return []
        least = min(self.need.get(n, 0.0) for n in passing)
        bar = least + noise_bytes(least)
        return sorted(passing, key=lambda n: (max(self.need.get(n, 0.0), bar), n))

    def probes(self) -> int:
        """Return the settings that cannot win but of which it is open how well they work:
        bad work of theirs rules out all that are less generous."""
        known = self._bits
        for n in self._tried:
            known |= self._settled(n)
        return self._lattice.all & ~known

    def _settled(self, n: int) -> int:
        """Those of which it follows from the runs of n how well they work."""
        cause = self._cause.get(n)
        if cause is Cause.LIMIT:
            return self._lattice.tighter[n]
        if cause is Cause.FUNCTION:
            return self._lattice.down[n]
        if cause is Cause.SPEED:
            return self._lattice.slower[n]
        return self._lattice.up[n] if cause is None else self.dearer(n)

    def dearer(self, n: int) -> int:
        """Return those that need no less than n."""
        up = self._lattice.up[n]
        return up & self._lattice.alike(n, self._unordered) if self._unordered else up

    def doubtful(self, pick: int) -> int | None:
        """Return what to execute to tell why less than the pick needs more, if any does.

        Goes one knob at a time from the lesser towards the pick: where the need falls on the
        way, it is that knob.
        """
        bar = self.need.get(pick, 0.0) + noise_bytes(self.need.get(pick, 0.0))
        lesser = self._lattice.down[pick]
        against = [n for n, needs in self._needs.items() if lesser >> n & 1 and min(needs) > bar]
        ways = [(self._lattice.differing(n, pick), n) for n in against]
        for knobs, n in sorted(ways, key=lambda way: len(way[0])):
            if self._unordered.intersection(knobs):
                continue
            beside = self._lattice.moved(n, pick, knobs[0])
            if beside not in self._tried:
                return beside
            for each in (n, beside):
                if self._runs[each] < BELIEVED:
                    return each
        return None

    def skipped(self) -> tuple[Skipped, ...]:
        """Return how many settings were not executed, by reason."""
        return tuple(self._skipped)

    def why(self, ranked: list[int]) -> str:
        """Say why the first of the ranked is the pick."""
        if ranked[0] == 0:
            return "the most conservative settings of the space pass"
        least = min(ranked, key=lambda n: self.need.get(n, 0.0))
        which = (
            "least need"
            if ranked[0] == least
            else "the most conservative within noise of the least need"
        )
        return f"{which} of the {len(ranked)} settings that passed; all others are ruled out"

    def _take(self, run: Tried) -> None:
        n = self._lattice.number(run.settings)
        self._runs[n] += 1
        if run.cause is None:
            self.passes[n] += 1
        else:
            self._cause.setdefault(n, run.cause)
        if run.need_bytes is not None:
            self._needs.setdefault(n, []).append(run.need_bytes)
            self.need[n] = max(self._needs[n])

    def _contradicted(self) -> set[int]:
        """Return the knobs of which less was seen to need more, run after run."""
        often = [n for n, needs in self._needs.items() if len(needs) >= BELIEVED]
        found = set()
        for n, more in permutations(often, 2):
            knobs = self._lattice.differing(n, more)
            if len(knobs) != 1 or not self._lattice.up[n] >> more & 1:
                continue
            need = self.need[more]
            cut_short = self._cause.get(more) in (Cause.MEMORY, Cause.LIMIT)
            if not cut_short and min(self._needs[n]) > need + noise_bytes(need):
                found.update(knobs)
        return found

    def _rule_out(self, n: int) -> None:
        up, down = self.dearer(n), self._lattice.down[n]
        label = self._lattice.settings[n]
        cause = self._cause.get(n)
        if cause is None:
            self._close(n, up, f"need no less than ({label}), which passed")
        elif cause is Cause.LIMIT:
            tighter = self._lattice.tighter[n]
            self._close(n, tighter, f"have no more room than ({label}), which hit its own limit")
        elif cause is Cause.SPEED:
            slower = self._lattice.slower[n]
            self._close(n, slower, f"are no faster than ({label}), which was too slow")
        elif cause is Cause.FUNCTION:
            self._close(n, down, f"are no better than ({label}), which did its work badly")
        else:
            self._close(n, up, f"need no less than ({label}), which needed too much")

    def _rule_out_dearer(self) -> None:
        ranked = self.ranked()
        if not ranked:
            return
        best = self.need.get(ranked[0])
        if best is None:
            return
        for n, needs in self._needs.items():
            need = min(needs)
            if need > best + noise_bytes(best):
                self._close(
                    n,
                    self.dearer(n),
                    f"need at least {format_bytes(need)}, the best pass {format_bytes(best)}",
                )

    def _close(self, n: int, mask: int, reason: str) -> None:
        untried = mask & self.open & ~self._bits
        if untried:
            self._skipped.append(Skipped(untried.bit_count(), reason))
        self.open &= ~mask & ~(1 << n)
