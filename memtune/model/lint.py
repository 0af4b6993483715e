"""What ``memtune lint`` says about a project's files."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a mistake matters."""

    ERROR = "error"
    """It cannot work as it is written."""
    WARNING = "warning"
    """It costs memory, or leaves a service without protection."""
    INFO = "info"
    """Worth knowing; changes no exit status."""


@dataclass(frozen=True)
class Mistake:
    """One memory mistake in one line of a project."""

    rule: str
    severity: Severity
    file: str
    """Path below the directory that was read, with forward slashes."""
    line: int
    """1-based."""
    found: str
    """What stands there."""
    reason: str
    """Why it is a mistake."""
    fix: str
    """What to write instead."""


@dataclass(frozen=True)
class ServiceCap:
    """The cap that a project's own files name for a service."""

    directory: str
    """Of the service, below the directory that was read."""
    cap_bytes: int
    source: str
    """Where it stands."""


@dataclass(frozen=True)
class Skip:
    """A file, or a part of the rules, that could not be looked at."""

    what: str
    reason: str


@dataclass(frozen=True)
class LintResult:
    """Every mistake of a project, by file and line."""

    directory: str
    files: int
    """How many files were read."""
    caps: tuple[ServiceCap, ...]
    """One per service for which one is known; the smallest where there are several."""
    mistakes: tuple[Mistake, ...]
    skipped: tuple[Skip, ...]

    def count(self, severity: Severity) -> int:
        """Return how many mistakes have this severity."""
        return sum(one.severity is severity for one in self.mistakes)
