"""Settings on their way to where a workload is deployed; no I/O."""

from dataclasses import dataclass

from memtune.model.workload import Kind, Settings


@dataclass(frozen=True)
class Deployed:
    """One program, with the settings that it shall have."""

    name: str
    """Of the service; of the workload, where it is a pipeline."""
    kind: Kind
    env: tuple[tuple[str, str], ...]
    """Environment variables that carry knobs."""
    unset: tuple[str, ...]
    """Variables of knobs that were measured without them: they must not be set."""
    args: tuple[str, ...]
    """Arguments that carry knobs: the last words of the command."""
    command: tuple[str, ...]
    """All words, arguments included."""
    cap_bytes: int | None
    """None where the cap is for several services together."""
    need_bytes: int | None
    """Peak of the need at these settings; None where it was not measured."""


@dataclass(frozen=True)
class Deployment:
    """Settings to be put to work, with where they come from."""

    source: str
    """Such as ``study 20260101-120000-abcdef``, or ``profile conservative``."""
    workload: str
    settings: Settings
    cap_bytes: int
    why_cap: str
    """Whose the cap is, and what is known of it."""
    headroom: float | None
    """Share of the cap that was asked to stay free."""
    programs: tuple[Deployed, ...]


@dataclass(frozen=True)
class Written:
    """What a format makes of a deployment: the whole file, as it shall be."""

    text: str
    notes: tuple[str, ...] = ()
    """What the format cannot carry, and what else its reader has to know; a sentence each."""


@dataclass(frozen=True)
class ExportResult:
    """What ``memtune export`` did."""

    source: str
    workload: str
    settings: Settings
    format: str
    path: str
    """Empty where the text goes to stdout."""
    text: str
    """Empty where it goes to a file: that may hold secrets beside it."""
    diff: tuple[str, ...]
    """Lines of a unified diff from what the file holds; none where nothing changes."""
    written: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class WrittenFile:
    """A file and its size."""

    path: str
    bytes: int


@dataclass(frozen=True)
class ReportResult:
    """What ``memtune report`` wrote."""

    source: str
    """Such as ``study 20260101-120000-abcdef``."""
    files: tuple[WrittenFile, ...]
