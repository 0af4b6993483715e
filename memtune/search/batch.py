"""Several steps of a search at the same time: the next ones are chosen as if those before them
had already taught all that they can; pure, and the same for every search."""

from collections.abc import Sequence
from typing import Protocol

from memtune.model import Cause
from memtune.search.step import ENDLESS_BYTES, Answer, Step, Tried


class Searching(Protocol):
    """Whatever chooses the next settings from the runs so far."""

    def advance(self, runs: Sequence[Tried]) -> Step | Answer:
        """Return what to execute after these runs, or the answer."""
        ...


def together(search: Searching, runs: Sequence[Tried], width: int) -> list[Step] | Answer:
    """Return up to ``width`` runs to make at the same time, or the answer.

    Of settings that are tried for the first time come more, each new; what is repeated is
    repeated for itself, so no run is made for a pick that another run may yet overturn.
    """
    first = search.advance(runs)
    if isinstance(first, Answer):
        return first
    known = {run.settings for run in runs}
    if first.repeats > 1 or first.settings in known:
        return [first] * min(first.repeats, width)
    steps = [first]
    while len(steps) < width:
        known.add(steps[-1].settings)
        step = search.advance([*runs, *map(_pretended, steps)])
        if isinstance(step, Answer) or step.settings in known:
            break
        steps.append(step)
    return steps


def _pretended(step: Step) -> Tried:
    """The outcome of a run that is not made yet: bad work with more than any memory.

    It rules out what either outcome could, the less generous and the dearer. What is left is open
    whatever the run will say, so a run beside it is not made in vain: on the programs of
    benchmarks/search_worlds.py 3 at a time need 8 % more runs than one by one, 8 at a time 21 %.
    """
    return Tried(step.settings, Cause.FUNCTION, ENDLESS_BYTES)
