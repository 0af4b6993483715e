"""The ladder from present settings to the conservative end, one knob at a time; pure.

What an operator does when a deployment dies: keep the settings, else turn down what matters most,
then the next, until it passes.
"""

from collections.abc import Mapping, Sequence

from memtune.model import Role, Rung, Settings, Space
from memtune.search.batch import Searching
from memtune.search.confirm import confirm
from memtune.search.step import Answer, Step, Tried


def generous(space: Space) -> Settings:
    """Return the settings with every knob at its generous end."""
    return Settings(tuple((knob.name, knob.values[-1]) for knob in space.knobs))


def rungs(space: Space, start: Settings) -> tuple[Rung, ...]:
    """Return the start, then each knob turned to the conservative end of what is searched, in order
    of priority, those before it too; a knob that is there already, or beyond, is no rung, nor is
    one that is not set, or that has no such end."""
    found = [Rung(start, "")]
    values = start.as_dict()
    for knob in space.knobs:
        end = (knob.searched or knob.values)[0]
        present = values.get(knob.name, end)
        further = knob.values.index(present) > knob.values.index(end)
        if further and knob.role is not Role.CATEGORY:
            values[knob.name] = end
            found.append(Rung(Settings.of(values), f"{knob.name}={end}"))
    return tuple(found)


def climb(ladder: Sequence[Rung], passed: Mapping[Settings, bool]) -> Rung | None:
    """Return the next rung to execute, given whether the first run of those before it passed; None
    once one passed, and where none is left."""
    for rung in ladder:
        if rung.settings not in passed:
            return rung
        if passed[rung.settings]:
            return None
    return None


class Fallback:
    """Searches as another search does, and where nothing of that passes takes the rung that did:
    its settings need not be among those that are searched."""

    def __init__(
        self,
        search: Searching,
        space: Space,
        ladder: Sequence[Rung],
        confirmations: int,
        allowed_bytes: float | None,
    ) -> None:
        self._search = search
        self._space = space
        self._beside = [one.settings for one in reversed(ladder) if one.settings not in space]
        self._confirmations = confirmations
        self._allowed_bytes = allowed_bytes

    def advance(self, runs: Sequence[Tried]) -> Step | Answer:
        """Return what to execute after these runs, or the answer; see ``dominance.Search``."""
        found = self._search.advance([run for run in runs if run.settings in self._space])
        if isinstance(found, Step) or found.pick is not None:
            return found
        failed = {run.settings for run in runs if run.cause is not None}
        passed = {run.settings for run in runs} - failed
        order = [settings for settings in self._beside if settings in passed]
        if not order:
            return found
        best = confirm(order, runs, self._confirmations, self._allowed_bytes)
        if isinstance(best, Step):
            return best
        why = "nothing that is searched passes, but this does, to which the ladder led"
        return Answer(best.settings, None, found.skipped, why, best.risk)
