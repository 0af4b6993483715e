"""What a scenario needed over the commits of a project; no I/O."""

from dataclasses import dataclass
from enum import StrEnum

from memtune.model.run import Environment


class Origin(StrEnum):
    """Where the figures of a commit come from."""

    BASELINE = "baseline"
    """The lock file of that commit."""
    MEASURED = "measured"
    """The commit was checked out and executed."""


@dataclass(frozen=True)
class Shift:
    """How much more was needed later than before, as shares of before."""

    growth: float
    low: float | None = None
    """Lower end of the 95 % interval; None where the noise is not known."""
    high: float | None = None

    @property
    def is_certain(self) -> bool:
        """Whether the interval lies on one side of no change."""
        return self.low is not None and self.high is not None and self.low * self.high > 0


@dataclass(frozen=True)
class Point:
    """What a scenario needed at one commit."""

    commit: str
    at: str
    """When it was committed, ISO 8601 with offset."""
    subject: str
    """Of the commit; of a baseline, the reason that it was recorded for."""
    origin: Origin
    need_bytes: tuple[int, ...] = ()
    """Of each run that came to its end, in order."""
    median_bytes: float | None = None
    """None where no run came to its end."""
    change: float | None = None
    """Share of the median before, in the same environment."""
    settings: str = ""
    """As text."""
    cap_bytes: int | None = None
    problem: str = ""
    """Why it could not be executed, or which check it failed."""


@dataclass(frozen=True)
class Step:
    """A need that changed at a commit, and stayed so for a while."""

    commit: str
    shift: Shift
    """From the figures since the step before to those until the next one."""


@dataclass(frozen=True)
class Track:
    """The figures of one scenario in one environment, the oldest first."""

    scenario: str
    environment: Environment
    """Its image is absent: each commit has its own."""
    changed: tuple[str, ...]
    """In what the environment differs from that of the scenario's track before, in words."""
    points: tuple[Point, ...]
    steps: tuple[Step, ...] = ()
    steady: bool = False
    """Whether it drifts: a straight line explains the figures better than steps."""
    since_first: Shift | None = None
    """From the first figure to the last; None for fewer than two."""
    since_step: Shift | None = None
    """From the first figure after the last step to the last."""

    @property
    def figures(self) -> tuple[Point, ...]:
        """The points that have figures."""
        return tuple(point for point in self.points if point.median_bytes is not None)


@dataclass(frozen=True)
class Unreadable:
    """A version of the lock file that says nothing."""

    commit: str
    problem: str


@dataclass(frozen=True)
class History:
    """What ``memtune history`` found."""

    file: str
    """The budget file."""
    tracks: tuple[Track, ...]
    """Those of one scenario beside each other."""
    unreadable: tuple[Unreadable, ...] = ()
