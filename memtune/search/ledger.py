"""What the runs of a dominance search so far leave open, and what they rule out."""

from collections import Counter
from collections.abc import Sequence
from itertools import permutations

from memtune.model import Cause, Skipped
from memtune.search.confirm import pooled, surely_alike, surely_no_less, typical
from memtune.search.lattice import Lattice
from memtune.search.step import Tried, noise_bytes
from memtune.units import format_bytes

BELIEVED = 3
"""Runs of each of two settings after which it is believed that the lesser needs more."""
DOUBT = 0.05
"""Chance at which it is left open whether settings need less than the pick after all."""
ALIKE = 0.05
MOST_RIVALRY = 16
"""Runs of settings after which their need is taken as it looks."""


class Ledger:
    """What the runs so far leave open."""

    def __init__(self, lattice: Lattice, runs: Sequence[Tried]) -> None:
        self._lattice = lattice
        self.open = lattice.all
        self.passes: Counter[int] = Counter()
        self.need: dict[int, float] = {}
        """What each needs: the geometric mean of its runs."""
        self._needs: dict[int, list[float]] = {}
        self.cause: dict[int, Cause] = {}
        """Why each that failed did so first."""
        self._runs: Counter[int] = Counter()
        self._skipped: list[Skipped] = []
        for run in runs:
            self._take(run)
        self.need = {n: typical(needs) for n, needs in self._needs.items()}
        self._spread = pooled(self._needs.values())
        self.tried = tuple(dict.fromkeys([*self.passes, *self.cause]))
        self._bits = sum(1 << n for n in self.tried)
        self.unordered = self._contradicted()
        """Knobs of which less may need more, so that they say nothing of needs."""
        for n in self.tried:
            self._rule_out(n)
        self._rule_out_dearer()

    def ranked(self) -> list[int]:
        """Return the settings that always passed: least need first, and where needs differ
        by no more than noise from the least, the more conservative first."""
        passing = [n for n in self.passes if n not in self.cause]
        if not passing:
            return []
        least = min(passing, key=lambda n: self.need.get(n, 0.0))
        own = self._needs.get(least)
        if own is None:
            return sorted(passing)
        alike = {
            n
            for n in passing
            if n not in self._needs or surely_alike(self._needs[n], own, self._spread, ALIKE)
        }
        bar = max(self.need.get(n, 0.0) for n in {least, *alike})
        return sorted(passing, key=lambda n: (bar if n in alike else self.need[n], n))

    def probes(self) -> int:
        """Return the settings that cannot win but of which it is open how well they work:
        bad work of theirs rules out all that are less generous."""
        known = self._bits
        for n in self.tried:
            known |= self._settled(n)
        return self._lattice.all & ~known

    def _settled(self, n: int) -> int:
        """Those of which it follows from the runs of n how well they work."""
        cause = self.cause.get(n)
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
        return up & self._lattice.alike(n, self.unordered) if self.unordered else up

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
            if self.unordered.intersection(knobs):
                continue
            beside = self._lattice.moved(n, pick, knobs[0])
            if beside not in self.tried:
                return beside
            for each in (n, beside):
                if self._runs[each] < BELIEVED:
                    return each
        return None

    def unproven(self) -> int | None:
        """Return what to execute before one run of a conservative end is believed to rule out
        all: one step of each knob from there, as there may be one of which more needs less."""
        ends = [end for end in self._lattice.ends if self.cause.get(end) is Cause.MEMORY]
        for beside in (each for end in ends for each in self._lattice.beside(end)):
            if beside not in self.tried:
                return beside
            doubtful = None if self.cause.get(beside) is Cause.MEMORY else self.doubtful(beside)
            if doubtful is not None:
                return doubtful
        return None

    def rival(self, pick: int) -> int | None:
        """Return what to execute again to tell whether anything needs less than the pick: the
        cheapest of those that passed, or that rule out others by their need alone, and are not
        surely above it."""
        own = self._needs.get(pick, [])
        doubtful, matter = [], self._lattice.all & ~self._bits
        for n, needs in self._needs.items() if own else ():
            if n == pick or self.cause.get(n) is Cause.MEMORY:
                matter &= ~self._hard(n)
            elif self._runs[n] >= MOST_RIVALRY or surely_no_less(needs, own, self._spread, DOUBT):
                matter &= ~(self._hard(n) | self.dearer(n))
            else:
                doubtful.append(n)
                matter &= ~self._hard(n)
        rivals = [n for n in doubtful if n not in self.cause or self.dearer(n) & matter]
        if not rivals:
            return None
        rival = min(rivals, key=self.need.__getitem__)
        return pick if self._runs[pick] < self._runs[rival] else rival

    def skipped(self) -> tuple[Skipped, ...]:
        """Return how many settings were not executed, by reason."""
        return tuple(self._skipped)

    def why(self, ranked: list[int]) -> str:
        """Say why the first of the ranked is the pick."""
        if self._lattice.ends == ranked[:1]:
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
            self.cause.setdefault(n, run.cause)
        if run.need_bytes is not None:
            self._needs.setdefault(n, []).append(run.need_bytes)

    def _contradicted(self) -> set[int]:
        """Return the knobs of which less was seen to need more, run after run."""
        often = [n for n, needs in self._needs.items() if len(needs) >= BELIEVED]
        found = set()
        for n, more in permutations(often, 2):
            knobs = self._lattice.differing(n, more)
            if len(knobs) != 1 or not self._lattice.up[n] >> more & 1:
                continue
            need = self.need[more]
            cut_short = self.cause.get(more) in (Cause.MEMORY, Cause.LIMIT)
            if not cut_short and min(self._needs[n]) > need + noise_bytes(need):
                found.update(knobs)
        return found

    def _hard(self, n: int) -> int:
        """Those that the runs of n rule out whatever others need."""
        cause = self.cause.get(n)
        return self.dearer(n) if cause in (None, Cause.MEMORY) else self._settled(n)

    def _rule_out(self, n: int) -> None:
        up, down = self.dearer(n), self._lattice.down[n]
        label = self._lattice.settings[n]
        cause = self.cause.get(n)
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
