"""What ``memtune diagnose`` says about logs."""

from dataclasses import dataclass


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
    """The memory that a log tells, in the order of its lines."""

    count: int
    """How many lines told it."""
    values: tuple[int, ...]
    """Bytes, thinned: each the largest of as many readings in a row."""
    least_bytes: int
    most_bytes: int
    limit_bytes: int | None
    """The smallest limit that the log names."""


@dataclass(frozen=True)
class Symptom:
    """One thing that went wrong, with what it rests on."""

    name: str
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
    memory: MemoryLine | None
    symptoms: tuple[Symptom, ...]
    """The likeliest cause first; empty when the logs do not tell."""
