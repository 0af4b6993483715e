"""Who held the memory at one moment of a run under memray; it explains and never decides."""

from dataclasses import dataclass
from enum import StrEnum

from memtune.model.run import Figure


class Flames(StrEnum):
    """Which flame graphs memray draws."""

    PEAK = "peak"
    TEMPORAL = "temporal"
    """With a choice of the span of time."""


@dataclass(frozen=True)
class Explaining:
    """How a profile shall be explained."""

    native: bool = False
    flames: Flames | None = Flames.PEAK


@dataclass(frozen=True)
class Allocator:
    """One allocation site at the peak."""

    function: str
    file: str
    line: int
    bytes: int
    """Bytes that it held at that moment."""
    count: int
    """Allocations that it held at that moment."""
    caller: str = ""
    """File and line of the app's own code that led there for most of it; empty where the site
    is the app's, or none of the app's code was involved."""


@dataclass(frozen=True)
class Part:
    """What one library holds, or what no allocator explains."""

    name: str
    """Name of the library, or in words what it is that no allocator explains."""
    bytes: int
    """Negative where it takes back what other parts count and nothing holds, such as memory
    that was reserved and never touched."""
    sites: tuple[Allocator, ...] = ()
    """The largest sites of the library, largest first; empty where no allocator explains it."""
    explained: bool = True
    """Whether allocations stand behind it."""


@dataclass(frozen=True)
class Process:
    """One process at that moment."""

    pid: int
    """As the process itself sees it."""
    command: str
    parent: int | None
    """Process that it was forked from and shares pages with; None where it shares none."""
    bytes: int
    """Its own memory; what forked processes share counts for the one that they come from."""
    parts: tuple[Part, ...]
    """They add up to ``bytes``."""
    captured: bool = True
    """Whether memray saw it."""
    clean: bool = True
    """Whether it closed its capture; otherwise it was killed, or left by os._exit or exec, and
    its capture was read up to its last allocation."""
    alike: int = 1
    """How many processes it stands for: all figures are their sums then."""


@dataclass(frozen=True)
class Peak:
    """The moment at which a container needed most; processes and rest add up to the need."""

    service: str
    """Which of several services; empty for a whole run."""
    need_bytes: int
    """Peak of the need of the run under memray."""
    at_s: float
    """Since the workload's start."""
    processes: tuple[Process, ...]
    """The largest first."""
    families: tuple[Process, ...]
    """The same, those that are alike added up."""
    rest: tuple[Part, ...]
    """What belongs to no process."""


@dataclass(frozen=True)
class Explanation:
    """What memray saw in a run of its own."""

    rss_peak: Figure | None
    """Largest resident set size of any one process, bytes, sampled every 10 ms."""
    heap_peak: Figure | None
    """Peak heap of the process that held most, bytes, exact."""
    allocators: tuple[Allocator, ...]
    """The largest sites at the peak of the need, all processes together, largest first."""
    processes: int
    """How many processes left a readable capture."""
    problems: tuple[str, ...] = ()
    """What could not be read, and why."""
    tax_bytes: int | None = None
    """Need of this run minus need of the runs without memray."""
    tax_s: float | None = None
    """Duration of this run minus duration of the runs without memray."""
    peaks: tuple[Peak, ...] = ()
    """One for each container whose peak could be looked at."""
    flames: tuple[str, ...] = ()
    """Paths of memray's own flame graphs, one for each process."""
