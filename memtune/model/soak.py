"""Memory over a long time: its phases, and whether it grows; no I/O."""

from dataclasses import dataclass
from enum import StrEnum

from memtune.model.run import Environment
from memtune.model.verdict import Judged
from memtune.model.workload import Settings


class Trend(StrEnum):
    """What steady-state memory does."""

    GROWS = "grows"
    NO_GROWTH = "no growth"
    """None that this soak could have told."""
    SLOWS = "slows"
    """It grew, and ever less: it may come to rest, which a longer soak shows."""
    TOO_SHORT = "too short"
    """There was no steady state to look at."""


@dataclass(frozen=True)
class Phase:
    """A part of a run."""

    name: str
    """``boot``, ``warm-up`` or ``steady state``."""
    from_s: float
    """Since the workload's start."""
    to_s: float
    median_bytes: int
    """Of the need."""
    peak_bytes: int


@dataclass(frozen=True)
class Slope:
    """How fast memory grows, bytes per second."""

    per_s: float
    low: float
    """Lower end of the 95 % interval; autocorrelation is accounted for."""
    high: float


@dataclass(frozen=True)
class Course:
    """Memory of one container over its run."""

    phases: tuple[Phase, ...]
    """In order, without those that were not seen."""
    peak_bytes: int
    peak_s: float
    """When the peak of the need was, since the workload's start."""
    trend: Trend
    slope: Slope | None
    """Of the steady state; absent where there was none."""
    end_bytes: int | None
    """The highest that the steady state reaches at its end, by its slope; absent without one."""


@dataclass(frozen=True)
class Soaked:
    """What one service, or a pipeline, did."""

    service: str
    """Empty for a pipeline and for all services together under one cap."""
    cap_bytes: int | None
    """Absent where it shares the cap of all."""
    course: Course
    to_cap_s: tuple[float, float, float] | None = None
    """When it reaches its cap at that slope, from the end of the soak, with the ends of its 95 %
    interval; only of what grows."""
    request_bytes: float | None = None
    """By how much it grows with each request of the load."""
    recycle_after: int | None = None
    """Requests after which it has to be restarted to stay below its cap, headroom left; absent
    beside other services, for how many of the load's requests come to each is not known."""
    advice: tuple[str, ...] = ()
    """What to do, for what grows."""


@dataclass(frozen=True)
class SoakResult:
    """What ``memtune profile --soak`` found out."""

    study: str
    workload: str
    profile: str
    """Name of the profile, or empty."""
    settings: Settings
    cap_bytes: int
    environment: Environment
    soak_s: float
    """How long the load was to go on, or the pipeline at most."""
    judged: Judged
    """A pipeline that was still going on was asked to end, and has completed."""
    requests_per_s: float | None
    """Of the load."""
    services: tuple[Soaked, ...]
