"""What is executed and how it can be turned: workloads, knobs, settings, profiles; no I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from memtune.model.load import Plan
from memtune.model.scalar import Scalar


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
    dockerfile: str = "Dockerfile"
    """Relative to the directory to build."""

    def __str__(self) -> str:
        return (
            self.reference
            if self.kind is ImageKind.NAME
            else f"{self.kind} {self.reference}".strip()
        )


class CapFor(StrEnum):
    """What the cap of a workload with several services limits."""

    EACH = "each"
    """Each service for itself: every one has a machine of its own."""
    ALL = "all"
    """All services together, as on one machine."""


@dataclass(frozen=True)
class Program:
    """What is executed in one container."""

    image: Image
    command: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    name: str = ""
    """Of the service, which the others reach it by; empty for a pipeline."""
    cap_bytes: int | None = None
    """Its own, whatever the cap of the run."""


class Role(StrEnum):
    """What a knob does to memory."""

    SIZE = "size"
    """More of it takes more memory, and does the work no worse and no slower."""
    QUALITY = "quality"
    """More of it takes more memory and more time, and does the work no worse."""
    LIMIT = "limit"
    """It stops the program at an amount of memory of its own, such as a heap limit."""
    CATEGORY = "category"
    """Its values have no order, such as allocators: one tells nothing of another."""


@dataclass(frozen=True)
class Knob:
    """One setting that can be turned."""

    name: str
    values: tuple[Scalar, ...]
    """In order, the conservative end first; of a category, the usual one."""
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
    service: str = ""
    """The service that the value reaches; empty in a pipeline."""


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

    def __contains__(self, settings: Settings) -> bool:
        """Tell whether settings are a point of the space: each knob has one of its values."""
        named = [knob.name for knob in self.knobs] == [name for name, _ in settings]
        return named and all(
            value in knob.values for knob, (_, value) in zip(self.knobs, settings, strict=True)
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
    programs: tuple[Program, ...]
    """One for a pipeline, one or more for a service."""
    directory: str
    """Absolute path of the project directory, mounted read-only and used as working directory."""
    description: str = ""
    plan: Plan | None = None
    """What a service is exercised with; None for a pipeline."""
    cap_for: CapFor = CapFor.EACH
    timeout_s: float = 300.0
    ends_after_s: float | None = None
    """A pipeline that still goes on then is asked to end, which is no failure; None lets it go on
    up to its ``timeout_s``."""
    cpus: float | None = None
    """CPUs that each of its containers may use; None for all that there are."""
    checks: Checks = Checks()
    space: Space = Space()
    default_cap_bytes: int | None = None
    """The cap where neither the command line nor a profile names one."""
    file: str = ""
    """The file that it was read from; empty for a built-in one and for a command line."""

    @property
    def images(self) -> tuple[Image, ...]:
        """The images that its runs need; a load is executed on this machine's files."""
        needed = [program.image for program in self.programs]
        needed += [Image(ImageKind.HOST)] if self.plan else []
        return tuple(dict.fromkeys(needed))


@dataclass(frozen=True)
class Profile:
    """A named, reviewed settings plus a cap."""

    name: str
    workload: str
    """Name of a built-in workload or path of a workload file."""
    settings: Settings
    cap_bytes: int
    description: str = ""
    cap_for: CapFor | None = None
    """What the cap limits, where that is not the workload's."""
