"""Search for the knee of memory against speed; pure, knows no Docker.

First both ends of the front are searched: the least memory, by dominance, and the highest speed.
Then what the models of the runs put on the knee between them is executed until that is a setting
that was; the knee is confirmed as every pick is.
"""

import math
from collections.abc import Sequence

from memtune.model import Cause, OnFront, Settings, Space
from memtune.search.confirm import confirm
from memtune.search.dominance import Search
from memtune.search.fastest import expected_no_better, explored, rest
from memtune.search.front import TELLING, above, front, knee, passing
from memtune.search.outlook import Outlook, Terrain, better
from memtune.search.step import Answer, Step, Tried
from memtune.search.surrogate import Expected
from memtune.units import format_bytes

CHANCE = 0.1
"""What lies clearly farther above the chord with a lower probability is left out."""
CLEARLY = 0.05
"""By how much farther, a share of the front's extent."""


class Balanced:
    """Searches one space for the knee; holds its order and no state of the session."""

    def __init__(
        self, space: Space, confirmations: int, allowed_bytes: float | None = None
    ) -> None:
        self._terrain = Terrain(space)
        self._least = Search(space, 1)
        self._confirmations = confirmations
        self._allowed_bytes = allowed_bytes

    def advance(self, runs: Sequence[Tried]) -> Step | Answer:
        """Return what to execute after these runs, or the answer; see ``dominance.Search``."""
        runs = [run for run in runs if run.cause is not Cause.NO_EVIDENCE]
        least = self._least.advance(runs)
        if isinstance(least, Step) or not passing(runs):
            return least
        outlook = self._terrain.outlook(runs)
        step = explored(self._terrain, outlook) or self._between(outlook)
        return step or self._confirmed(outlook, runs)

    def _between(self, outlook: Outlook) -> Step | None:
        """What is expected to lie farthest above the chord, where any may lie clearly farther than
        the knee so far; else the knee, where it was executed too rarely to tell its speed."""
        import numpy as np

        known = front(outlook.points, outlook.noise, None)
        if len(known) < 2:
            return None
        bend = knee(known)
        assert bend is not None  # of a front that is not empty
        left = np.array(outlook.open, dtype=int)
        chances, gains = better(_heights(outlook, known), above(bend, known), CLEARLY)
        chances, gains = (chances * outlook.fits)[left], (gains * outlook.fits)[left]
        if len(left) and chances.max() >= CHANCE:
            chosen = int(left[np.argmax(gains)])
            return Step(
                self._terrain.lattice.settings[chosen],
                f"{math.exp(outlook.speed.mean[chosen]):.3g} per s are expected with "
                f"{format_bytes(math.exp(outlook.need.mean[chosen]))}: may be on the knee",
            )
        if bend.runs < TELLING:
            return Step(bend.settings, "tells how fast the knee is", TELLING - bend.runs)
        return None

    def _confirmed(self, outlook: Outlook, runs: Sequence[Tried]) -> Step | Answer:
        points = front(outlook.points, outlook.noise, None)
        order = _ranked(points)
        best = confirm(order, runs, self._confirmations, self._allowed_bytes)
        if isinstance(best, Step):
            return best
        others = [settings for settings in order if settings != best.settings]
        what = "on a better knee"
        return Answer(
            best.settings,
            next(iter(others), None),
            (*outlook.skipped, *expected_no_better(outlook, what)),
            f"{_why(points, best.settings)}; {rest(outlook, what)}",
            best.risk,
        )


def _heights(outlook: Outlook, known: Sequence[OnFront]) -> Expected:
    """How far above the chord each settings of the space is expected to be, as ``above`` has it."""
    import numpy as np

    needs, speeds = np.exp(outlook.need.mean), np.exp(outlook.speed.mean)
    need_range = known[-1].need_bytes - known[0].need_bytes
    speed_range = known[-1].speed_per_s - known[0].speed_per_s
    heights = (speeds - known[0].speed_per_s) / speed_range
    heights -= (needs - known[0].need_bytes) / need_range
    spread = np.hypot(speeds * outlook.speed.sd / speed_range, needs * outlook.need.sd / need_range)
    return Expected(heights, spread)


def _ranked(points: Sequence[OnFront]) -> list[Settings]:
    """The knee, then what would be it without it."""
    left, found = list(points), list[Settings]()
    while (bend := knee(left)) is not None:
        found.append(bend.settings)
        left.remove(bend)
    return found


def _why(points: Sequence[OnFront], pick: Settings) -> str:
    place = next((n for n, point in enumerate(points) if point.settings == pick), None)
    if len(points) == 1:
        return "least need, and no settings that passed are faster"
    if place is None or above(points[place], points) > 0:
        return (
            f"knee of the front of {len(points)} settings: up to it memory buys more speed than "
            "beyond it"
        )
    end = "least need" if place == 0 else "fastest"
    return (
        f"the front of {len(points)} settings has no knee between its ends; of these the {end} "
        "does more work for its memory"
    )
