"""One execution and the figures that it left, each with its unit and source; no I/O."""

from dataclasses import dataclass, field
from enum import StrEnum

from memtune.model.scalar import Scalar
from memtune.model.workload import CapFor, Settings


class Outcome(StrEnum):
    """How a run ended; the first cause wins."""

    COMPLETED = "completed"
    FAILED = "failed"
    OOM_MAIN = "oom_main"
    OOM_CHILD = "oom_child"
    TIMEOUT = "timeout"
    PIDS_LIMIT = "pids_limit"
    INFRA = "infra"
    CANCELLED = "cancelled"

    @property
    def is_oom(self) -> bool:
        """Whether the kernel killed a process of the run for memory."""
        return self in (Outcome.OOM_MAIN, Outcome.OOM_CHILD)

    @property
    def is_evidence(self) -> bool:
        """Whether the run says anything about its settings and cap."""
        return self not in (Outcome.INFRA, Outcome.CANCELLED)


SATURATED = 0.02
"""A peak within this share of the cap says nothing about the need."""


class Bias(StrEnum):
    """In which way a figure is known to differ from the truth."""

    NONE = ""
    LOWER_BOUND = "lower bound"
    """The process was killed before it could take more, or memtune, on a busy machine, did not get
    to look while it may have taken more."""
    AT_MOST = "at most"
    """It was as high before the workload began: the container's own start needed as much."""
    SATURATED = "saturated"
    """Within 2 % of the cap: page cache fills what there is, so it says nothing of the need."""


class Unit(StrEnum):
    """Units of figures."""

    BYTES = "bytes"
    SECONDS = "s"
    MILLISECONDS = "ms"
    PER_SECOND = "per s"
    COUNT = "count"
    SHARE = "share"

    @classmethod
    def of(cls, figure: str) -> "Unit":
        """Return the unit that the name of a printed figure ends with."""
        return next((unit for suffix, unit in _SUFFIXES if figure.endswith(suffix)), cls.COUNT)

    @property
    def is_timing(self) -> bool:
        """Whether figures of this unit depend on how fast the machine was."""
        return self in (Unit.SECONDS, Unit.MILLISECONDS, Unit.PER_SECOND)


_SUFFIXES = (
    ("_per_s", Unit.PER_SECOND),
    ("_ms", Unit.MILLISECONDS),
    ("_s", Unit.SECONDS),
    ("_bytes", Unit.BYTES),
    ("_rate", Unit.SHARE),
)


@dataclass(frozen=True)
class Figure:
    """One measured number with its unit and its source."""

    value: float
    unit: Unit
    source: str
    """Where it was read, such as ``memory.max_usage_in_bytes (cgroup v1)``."""
    bias: Bias = Bias.NONE


@dataclass(frozen=True)
class Split:
    """What the need consisted of at its peak, in bytes; the three parts add up to it."""

    anon: int
    """Heaps, stacks and private pages."""
    shmem: int
    """tmpfs (``/tmp`` too), ``/dev/shm`` and shared anonymous memory."""
    kernel: int
    """The rest: page tables, sockets, slabs, and charges on their way."""
    file: int
    """Page cache at the same moment; not part of the need."""


@dataclass(frozen=True)
class Moment:
    """One point of a run's timeline."""

    at_s: float
    """Since the workload's start, monotonic clock."""
    need_bytes: int
    total_bytes: int
    """Page cache included."""


@dataclass(frozen=True)
class Band:
    """What one process held over time."""

    pid: int | None
    """As the host numbers it; None of those that are told as one."""
    command: str
    bytes: tuple[int, ...]
    """At each time of the bands; nothing where it was not there."""


@dataclass(frozen=True)
class Bands:
    """What the processes held over time, thinned; the largest sum is kept."""

    source: str
    """Which sizes they are, and how they were read."""
    at_s: tuple[float, ...]
    """Since the workload's start, monotonic clock."""
    processes: tuple[Band, ...]
    """Those that held most first, at last the others, summed."""


@dataclass(frozen=True)
class Measurement:
    """The facts of one run; what could not be measured is absent (None)."""

    need: Figure | None = None
    """Peak of memory that the kernel cannot reclaim, bytes, sampled."""
    cgroup_peak: Figure | None = None
    """The kernel's high-water mark, page cache included, bytes, exact."""
    rss_peak: Figure | None = None
    """Peak of resident set sizes summed over the process tree, bytes, sampled."""
    pss_peak: Figure | None = None
    """The same with shared pages divided among those who share them, bytes, sampled."""
    duration: Figure | None = None
    """From the start of the workload to its end, seconds, monotonic clock."""
    samples: Figure | None = None
    """How many samples stand behind the sampled figures."""
    oom_kills: Figure | None = None
    """Processes that the kernel killed for memory."""
    refaults: Figure | None = None
    """File pages that were read again after the kernel had to drop them: a sign of thrashing."""
    major_faults: Figure | None = None
    """Page faults that waited for a disk."""
    stalled: Figure | None = None
    """Time in which at least one process waited for memory, seconds (PSI, cgroup v2)."""
    enforced_cap: Figure | None = None
    """The cap read back from the kernel, bytes."""
    split: Split | None = None
    """What the need consisted of at its peak."""


@dataclass(frozen=True)
class Run:
    """One execution of one workload under one settings and one cap."""

    id: str
    workload: str
    settings: Settings
    cap_bytes: int
    executor: str
    """``docker`` or ``local``."""
    outcome: Outcome
    exit_status: int | None
    """As a shell tells it (128 + signal); absent when nobody saw it."""
    measurement: Measurement
    output: tuple[tuple[str, Scalar], ...] = ()
    """Numbers and words of the JSON object that the workload printed last."""
    stdout_tail: str = ""
    stderr_tail: str = ""
    reason: str = ""
    """Why the outcome is what it is, in words."""
    warnings: tuple[str, ...] = ()
    started_at: str = ""
    """UTC, ISO 8601; for people, never for arithmetic."""
    page_cache: str = ""
    """How the page cache was made equal before the run: ``warm`` or ``cold``."""
    timeline: tuple[Moment, ...] = ()
    """Memory over time, thinned to at most 2,000 moments; every peak of the need is kept."""
    bands: Bands | None = None
    """What each process held over time; absent where that was not seen."""
    service: str = ""
    """Which of a workload's services this is a part of a run for; empty for a whole run."""
    parts: tuple["Run", ...] = ()
    """What each of several services did; the output and its tails are then the load's."""
    cap_for: CapFor = CapFor.ALL
    """Whether the cap is for all parts together, or for each."""

    @property
    def capped(self) -> tuple["Run", ...]:
        """Those whose memory a cap limits: each part where each has a cap, else the run."""
        return self.parts if self.parts and self.cap_for is CapFor.EACH else (self,)

    @property
    def speed(self) -> Figure | None:
        """Return how often per second a completed run did its work: what it printed as
        ``throughput_per_s``, else how often it could be executed in a second. None where neither
        is known, and of a run that did not end by itself."""
        if self.outcome is not Outcome.COMPLETED:
            return None
        printed, duration = self.figure("throughput_per_s"), self.measurement.duration
        if isinstance(printed, int | float) and printed > 0:
            return Figure(float(printed), Unit.PER_SECOND, "throughput_per_s")
        if duration is None or duration.value <= 0:
            return None
        return Figure(1 / duration.value, Unit.PER_SECOND, "1 / duration")

    def figure(self, name: str) -> Scalar | None:
        """Return a figure of the workload's own output."""
        return dict(self.output).get(name)


@dataclass(frozen=True)
class Environment:
    """Where runs were made; unlike ones are never compared silently."""

    kernel: str
    cgroup: str
    architecture: str
    cpus: int
    executor: str
    image: str
    """Digest of the image, or ``host``."""
    tools: tuple[tuple[str, str], ...] = field(default=())
    """Names and versions of what took part: memtune, docker, memray, python."""
