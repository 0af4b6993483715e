"""What runs show where nothing in a space passes: how near it came, and what would help; no I/O."""

from dataclasses import dataclass

from memtune.model.platform import Platform
from memtune.model.verdict import Finding, Judged
from memtune.model.workload import Settings


@dataclass(frozen=True)
class Needed:
    """What settings that do their work need, and what would let them pass."""

    settings: Settings
    need_bytes: int
    """Most of their runs; where each service has a cap, of the service that needs most."""
    noise_bytes: int
    """By so much another run may need more."""
    seen_under_bytes: int
    """The cap under which the need was seen."""
    cap_bytes: int
    """The least whole MiB that hold need and noise and leave the headroom that is asked for."""
    headroom: float | None
    """What need and noise leave free under the study's cap, rounded down to 0.1 %; None where they
    do not fit into it, or were killed under it."""


@dataclass(frozen=True)
class Short:
    """Settings that were killed, or stood still, for want of memory: how well they work is open."""

    settings: Settings
    needs_more_than_bytes: int
    """The largest cap under which that happened."""


@dataclass(frozen=True)
class MissedByAll:
    """The one check that stands between the nearest settings and a pass."""

    check: str
    settings_count: int
    """How many settings did their work to its end; every one missed it."""


@dataclass(frozen=True)
class Held:
    """A plan of the catalogue that holds the cap that is needed, and which one of all it is."""

    plan: Platform
    why: str


@dataclass(frozen=True)
class Infeasible:
    """Why nothing in a space passes, and the single changes that would make something pass: told
    from runs alone. What they do not tell is absent."""

    nearest: Settings
    missed: tuple[Finding, ...]
    """What they miss of the checks under the study's cap: of all their runs the worst. Where only a
    look tells of them, by its figures, held against the study's cap."""
    needed: Needed | None
    """Of the settings that do their work the ones that need least; absent where none of them does,
    or where their need is not known."""
    short: Short | None
    """The least generous of those that ended for want of memory, where no need is known."""
    missed_by_all: MissedByAll | None
    looks: tuple[Judged, ...]
    """Runs under a roomy cap: they tell needs, and are no evidence for a pick."""
    plans: tuple[Held, ...] = ()
    """Those that hold ``needed.cap_bytes``: the smallest, the cheapest, the asked provider's."""
