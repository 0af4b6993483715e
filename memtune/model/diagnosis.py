"""What ``memtune diagnose`` says about logs."""

from dataclasses import dataclass
from enum import StrEnum


class Certainty(StrEnum):
    """How far the logs carry a cause."""

    TOLD = "told"
    """A line says it."""
    LIKELY = "likely"
    """It follows from several lines; another cause is possible."""
    UNTOLD = "untold"
    """Something went wrong, and no line says why."""


@dataclass(frozen=True)
class LogLine:
    """One line of a log."""

    file: str
    number: int
    """1-based."""
    text: str
    """Cut where it is long."""


@dataclass(frozen=True)
class MemoryLine:
    """The memory that a log tells of one process or container, in the order of its lines."""

    name: str
    """File, what speaks in it, and which figure, such as ``api.log rss``."""
    count: int
    """How many lines told it."""
    values: tuple[int, ...]
    """Bytes, thinned: each the largest of as many readings in a row."""
    least_bytes: int
    most_bytes: int
    limit_bytes: int | None
    """The smallest limit that is known for it; absent where none is."""


@dataclass(frozen=True)
class Symptom:
    """One thing that went wrong, with what it rests on."""

    name: str
    certainty: Certainty
    title: str
    reason: str
    next_step: str
    lines: tuple[LogLine, ...]
    """The first of the lines that it rests on."""
    count: int
    """How many there are."""


@dataclass(frozen=True)
class Diagnosis:
    """What logs tell."""

    files: tuple[str, ...]
    lines: int
    memory: tuple[MemoryLine, ...]
    symptoms: tuple[Symptom, ...]
    """The likeliest cause first; empty when the logs do not tell of anything wrong."""
    notes: tuple[str, ...] = ()
    """What the logs do not tell, and what would."""
