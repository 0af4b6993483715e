"""What was found out about a project, each fact with where it stands; reads nothing itself."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Known(Generic[T]):
    """A fact, and where it was read or why it was assumed."""

    value: T
    source: str
    """Such as ``EXPOSE in Dockerfile:9``."""


@dataclass(frozen=True)
class Build:
    """What an image is built from."""

    context: str
    """Below the project's directory; ``.`` for itself."""
    dockerfile: str
    """Relative to the context."""


@dataclass(frozen=True)
class Part:
    """One program of a project."""

    name: str
    directory: str
    """Of its sources, below the project's; empty for the project's itself."""
    build: Known[Build] | None
    """Absent where this machine's own file system and Python are used."""
    command: Known[tuple[str, ...]] | None = None
    """Absent where nothing says what is executed."""
    answers: bool = False
    """Whether it is a service."""
    port: Known[int] | None = None
    health: Known[str] | None = None
    """Absent where no path looks like one."""
    cap_bytes: Known[int] | None = None
    env: tuple[tuple[str, str], ...] = ()
    unset: tuple[Known[str], ...] = ()
    """Variables that it reads and that nothing sets."""


@dataclass(frozen=True)
class Project:
    """A project as far as its files tell."""

    name: str
    parts: tuple[Part, ...]
    """One, or several services that talk to each other."""
    notes: tuple[str, ...] = ()
    """What was left out, and why."""

    @property
    def answers(self) -> bool:
        """Whether it is a service."""
        return any(part.answers for part in self.parts)
