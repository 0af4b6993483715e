"""How near the limit a reading is, when to look again, when to trim again; pure."""

from dataclasses import dataclass
from enum import IntEnum

MIB = 1024 * 1024

FASTEST_BYTES_S = 2048 * MIB
"""How fast a process is taken to touch new memory: Python's bytes and bytearray did it with
0.9 to 1.8 GiB/s on one core, with no work in between."""

SHORTEST_CHECK_S = 0.005
"""Python hands the interpreter lock over every 5 ms: less cannot be had from a thread."""

LONGEST_CHECK_S = 1.0

LARGEST_SHARE = 0.02
"""Of one core, that reading may take where all of the memory is free; with a tenth of it free
ten times as much."""

RISE = 0.02
"""Of the limit, that memory has to rise after a trim to be trimmed again at once."""

PATIENCE_S = 5.0
"""After a trim, until the next one where memory neither rises nor falls."""


class Level(IntEnum):
    """How short memory is, from the least to the most."""

    OK = 0
    WARNING = 1
    """Caches are trimmed, and no more work goes on at a time than before."""
    CRITICAL = 2
    """No new work beside what is in flight; the worker may be recycled."""
    FULL = 3
    """No new work at all."""


@dataclass(frozen=True)
class Levels:
    """Where each level begins, as shares of the limit.

    A check comes before half of the room that is left can be used (see `check_interval_s`).
    So a warning at 70 % is seen at 85 % at the latest, where work is refused, and that at
    92.5 %. What is left then, 38 MiB of 512, is for the work in flight.
    """

    warning: float = 0.70
    critical: float = 0.85
    gap: float = 0.05
    """How far below its beginning a level ends, so that it does not flap."""

    def __post_init__(self) -> None:
        """Raise ValueError for levels that are out of order."""
        if not 0 < self.gap < self.warning < self.critical < 1:
            raise ValueError(
                f"levels must hold 0 < gap < warning < critical < 1, not gap {self.gap}, "
                f"warning {self.warning}, critical {self.critical}"
            )

    def begins(self, level: Level) -> float:
        """Return the share of the limit at which a level begins."""
        full = (1 + self.critical) / 2
        return (0.0, self.warning, self.critical, full)[level]


@dataclass(frozen=True)
class Reading:
    """Memory at one moment."""

    need_bytes: int
    """What the kernel cannot reclaim."""
    limit_bytes: int
    source: str
    """Where `need_bytes` is from."""

    @property
    def share(self) -> float:
        """Return the need as a share of the limit."""
        return self.need_bytes / self.limit_bytes


def next_level(present: Level, share: float, levels: Levels) -> Level:
    """Return the level after a reading: up where one begins, down a gap below that."""
    return max(
        level
        for level in Level
        if level is Level.OK
        or share >= levels.begins(level) - (levels.gap if level <= present else 0)
    )


def check_interval_s(reading: Reading, reading_s: float) -> float:
    """Return the seconds until the next check.

    It comes before half of what is left can be used at `FASTEST_BYTES_S`, and as seldom as
    it takes for the readings, `reading_s` of a core each, to keep to their share of it.
    """
    free_bytes = max(0, reading.limit_bytes - reading.need_bytes)
    wanted_s = free_bytes / (2 * FASTEST_BYTES_S)
    affordable_s = reading_s / LARGEST_SHARE * free_bytes / reading.limit_bytes
    return max(min(wanted_s, LONGEST_CHECK_S), SHORTEST_CHECK_S, affordable_s)


@dataclass(frozen=True)
class Trim:
    """What the last trim left."""

    level: Level
    """The level at which it was made."""
    need_bytes: int
    at_s: float


def is_trim_due(last: Trim | None, level: Level, reading: Reading, now_s: float) -> bool:
    """Tell whether to trim: at once on a higher level or after a rise, else with patience."""
    if level is Level.OK:
        return False
    if last is None or level > last.level:
        return True
    risen = reading.need_bytes - last.need_bytes >= RISE * reading.limit_bytes
    return risen or now_s - last.at_s >= PATIENCE_S
