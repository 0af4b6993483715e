"""What is kept of earlier sessions, as ``memtune studies`` lists it; no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from memtune.model.verdict import Cause
from memtune.model.workload import Settings


@dataclass(frozen=True)
class Result:
    """What a command found, as it was shown."""

    ruling: str
    says: str
    """The decisive figure, in words."""
    document: str
    """Its JSON, with its command and schema; of a search without the runs, which are in the store
    already."""
    screen: str = ""
    """As it was printed; empty where that was JSON."""
    look: str = ""
    """What a screen depends on beside the result: columns and colours."""


@dataclass(frozen=True)
class Row:
    """One study, as it is stored."""

    id: str
    command: str
    workload: str
    created_at: str
    owner: str
    continues: bool
    """Whether the same command may continue it while it is not finished."""
    finished: bool
    runs: int
    """Those that do not decide are among them."""
    ruling: str
    """Of its result; empty where there is none."""
    says: str


@dataclass(frozen=True)
class Left:
    """An unfinished study that nobody works on."""

    id: str
    parts: Mapping[str, str]
    """What its figures depend on: a session with equal parts may continue it."""
    runs: int


@dataclass(frozen=True)
class Lesson:
    """What one run that decides taught."""

    settings: Settings
    cause: Cause | None
    """Why it did not pass; None where it did."""
    need_bytes: float | None
    """None where it was not measured."""
    speed_per_s: float | None
    """As ``Run.speed``."""


class State(StrEnum):
    """What became of a study."""

    FINISHED = "finished"
    """``memtune show`` prints its result again."""
    RUNNING = "running"
    """Its process lives."""
    RESUMABLE = "can be resumed"
    """The same command continues it, where what its figures depend on is still the same."""
    INTERRUPTED = "interrupted"
    """Its runs are kept, but no command continues it."""


@dataclass(frozen=True)
class Listed:
    """One study of the list."""

    id: str
    command: str
    workload: str
    """Its name; of a ``history``, the scenario's."""
    started_at: str
    """UTC, ISO 8601."""
    state: State
    runs: int
    """All that were executed: those that warm or explain too."""
    ruling: str
    """What the verdict of its result says; empty where there is none."""
    says: str
    """The decisive figure of its result, in words."""


@dataclass(frozen=True)
class Tried:
    """The runs of one settings that decide, of a study without a result."""

    settings: str
    runs: int
    passed: int
    least_bytes: float | None
    """Of their needs; absent where none was measured."""
    most_bytes: float | None


@dataclass(frozen=True)
class Unfinished:
    """A study that has runs and no result."""

    study: Listed
    tried: tuple[Tried, ...]
    """In the order in which they were begun."""


@dataclass(frozen=True)
class Studies:
    """The studies of a project directory, the latest first."""

    studies: tuple[Listed, ...]
