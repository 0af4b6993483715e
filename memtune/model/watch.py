"""What ``memtune watch`` sees of running containers and processes; no I/O."""

from dataclasses import dataclass, field
from enum import StrEnum

from memtune.model.soak import Slope, Trend


class State(StrEnum):
    """Whether what is watched goes on."""

    RUNNING = "running"
    RESTARTING = "restarting"
    """Docker waits before it starts the container again."""
    STOPPED = "stopped"
    """The container ended so lately that somebody may just be starting it again."""
    ENDED = "ended"


class Kind(StrEnum):
    """What a note is about."""

    THRESHOLD = "threshold"
    OOM_KILL = "oom kill"
    CAP = "cap"
    STARTED = "started"
    RESTARTED = "restarted"
    ENDED = "ended"


class Close(StrEnum):
    """Why the watch is over."""

    ENDED = "ended"
    """What was watched has ended."""
    TIME_UP = "time is up"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Memory:
    """What one target holds at one moment, in bytes; what cannot be read is absent."""

    source: str
    """Where the figures are from."""
    need_bytes: int | None = None
    """Of a container: usage without what the kernel can reclaim."""
    anon_bytes: int | None = None
    """Of processes, here and below: the parts of their PSS, which has no part of the kernel."""
    shmem_bytes: int | None = None
    kernel_bytes: int | None = None
    cache_bytes: int | None = None
    """What the kernel can reclaim; of processes, their share of the file pages that they map."""
    rss_bytes: int | None = None
    """Of processes, summed: pages that they share count more than once."""
    pss_bytes: int | None = None
    """Of processes, summed: each counts its share of shared pages."""
    processes: int | None = None
    zombies: int = 0
    """Of the processes: ended, and not yet asked about by their parent. They hold no memory."""
    cap_bytes: int | None = None
    """The smallest limit on the way up from its control group; absent where there is none."""
    cap_source: str = ""
    cap_group: str = ""
    """The control group that the cap limits."""
    charged_bytes: int | None = None
    """What that group needs: all that counts against the cap."""
    shared: bool = False
    """Whether others count against the cap too."""
    oom_kills: int | None = None
    """Of its control group, since that was made."""

    @property
    def followed_bytes(self) -> int | None:
        """What its peak, its trend and its warnings are about."""
        known = (self.charged_bytes, self.need_bytes, self.rss_bytes)
        return next((one for one in known if one is not None), None)

    @property
    def follows(self) -> str:
        """Which figure that is."""
        if self.charged_bytes is None:
            return "RSS" if self.need_bytes is None else "need"
        return "need of its control group" if self.shared else "need"


@dataclass(frozen=True)
class Exit:
    """How a target ended."""

    status: int | None = None
    """Its exit status; absent where it is not told to strangers."""
    oom: bool = False
    """Whether the kernel killed some process of it for memory while it was watched."""
    signal: str = ""
    """What somebody sent to the container before it ended, such as ``15``."""
    removed: bool = False
    """Whether the container is gone too."""

    @property
    def well(self) -> bool:
        """Whether nothing went wrong: no OOM kill, and no failure that nobody asked for."""
        return not self.oom and (not self.status or bool(self.signal))


@dataclass(frozen=True)
class Sight:
    """One look at one target."""

    state: State
    memory: Memory | None = None
    exit: Exit | None = None
    """Of what has ended; of what has been started again, how it ended before."""
    restarts: int = 0
    """Since the watch began."""


@dataclass(frozen=True)
class Note:
    """Something that happened."""

    at_s: float
    """Since the watch began."""
    name: str
    """Of the target."""
    kind: Kind
    text: str

    @property
    def bad(self) -> bool:
        """Whether it is a warning."""
        return self.kind in (Kind.THRESHOLD, Kind.OOM_KILL)


@dataclass(frozen=True)
class Row:
    """One target, as it is now."""

    name: str
    state: State
    memory: Memory | None
    """The last that was seen; absent before anything was."""
    peak_bytes: int | None = None
    """The highest of the figure that is followed, since the watch began."""
    headroom: float | None = None
    """Share of the cap that is free; absent without one."""
    trend: Trend | None = None
    """Of the last minutes; absent of what does not run, and of several together."""
    slope: Slope | None = None
    to_cap_s: tuple[float, float, float] | None = None
    """When it reaches the cap at that slope, with the ends of its 95 % interval; only of what
    grows."""
    threshold: float | None = None
    """The highest of the thresholds that it has reached, as a share of the cap."""
    oom_kills: int = 0
    """Since the watch began."""
    restarts: int = 0
    failures: int = 0
    """Ends that did not go well, since the watch began."""
    exit: Exit | None = None
    """How it ended last."""


@dataclass(frozen=True)
class Look:
    """All that is watched, at one moment: one line of the JSON stream."""

    at_s: float
    """Since the watch began."""
    time: str
    """The same in UTC, ISO 8601."""
    target: str
    rows: tuple[Row, ...]
    total: Row | None = None
    """Of what runs, where that is more than one."""
    notes: tuple[Note, ...] = ()
    """What happened since the last look."""
    close: Close | None = None
    """Only in the last look."""

    @property
    def well(self) -> bool:
        """Whether nothing that was watched failed or was killed for memory."""
        return not any(row.oom_kills or row.failures for row in self.rows)


@dataclass(frozen=True)
class Plan:
    """How to watch."""

    interval_s: float = 1.0
    """Between two looks."""
    for_s: float | None = None
    """After which it is over; absent: when the target ends."""
    thresholds: tuple[float, ...] = field(default=(0.8, 0.9))
    """Shares of the cap, each below 1."""
