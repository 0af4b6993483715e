"""Sides of a comparison and how they differ; no I/O."""

from dataclasses import dataclass

from memtune.model.gate import SiteGrowth
from memtune.model.history import Shift
from memtune.model.run import Environment, Unit
from memtune.model.study import Trial


@dataclass(frozen=True)
class Difference:
    """How one side's figure differs from the first side's."""

    figure: str
    """As in FigureSummary."""
    unit: Unit
    before: float
    """Geometric mean of the first side's runs; the median where there is no shift."""
    after: float
    """The same of this side's runs."""
    shift: Shift | None
    """Growth of the geometric mean; absent where a value is not positive, or all are equal."""


@dataclass(frozen=True)
class Compared:
    """What one side of a comparison did."""

    label: str
    """As it was asked for."""
    what: str
    """What stands behind the label, such as the commit; empty where the label says it."""
    cap_bytes: int
    environment: Environment
    page_cache: str
    trial: Trial
    roomy_cap_bytes: int | None = None
    """A larger cap, under which it was executed to learn the need of what its own cap cut short."""
    roomy: Trial | None = None
    differences: tuple[Difference, ...] = ()
    """From the first side, of each figure that is known of both; none of the first."""
    sites: tuple[SiteGrowth, ...] = ()
    """Allocation sites that hold another amount than in the first side, the largest growth first;
    only where an explanation was asked for."""
    unlike: tuple[str, ...] = ()
    """In what it was executed otherwise than the first side, in words; differences may come
    from there."""
    problems: tuple[str, ...] = ()
    """Why no allocation sites are named, or not all."""

    @property
    def fullest(self) -> Trial:
        """Return the trial whose figures are those of the whole work."""
        return self.roomy or self.trial


@dataclass(frozen=True)
class Reduction:
    """How much less of a figure one side needs than another."""

    figure: str
    """As in FigureSummary."""
    share: float
    """Of the larger one."""
    at_least: bool
    """Whether the larger one was cut short, so that it is more."""


@dataclass(frozen=True)
class Comparison:
    """Sides set beside each other: executed in turn, or stored earlier."""

    study: str
    """That holds the runs; empty where all were stored earlier."""
    workload: str
    sides: tuple[Compared, ...]
    """In the order asked for; the others are measured against the first."""
    explained: bool
    """Whether each side was executed once more under memray."""
    reductions: tuple[Reduction, ...] = ()
    """From the first side to the last, of the need and of each service's."""
