"""Runs put together: trials, floors, studies, recommendations; no I/O."""

from dataclasses import dataclass
from enum import StrEnum

from memtune.model.bill import Bill
from memtune.model.explanation import Explanation
from memtune.model.infeasible import Infeasible
from memtune.model.platform import Platform
from memtune.model.run import Bias, Environment, Split, Unit
from memtune.model.verdict import Finding, Judged, Ruling, Verdict
from memtune.model.workload import CapFor, Checks, Program, Settings, Space


@dataclass(frozen=True)
class Summary:
    """Repeated values of one figure."""

    count: int
    min: float
    max: float
    median: float


@dataclass(frozen=True)
class FigureSummary:
    """One figure over the runs of a trial."""

    name: str
    """As in Measurement, or as the workload's output calls it."""
    summary: Summary
    unit: Unit
    source: str
    bias: Bias = Bias.NONE
    """The bias of any of the runs."""


@dataclass(frozen=True)
class Skipped:
    """Settings that were not executed, and why not."""

    count: int
    reason: str


@dataclass(frozen=True)
class Trial:
    """The repeated runs of one settings under one cap."""

    settings: Settings
    runs: tuple[Judged, ...]
    verdict: Verdict
    """For each check the worst finding of all runs."""
    figures: tuple[FigureSummary, ...]
    split: Split | None = None
    """What the need consisted of in the run that needed most."""

    def figure(self, name: str) -> FigureSummary | None:
        """Return the summary of a figure; None when no run measured it."""
        return next((figure for figure in self.figures if figure.name == name), None)


@dataclass(frozen=True)
class SettingsTried:
    """The runs of one settings in a search, told by the first that did not pass, or by the first
    of all."""

    settings: Settings
    runs: int
    reason: str
    """Why the first was executed."""
    ruling: Ruling
    need_bytes: float | None
    """None where it was not measured."""
    decisive: Finding | None
    """What was missed; None where all passed."""


@dataclass(frozen=True)
class ProfileResult:
    """What ``memtune profile`` found out."""

    study: str
    workload: str
    profile: str
    """Name of the profile, or empty."""
    cap_bytes: int
    environment: Environment
    page_cache: str
    trial: Trial
    explanation: Explanation | None


@dataclass(frozen=True)
class Recommendation:
    """The chosen settings with the evidence for it."""

    settings: Settings
    evidence: Trial
    runner_up: Trial | None
    why: str
    risk: float | None = None
    """Upper bound of the chance that one more run needs more than the cap and its headroom allow,
    told from the spread of the needs; absent where it is not known."""


@dataclass(frozen=True)
class CapTried:
    """The runs of one settings under one cap on the way to its floor."""

    cap_bytes: int
    passed: int
    runs: int
    slowdown: float | None
    """Median duration of the passes as a multiple of the reference run's."""
    refaults: float | None
    """Most file pages that a pass had to read again."""
    stalled_s: float | None
    """Longest time in which a pass had a process that waited for memory; None without PSI."""
    slow: bool
    """Whether it passed but thrashed."""


@dataclass(frozen=True)
class Floor:
    """The smallest cap that passes every time, proven by execution."""

    study: str
    workload: str
    settings: Settings
    environment: Environment
    page_cache: str
    reference: Judged
    """The run under the roomy cap that the search began from."""
    floor_bytes: int | None
    """None when even the reference cap does not pass."""
    comfortable_bytes: int | None
    """The smallest cap tried that passes every time and does not thrash."""
    at_most: bool
    """Whether the floor may lie lower: no smaller cap can be set."""
    resolution_bytes: int
    repeats: int
    """How many runs the floor passed, all of them."""
    caps: tuple[CapTried, ...]
    """From the smallest cap to the largest."""


class Objective(StrEnum):
    """What the best of the settings that pass is."""

    CONSERVATIVE = "conservative"
    """That which needs the least memory."""
    FASTEST = "fastest"
    """That which does the most work per second."""
    BALANCED = "balanced"
    """The knee of the front: from there on, speed costs more memory than before; of a front without
    one, the end that does more work for its memory."""


@dataclass(frozen=True)
class OnFront:
    """Settings that passed, and of which no others that passed need less and are faster."""

    settings: Settings
    need_bytes: float
    """The worst of its runs."""
    speed_per_s: float
    """Work done per second, the median of its runs."""
    runs: int


@dataclass(frozen=True)
class Rung:
    """One step of the ladder from the present settings to the conservative end."""

    settings: Settings
    turned: str
    """The knob that is turned here, as ``name=value``; empty at the start. What was turned before
    stays so."""


@dataclass(frozen=True)
class Study:
    """What one tuning session tried, and what came of it; its runs are in the store."""

    id: str
    workload: str
    cap_bytes: int
    checks: Checks
    space: Space
    page_cache: str
    environment: Environment
    tried: tuple[SettingsTried, ...]
    """In the order in which they were begun. The JSON has every run in its place: ``judged``."""
    skipped: tuple[Skipped, ...]
    recommendation: Recommendation | None
    """Absent when nothing in the space passes."""
    floor: Floor | None = None
    """The smallest cap that the recommended settings pass, where that was asked for."""
    programs: tuple[Program, ...] = ()
    """What was executed: the recommendation is put to work in these."""
    cap_for: CapFor = CapFor.EACH
    bill: Bill | None = None
    """What knobs cost, counted from what is recommended, where the runs tell it."""
    platform: Platform | None = None
    """The plan that named the cap."""
    objective: Objective = Objective.CONSERVATIVE
    front: tuple[OnFront, ...] = ()
    """Memory against speed among the settings that passed, the least memory first."""
    knee: Settings | None = None
    """Which of the front is its knee."""
    ladder: tuple[Rung, ...] = ()
    """The rungs that were executed before the search, where that was asked for."""
    infeasible: Infeasible | None = None
    """What comes nearest and what would make it pass, where nothing in the space passes."""
    jobs: int = 1
    """How many runs went on at a time at most, and may have slowed one another; 1 where each was
    kept alone. Earlier runs of a study that was continued are not told of."""


@dataclass(frozen=True)
class Preflight:
    """The list of what has to hold before a deployment, executed."""

    study: str
    workload: str
    profile: str
    """Name of the profile, or empty."""
    settings: Settings
    platform: Platform
    cap_bytes: int
    environment: Environment
    judged: Judged
    findings: tuple[Finding, ...]
    """In the order of the list; inconclusive is what was not reached."""
    ruling: Ruling


@dataclass(frozen=True)
class Probe:
    """One thing that ``memtune doctor`` looked at."""

    name: str
    ok: bool
    found: str
    hint: str = ""
    """What to do about it."""
    essential: bool = False
    """Whether no run can be made without it."""
