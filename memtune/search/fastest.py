"""Search for the settings that do most work per second and pass; pure, knows no Docker.

Memory follows the order of the knobs, but speed follows none: more workers than cores may be
slower. So failures rule out what must fail too, and a model of the runs so far (see ``surrogate``)
orders the rest. What may beat the fastest pass is executed, until that is unlikely of all; then
what may be as fast with less memory; either no longer than patience lasts. The pick is repeated.
What was not executed is only expected to be no better, or not even that, and the answer says so.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from memtune.model import Cause, OnFront, Settings, Skipped, Space
from memtune.search.confirm import confirm
from memtune.search.dominance import Search
from memtune.search.front import TELLING, fastest, passing, top_speed
from memtune.search.outlook import Outlook, Terrain, better
from memtune.search.step import Answer, Step, Tried, noise_bytes
from memtune.units import format_share

if TYPE_CHECKING:
    from memtune.search.surrogate import Floats

CHANCE = 0.02
"""What beats the pick by more than the noise with a lower probability is left out."""
PATIENCE = 16
"""Settings in a row that were no better, after which the rest is believed to be no better."""
LUCK = 2.0
"""By how many times the noise the only run of what needs less may have been slow."""
RIVALS = 3
"""How many settings may become the pick where its confirmation fails to make it sure."""


class Fastest:
    """Searches one space for speed; holds its order and no state of the session."""

    def __init__(
        self, space: Space, confirmations: int, allowed_bytes: float | None = None
    ) -> None:
        self._terrain = Terrain(space)
        self._start = Search(space, 1)
        self._confirmations = confirmations
        self._allowed_bytes = allowed_bytes

    def advance(self, runs: Sequence[Tried]) -> Step | Answer:
        """Return what to execute after these runs, or the answer; see ``dominance.Search``."""
        runs = [run for run in runs if run.cause is not Cause.NO_EVIDENCE]
        if not passing(runs):
            return self._start.advance(runs)
        outlook = self._terrain.outlook(runs)
        step = explored(self._terrain, outlook) or _rival(self._terrain.space, outlook)
        if step is not None:
            return step
        order = _ranked(outlook, self._terrain.space)
        best = confirm(order, runs, self._confirmations, self._allowed_bytes)
        if isinstance(best, Step):
            return best
        others = [settings for settings in order if settings != best.settings]
        return Answer(
            best.settings,
            next(iter(others), None),
            (*outlook.skipped, *expected_no_better(outlook, "faster")),
            f"fastest of the {len(outlook.points)} settings that passed (those within "
            f"{format_share(outlook.noise)} count as equal: of them the least need); "
            f"{rest(outlook, 'faster')}",
            best.risk,
        )


def explored(terrain: Terrain, outlook: Outlook) -> Step | None:
    """Return what to execute to find the fastest, or what is as fast with less memory; None where
    what is left is not likely to be either."""
    return (
        _faster(terrain, outlook)
        or _top(outlook)
        or _leaner(terrain, outlook, fastest(outlook.points, terrain.space, outlook.noise))
    )


def expected_no_better(outlook: Outlook, what: str) -> tuple[Skipped, ...]:
    """Return how many settings were left out because of what is expected of them, or though."""
    if not outlook.open:
        return ()
    why = f"are not expected to be {what} (by a model of the runs)"
    if chance := _chance_left(outlook):
        why = (
            f"may be faster with a chance of up to {format_share(chance)} each (by a model of the "
            f"runs); the last {outlook.in_vain} settings were no better"
        )
    return (Skipped(len(outlook.open), why),)


def rest(outlook: Outlook, what: str) -> str:
    """Say what is known of the settings that were not executed."""
    if not outlook.open:
        return "all others are ruled out"
    left = f"of {len(outlook.open)} that were not executed and may pass, a model of the runs"
    if chance := _chance_left(outlook):
        return (
            f"the last {outlook.in_vain} settings were no better; {left} gives each a chance of "
            f"up to {format_share(chance)} to be faster: it is not proven that none is"
        )
    return f"{left} expects none to be {what}, which is likely and not proven"


def _chance_left(outlook: Outlook) -> float:
    """Return the highest chance to be faster, of what is open, where patience ended the search; 0
    where the model expects none to be."""
    highest = float(_beating(outlook)[0].max())
    return highest if highest >= CHANCE else 0.0


def _beating(outlook: Outlook) -> "tuple[Floats, Floats]":
    """Return of what is open the chance to pass clearly faster than the fastest pass, and by how
    much it is expected to be."""
    import numpy as np

    best = math.log(top_speed(outlook.points, outlook.noise))
    chances, gains = better(outlook.speed, best, math.log1p(outlook.noise))
    left = np.array(outlook.open)
    return (chances * outlook.fits)[left], (gains * outlook.fits)[left]


def _faster(terrain: Terrain, outlook: Outlook) -> Step | None:
    """What is expected to gain most speed, where any may be faster than the fastest pass."""
    if not outlook.open or outlook.in_vain >= PATIENCE:
        return None
    chances, gains = _beating(outlook)
    if chances.max() < CHANCE:
        return None
    chosen = outlook.open[int(gains.argmax())]
    return Step(
        terrain.lattice.settings[chosen],
        f"{math.exp(outlook.speed.mean[chosen]):.3g} per s are expected; the fastest pass does "
        f"{top_speed(outlook.points, outlook.noise):.3g}",
    )


def _top(outlook: Outlook) -> Step | None:
    """All are measured by the fastest: a single lucky run must not be what counts."""
    top = max(outlook.points, key=lambda one: one.speed_per_s)
    if top.runs >= TELLING or top.speed_per_s > top_speed(outlook.points, outlook.noise):
        return None
    return Step(top.settings, "tells how fast the fastest is", TELLING - top.runs)


def _leaner(terrain: Terrain, outlook: Outlook, pick: OnFront) -> Step | None:
    """What is expected to save most memory at the speed of the fastest within the noise."""
    import numpy as np

    if not outlook.open or outlook.in_vain >= PATIENCE:
        return None
    best = math.log(top_speed(outlook.points, outlook.noise))
    alike, _ = better(outlook.speed, best - math.log1p(outlook.noise), 0.0)
    asked = math.log(max(pick.need_bytes - noise_bytes(pick.need_bytes), 1.0))
    less, gains = better(outlook.need.opposite, -asked, 0.0)
    left = np.array(outlook.open)
    able = (alike * outlook.fits)[left]
    chances, gains = less[left] * able, gains[left] * able
    if chances.max() < CHANCE:
        return None
    chosen = int(np.argmax(np.where(chances < CHANCE, -1.0, gains)))
    return Step(
        terrain.lattice.settings[int(left[chosen])],
        f"with a chance of {format_share(float(chances[chosen]))} as fast as the fastest "
        "with less memory",
    )


def _rival(space: Space, outlook: Outlook) -> Step | None:
    """The first of those that would be picked had their few runs been a little faster."""
    pick = fastest(outlook.points, space, outlook.noise)
    top = top_speed(outlook.points, outlook.noise)
    for point in sorted(outlook.points, key=lambda one: -one.speed_per_s):
        luck = outlook.noise / math.sqrt(point.runs)
        leaner = point.need_bytes + noise_bytes(point.need_bytes) < pick.need_bytes
        bar = top / (1 + outlook.noise) if leaner else top * (1 + outlook.noise)
        most = point.speed_per_s * (1 + (LUCK if leaner else 1) * luck)
        if point.runs < TELLING and point.speed_per_s < bar <= most:
            return Step(point.settings, "a rival of the pick: may be as fast")
    return None


def _ranked(outlook: Outlook, space: Space) -> list[Settings]:
    """The pick, what would be the pick without it, and so on."""
    left = list(outlook.points)
    found: list[Settings] = []
    while left and len(found) < RIVALS:
        best = fastest(left, space, outlook.noise)
        found.append(best.settings)
        left.remove(best)
    return found
