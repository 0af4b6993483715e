"""What the CI gate enforces and what it found: budgets, baselines, scenarios; no I/O."""

from dataclasses import dataclass
from enum import StrEnum

from memtune.errors import Place
from memtune.model.run import Environment
from memtune.model.verdict import Finding, Ruling
from memtune.model.workload import Settings, Workload
from memtune.units import MIB


@dataclass(frozen=True)
class Growth:
    """How much more than its baseline a scenario may need."""

    fail: float = 0.05
    """Share of the baseline; this much more fails."""
    warn: float = 0.03
    """Share of the baseline; this much more passes with a warning."""
    floor_bytes: int = 4 * MIB
    """Less than this is never a failure, however large a share it is."""


@dataclass(frozen=True)
class Budget:
    """What the gate enforces for a scenario; at least one of its limits is there."""

    max_bytes: int | None = None
    """Ceiling of the need of every run."""
    growth: Growth | None = None
    """None where no baseline is asked for."""


@dataclass(frozen=True)
class Scenario:
    """One settings of one workload under one cap, with its budget."""

    name: str
    workload: Workload
    settings: Settings
    cap_bytes: int
    budget: Budget
    place: Place
    """Where the ceiling stands, or the scenario itself."""
    growth_place: Place
    """Where the allowed growth stands, or the scenario itself."""


@dataclass(frozen=True)
class Baseline:
    """Raw samples of an accepted trial, as they are committed."""

    need_bytes: tuple[int, ...]
    """Of each run, in order."""
    cap_bytes: int
    settings: str
    """As text, for the review."""
    commit: str
    """That the samples were taken of; empty outside a repository."""
    recorded: str
    """Day, UTC, ISO 8601."""
    reason: str
    environment: Environment


class How(StrEnum):
    """What a scenario was compared with."""

    CEILING = "ceiling"
    """Its ceiling alone."""
    STORED = "stored"
    """The samples of its baseline, taken in the same environment."""
    AB = "a/b"
    """Another commit, built here and executed in turn with this one."""


@dataclass(frozen=True)
class Arm:
    """One side of a comparison."""

    label: str
    """What was executed, such as ``working tree`` or ``baseline, 20a5a51``."""
    need_bytes: tuple[int, ...]
    """Need of each run, in order."""


@dataclass(frozen=True)
class Estimate:
    """How much more one arm needs than the other, as shares of the base."""

    growth: float
    low: float
    """Lower end of the 95 % interval."""
    high: float
    p_none: float
    """How often so much growth would be seen where there is none."""
    p_tolerance: float
    """How often so little growth would be seen where it is as large as what fails."""
    detectable: float
    """The growth that 19 of 20 checks with this spread would catch by their last look."""


@dataclass(frozen=True)
class SiteGrowth:
    """An allocation site that holds another amount at the peak than it did before."""

    function: str
    file: str
    """Below the workload's directory where it lies there."""
    line: int
    before_bytes: int | None
    """None where there was nothing to compare with."""
    after_bytes: int


@dataclass(frozen=True)
class Gated:
    """What the gate found of one scenario."""

    scenario: str
    ruling: Ruling
    warned: bool
    """Whether it grew by as much as deserves a warning, and passed."""
    budget: Budget
    place: Place
    findings: tuple[Finding, ...]
    """What decided: the workload's own checks, ``ceiling``, ``growth``, ``baseline``."""
    how: How
    cap_bytes: int
    settings: Settings
    environment: Environment | None
    """Of the head; absent where nothing was executed."""
    base: Arm | None
    head: Arm
    estimate: Estimate | None
    sites: tuple[SiteGrowth, ...] = ()
    """Those that changed, the largest growth first; only of a failure."""
    notes: tuple[str, ...] = ()
    reproduce: str = ""
    """Command that makes the same comparison again."""
    accept: str = ""
    """Command that makes the present need the baseline; empty where that would be refused."""


@dataclass(frozen=True)
class GateResult:
    """What ``memtune check`` found."""

    file: str
    """That the budgets stand in."""
    commit: str
    """Of the working tree, with ``+`` where it has changes; empty outside a repository."""
    ruling: Ruling
    scenarios: tuple[Gated, ...]


@dataclass(frozen=True)
class Recorded:
    """What became of the baseline of one scenario."""

    scenario: str
    before: Baseline | None
    now: Baseline | None
    """None where it was refused."""
    gated: Gated | None
    """The check that the scenario had to pass first; None where none was asked for."""


@dataclass(frozen=True)
class BaselineResult:
    """What ``memtune baseline`` did to the lock file."""

    file: str
    recorded: tuple[Recorded, ...]
    removed: tuple[str, ...] = ()
    """Baselines whose scenarios are gone."""
