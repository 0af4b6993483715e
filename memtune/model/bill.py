"""What each step of each knob costs, told from few runs; no I/O."""

from dataclasses import dataclass
from enum import StrEnum

from memtune.model.run import Environment
from memtune.model.scalar import Scalar
from memtune.model.verdict import Judged
from memtune.model.workload import Settings


class Shape(StrEnum):
    """How the need follows the values of a knob."""

    LINEAR = "linear"
    """Each further one costs the same."""
    SQUARE = "square"
    """It follows the square, as pixels follow the side of a picture."""
    DOUBLING = "doubling"
    """Each doubling costs the same."""
    ALONE = "alone"
    """It follows what each value costs while the others are as in the bill's settings."""
    STEP = "step"
    """Each value has a cost of its own."""


@dataclass(frozen=True)
class Range:
    """A number of bytes with its 95 % interval."""

    bytes: float
    low: float
    high: float

    @property
    def is_known(self) -> bool:
        """Whether the interval is on one side of zero."""
        return self.is_beyond(0)

    def is_beyond(self, least: float) -> bool:
        """Whether all of the interval is more than so many bytes, added or saved."""
        return self.low > least or self.high < -least


@dataclass(frozen=True)
class Step:
    """What one value of a knob costs more than its value in the bill's settings."""

    value: Scalar
    cost: Range


@dataclass(frozen=True)
class Cost:
    """What one knob costs while the others are as in the bill's settings."""

    knob: str
    start: Scalar
    """Its value in the bill's settings."""
    steps: tuple[Step, ...]
    """In the order of the knob's values; empty where every run with another value was cut short."""
    shape: Shape
    each: Range | None
    """Bytes for each further one, for each one more of the square, or for each doubling, as the
    shape says; None for the others."""
    matters: bool
    """Whether the need follows it at all: here, or beside other knobs."""

    @property
    def farthest(self) -> Step | None:
        """Return the step that costs or saves most, of those that surely do where any does."""
        return max(
            self.steps, key=lambda step: (step.cost.is_known, abs(step.cost.bytes)), default=None
        )

    @property
    def surest(self) -> Step | None:
        """Return the step with the narrowest interval."""
        return min(self.steps, key=lambda step: step.cost.high - step.cost.low, default=None)


@dataclass(frozen=True)
class Together:
    """What knobs cost together, beyond what they cost one by one and in smaller groups."""

    settings: Settings
    """Their values where it is most."""
    cost: Range


@dataclass(frozen=True)
class Limited:
    """A knob's value at which runs hit a memory limit of their own."""

    knob: str
    value: Scalar
    runs: int
    from_bytes: float
    """The least that one of them would have needed, by the bill."""


@dataclass(frozen=True)
class Prediction:
    """What some settings need, by the bill."""

    settings: Settings
    need: Range | None
    """With the interval of a single run; None where the bill does not reach."""
    beyond: tuple[str, ...] = ()
    """Assignments that no run with a known need had: the bill does not reach them."""
    limits: tuple[Limited, ...] = ()
    """Limits that may end the run before it needs so much."""
    measured: Judged | None = None
    """The run that was made to verify it."""
    holds: bool | None = None
    """Whether what was measured is inside the interval; None where nothing was."""


@dataclass(frozen=True)
class Bill:
    """What a workload's need consists of, knob by knob, told from few runs."""

    workload: str
    settings: Settings
    """The bill's settings: what each knob costs is counted from them."""
    base: Range
    """What the bill's settings need."""
    costs: tuple[Cost, ...]
    together: tuple[Together, ...]
    runs: int
    """Runs that the bill is told from."""
    distinct: int
    """Settings among them with a known need."""
    residual_bytes: float
    """Standard deviation of the runs around the bill, at the bill's settings."""
    error: float | None
    """Median error of settings with several knobs turned that were left out and predicted from the
    others, a share; None for too few."""
    cut_short: int
    """Runs whose need is not known: killed, timed out, or not measured."""
    limits: tuple[Limited, ...] = ()
    predictions: tuple[Prediction, ...] = ()


@dataclass(frozen=True)
class BillResult:
    """What ``memtune bill`` found out."""

    study: str
    profile: str
    """Name of the profile, or empty."""
    cap_bytes: int
    """The cap of its runs, roomy so that it cuts none short."""
    environment: Environment
    page_cache: str
    bill: Bill
