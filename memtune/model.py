"""The words of the glossary as frozen dataclasses and enums; no I/O, no computing
beyond looking a value up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

Scalar = int | float | str
"""A knob's value or an output figure."""


class Kind(StrEnum):
    """What sort of program a workload is."""

    PIPELINE = "pipeline"
    """Ends by itself."""
    SERVICE = "service"
    """Answers requests until it is stopped."""


class ImageKind(StrEnum):
    """Where a workload's file system comes from."""

    HOST = "host"
    """This machine's own file system and Python environment, read-only."""
    NAME = "name"
    """An image that the daemon has."""
    BUILD = "build"
    """A directory with a Dockerfile."""


@dataclass(frozen=True)
class Image:
    """The file system that a workload runs in."""

    kind: ImageKind
    reference: str = ""
    """Image name, or directory to build; empty for ``host``."""

    def __str__(self) -> str:
        return (
            self.reference
            if self.kind is ImageKind.NAME
            else f"{self.kind} {self.reference}".strip()
        )


class Role(StrEnum):
    """What a knob does to memory."""

    SIZE = "size"
    """More of it takes more memory and does the work no worse."""
    LIMIT = "limit"
    """It stops the program at an amount of memory of its own, such as a heap limit."""


@dataclass(frozen=True)
class Knob:
    """One setting that can be turned."""

    name: str
    values: tuple[Scalar, ...]
    """In order, the conservative end first."""
    env: tuple[tuple[str, str], ...] = ()
    """Environment variables that carry the value: name and template with ``{value}``."""
    args: tuple[str, ...] = ()
    """Command-line arguments that carry the value: templates with ``{value}``."""
    unset: Scalar | None = None
    """The value at which nothing is passed, such as ``unlimited``."""
    factor: int = 1
    """What ``{value}`` is multiplied by on its way to the process, for a knob in other units."""
    role: Role = Role.SIZE
    searched: tuple[Scalar, ...] = ()
    """Those of the values that ``recommend`` tries, in the same order; none leaves it unset."""


@dataclass(frozen=True)
class Settings:
    """One point of a space: knob names and values, in the space's order."""

    items: tuple[tuple[str, Scalar], ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Scalar]) -> "Settings":
        """Make settings from a mapping, keeping its order."""
        return cls(tuple(values.items()))

    def __iter__(self) -> Iterator[tuple[str, Scalar]]:
        return iter(self.items)

    def as_dict(self) -> dict[str, Scalar]:
        """Return knob names and values."""
        return dict(self.items)

    def beside(self, other: "Settings") -> str:
        """Return the assignments that differ from other settings, as text."""
        theirs = other.as_dict()
        return str(Settings(tuple((n, v) for n, v in self.items if theirs.get(n) != v)))

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.items)


@dataclass(frozen=True)
class Space:
    """A workload's knobs, in order of priority."""

    knobs: tuple[Knob, ...] = ()

    @property
    def size(self) -> int:
        """How many settings the space holds."""
        size = 1
        for knob in self.knobs:
            size *= len(knob.values)
        return size

    @property
    def searched(self) -> "Space":
        """The part of the space that ``recommend`` tries."""
        return Space(
            tuple(replace(knob, values=knob.searched) for knob in self.knobs if knob.searched)
        )

    @property
    def conservative(self) -> Settings:
        """The settings with every knob at its conservative end."""
        return Settings(tuple((knob.name, knob.values[0]) for knob in self.knobs))


@dataclass(frozen=True)
class Bound:
    """A limit on one figure of the workload's own output."""

    figure: str
    """Key of the JSON object that the workload prints last."""
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True)
class Checks:
    """What must hold for a run to pass."""

    exit_status: int = 0
    headroom: float | None = None
    """Share of the cap that must stay free at the peak of ``need``; None asks for none."""
    output: tuple[Bound, ...] = ()
    """Limits on the figures that the workload prints."""


@dataclass(frozen=True)
class Workload:
    """What is executed."""

    name: str
    kind: Kind
    image: Image
    command: tuple[str, ...]
    directory: str
    """Absolute path of the project directory, mounted read-only and used as working directory."""
    description: str = ""
    env: tuple[tuple[str, str], ...] = ()
    timeout_s: float = 300.0
    checks: Checks = Checks()
    space: Space = Space()
    default_cap_bytes: int | None = None
    """The cap where neither the command line nor a profile names one."""
    file: str = ""
    """The file that it was read from; empty for a built-in one and for a command line."""


@dataclass(frozen=True)
class Profile:
    """A named, reviewed settings plus a cap."""

    name: str
    workload: str
    """Name of a built-in workload or path of a workload file."""
    settings: Settings
    cap_bytes: int
    description: str = ""


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


class Bias(StrEnum):
    """In which way a figure is known to differ from the truth."""

    NONE = ""
    LOWER_BOUND = "lower bound"
    """The process was killed before it could take more."""
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
    enforced_cap: Figure | None = None
    """The cap read back from the kernel, bytes."""
    split: Split | None = None
    """What the need consisted of at its peak."""


@dataclass(frozen=True)
class Allocator:
    """One allocation site at the peak of the heap."""

    function: str
    file: str
    line: int
    bytes: int
    """Bytes that it held at the peak."""
    count: int
    """Allocations that it held at the peak."""


@dataclass(frozen=True)
class Explanation:
    """What memray saw in a run of its own; it explains and never decides."""

    rss_peak: Figure | None
    """Largest resident set size of any one process, bytes, sampled every 10 ms."""
    heap_peak: Figure | None
    """Peak heap of the process that held most, bytes, exact."""
    allocators: tuple[Allocator, ...]
    """The largest at the peak of that process's heap, largest first."""
    processes: int
    """How many processes left a readable capture."""
    problems: tuple[str, ...] = ()
    """What could not be read, and why."""
    tax_bytes: int | None = None
    """Need of this run minus need of the runs without memray."""


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

    def figure(self, name: str) -> Scalar | None:
        """Return a figure of the workload's own output."""
        return dict(self.output).get(name)


class Ruling(StrEnum):
    """What a verdict says."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Cause(StrEnum):
    """What a failed check is about: it decides in which direction to search."""

    MEMORY = "memory"
    """Too much memory for the cap: smaller settings may help."""
    PROCESSES = "processes"
    """More processes than allowed: smaller settings may help."""
    LIMIT = "limit"
    """The program hit a memory limit of its own: a wider one, or smaller settings, may help."""
    FUNCTION = "function"
    """The work was not done well: larger settings may help."""
    NO_EVIDENCE = "no evidence"
    """The run says nothing."""


@dataclass(frozen=True)
class Finding:
    """One check's result."""

    check: str
    ruling: Ruling
    observed: str
    allowed: str
    cause: Cause | None = None
    """Set when the check did not pass."""
    margin: str = ""
    """By how much it passed or failed."""
    slack: float = 0.0
    """How far the observed is on the right side of the allowed, in the check's own unit:
    of two findings of one check the one with less is the worse."""


@dataclass(frozen=True)
class Verdict:
    """The findings of one run or one trial, and what follows."""

    ruling: Ruling
    findings: tuple[Finding, ...]

    @property
    def decisive(self) -> Finding | None:
        """The finding that says most about why it did not pass: a check before the outcome."""
        missed = [finding for finding in self.findings if finding.ruling is not Ruling.PASS]
        return min(missed, key=lambda finding: finding.check == "outcome", default=None)

    @property
    def cause(self) -> Cause | None:
        """Why it did not pass: memory before function, since it hides the rest."""
        causes = [f.cause for f in self.findings if f.cause is not None]
        return min(causes, key=list(Cause).index) if causes else None


@dataclass(frozen=True)
class Summary:
    """Repeated values of one figure."""

    count: int
    min: float
    max: float
    median: float


@dataclass(frozen=True)
class FigureSummary:
    """One figure over the runs of a trial."""

    name: str
    """As in Measurement, or as the workload's output calls it."""
    summary: Summary
    unit: Unit
    source: str
    bias: Bias = Bias.NONE
    """The bias of any of the runs."""


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


@dataclass(frozen=True)
class Judged:
    """One run of a study with its verdict and why it was executed."""

    run: Run
    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Skipped:
    """Settings that were not executed, and why not."""

    count: int
    reason: str


@dataclass(frozen=True)
class Trial:
    """The repeated runs of one settings under one cap."""

    settings: Settings
    runs: tuple[Judged, ...]
    verdict: Verdict
    """For each check the worst finding of all runs."""
    figures: tuple[FigureSummary, ...]
    split: Split | None = None
    """What the need consisted of in the run that needed most."""

    def figure(self, name: str) -> FigureSummary | None:
        """Return the summary of a figure; None when no run measured it."""
        return next((figure for figure in self.figures if figure.name == name), None)


@dataclass(frozen=True)
class ProfileResult:
    """What ``memtune profile`` found out."""

    study: str
    workload: str
    profile: str
    """Name of the profile, or empty."""
    cap_bytes: int
    environment: Environment
    page_cache: str
    trial: Trial
    explanation: Explanation | None


@dataclass(frozen=True)
class Recommendation:
    """The chosen settings with the evidence for it."""

    settings: Settings
    evidence: Trial
    runner_up: Trial | None
    why: str


@dataclass(frozen=True)
class CapTried:
    """The runs of one settings under one cap on the way to its floor."""

    cap_bytes: int
    passed: int
    runs: int
    slowdown: float | None
    """Median duration of the passes as a multiple of the reference run's."""
    refaults: float | None
    """Most file pages that a pass had to read again."""
    slow: bool
    """Whether it passed but thrashed."""


@dataclass(frozen=True)
class Floor:
    """The smallest cap that passes every time, proven by execution."""

    study: str
    workload: str
    settings: Settings
    environment: Environment
    page_cache: str
    reference: Judged
    """The run under the roomy cap that the search began from."""
    floor_bytes: int | None
    """None when even the reference cap does not pass."""
    comfortable_bytes: int | None
    """The smallest cap tried that passes every time and does not thrash."""
    at_most: bool
    """Whether the floor may lie lower: no smaller cap can be set."""
    resolution_bytes: int
    repeats: int
    """How many runs the floor passed, all of them."""
    caps: tuple[CapTried, ...]
    """From the smallest cap to the largest."""


@dataclass(frozen=True)
class Study:
    """Every run of one tuning session, in order, and what came of it."""

    id: str
    workload: str
    cap_bytes: int
    checks: Checks
    space: Space
    page_cache: str
    environment: Environment
    judged: tuple[Judged, ...]
    skipped: tuple[Skipped, ...]
    recommendation: Recommendation | None
    """Absent when nothing in the space passes."""
    floor: Floor | None = None
    """The smallest cap that the recommended settings pass, where that was asked for."""


@dataclass(frozen=True)
class Probe:
    """One thing that ``memtune doctor`` looked at."""

    name: str
    ok: bool
    found: str
    hint: str = ""
    """What to do about it."""
    essential: bool = False
    """Whether no run can be made without it."""
