"""What a tuning session aims at: which of the settings that pass is the best, where its ladder
begins, and what its runs must tell for that; makes no run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from memtune.errors import HostError, UsageError
from memtune.model import Judged, Objective, OnFront, Outcome, Settings, Space
from memtune.search.balanced import Balanced
from memtune.search.batch import Searching
from memtune.search.dominance import Search
from memtune.search.fastest import Fastest
from memtune.search.front import front, passing, speed_noise
from memtune.search.step import Tried


@dataclass(frozen=True)
class Aim:
    """What is asked for beside the workload's own checks."""

    objective: Objective = Objective.CONSERVATIVE
    bounded: tuple[str, ...] = ()
    """Figures that the command line bounds, which the workload has to print."""
    start: Settings | None = None
    """Where the ladder begins; None for a session without one."""

    def searching(self, space: Space, confirmations: int, allowed_bytes: float | None) -> Searching:
        """Return what chooses the runs; what it picks needs no more than is allowed."""
        match self.objective:
            case Objective.CONSERVATIVE:
                return Search(space, confirmations, allowed_bytes)
            case Objective.FASTEST:
                return Fastest(space, confirmations, allowed_bytes)
            case Objective.BALANCED:
                return Balanced(space, confirmations, allowed_bytes)
        assert_never(self.objective)

    def require_told(self, made: Sequence[Judged]) -> None:
        """Refuse to go on where a completed run does not tell what the aim asks for.

        Raises UsageError for a figure that is bounded and not printed, and HostError for no speed.
        """
        for run in (one.run for one in made):
            if run.outcome is not Outcome.COMPLETED:
                continue
            missing = [figure for figure in self.bounded if run.figure(figure) is None]
            if missing:
                printed = ", ".join(k for k, v in run.output if not isinstance(v, str))
                raise UsageError(
                    f"{run.workload} prints no {missing[0]}; it prints {printed or 'no figures'}",
                    hint=f"leave out the option that bounds {missing[0]}, or let the JSON object "
                    "that it prints last have that figure",
                )
            if run.speed is None and self.objective is not Objective.CONSERVATIVE:
                raise HostError(
                    "a run tells no speed: neither throughput_per_s nor how long it took",
                    hint="search for --objective conservative",
                )


CONSERVATIVE = Aim()
"""The least memory, with nothing asked for beside the workload's own checks."""


def front_of(lessons: Sequence[Tried], pick: Settings | None) -> tuple[OnFront, ...]:
    """Return memory against speed among the settings that passed every run; the pick is on it."""
    return front(passing(lessons), speed_noise(lessons), pick)
