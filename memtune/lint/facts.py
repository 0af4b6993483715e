"""What the parsers find: facts with their place; knows no rule."""

from dataclasses import dataclass, field
from enum import StrEnum

from memtune.errors import Place


@dataclass(frozen=True)
class SourceFile:
    """A text file of the project."""

    path: str
    """Below the directory that is read, with forward slashes."""
    text: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def directory(self) -> str:
        """The path without its last part; "" at the top."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True)
class Setting:
    """An environment variable, or a setting of gunicorn."""

    name: str
    value: str
    at: Place


@dataclass(frozen=True)
class Command:
    """A command line that starts a process."""

    words: tuple[str, ...]
    """The program first; variables in front of it are ``env``."""
    at: Place
    env: tuple[Setting, ...] = ()


class Kind(StrEnum):
    """What a line of source code, or of a deployment file, says."""

    THRESHOLD = "threshold"
    """A number of bytes at which the program acts; value in bytes."""
    INTERVAL = "interval"
    """How often memory is looked at; value in seconds."""
    HOST_MEMORY = "host memory"
    CPU_COUNT = "cpu count"
    """Workers are made by the number of CPUs."""
    UNBOUNDED_CACHE = "unbounded cache"
    BODY_LIMIT = "body limit"
    """Value in bytes."""
    BODY_UNLIMITED = "body unlimited"
    """An application or upload handler that has no limit of its own."""
    THREADS = "threads"
    GC_CALL = "gc call"
    GC_EXPOSED = "gc exposed"
    """The program makes gc() available by itself."""
    ANSWERS = "answers"
    """Something that shows that this is a web service."""
    HEALTH = "health"
    """A health check."""
    DEPLOYED = "deployed"
    """Where a web service is deployed, and a health check could stand."""
    UNLIMITED = "unlimited"
    """A container without a memory limit."""
    MUSL = "musl"
    """An Alpine image, whose allocator has no arenas."""
    ALLOCATOR = "allocator"
    """Another allocator than glibc's is loaded."""


@dataclass(frozen=True)
class Fact:
    """One thing that one line says."""

    kind: Kind
    at: Place
    what: str
    value: float | None = None


@dataclass(frozen=True)
class Cap:
    """A memory limit that a deployment file names."""

    bytes: int
    at: Place | None
    """Absent where the command line names it."""
    source: str


@dataclass(frozen=True)
class Facts:
    """All that is known of one file, or of one service."""

    settings: tuple[Setting, ...] = ()
    """Environment variables."""
    commands: tuple[Command, ...] = ()
    gunicorn: tuple[Setting, ...] = ()
    packages: tuple[Setting, ...] = ()
    """Required packages: name and what is written behind it."""
    facts: tuple[Fact, ...] = ()
    caps: tuple[Cap, ...] = ()
    languages: frozenset[str] = field(default_factory=frozenset)

    def __add__(self, other: "Facts") -> "Facts":
        return Facts(
            self.settings + other.settings,
            self.commands + other.commands,
            self.gunicorn + other.gunicorn,
            self.packages + other.packages,
            self.facts + other.facts,
            self.caps + other.caps,
            self.languages | other.languages,
        )

    def of(self, *kinds: Kind) -> list[Fact]:
        """Return the facts of some kinds."""
        return [fact for fact in self.facts if fact.kind in kinds]

    def has(self, *kinds: Kind) -> bool:
        """Return whether there is a fact of one of these kinds."""
        return bool(self.of(*kinds))
