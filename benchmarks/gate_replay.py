"""memtune's own rule on given needs: the gate's code decides, only the runs are not executed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

from benchmarks.gate_samples import Needs
from memtune.gate import course as courses
from memtune.gate.course import Course
from memtune.judge.growth import STORED_RUNS
from memtune.model import (
    Budget,
    Figure,
    Growth,
    Judged,
    Measurement,
    Outcome,
    Ruling,
    Run,
    Settings,
    Unit,
    Verdict,
)
from memtune.side import Side
from memtune.trial import Session

BUDGET = Budget(growth=Growth())
"""As memtune.yaml has it with ``growth: {}``."""
ROOMY_BYTES = 1 << 40
_RUN = Run(
    id="replayed",
    workload="replayed",
    settings=Settings(),
    cap_bytes=ROOMY_BYTES,
    executor="none",
    outcome=Outcome.COMPLETED,
    exit_status=0,
    measurement=Measurement(),
)
_PASSED = Verdict(Ruling.PASS, ())


@dataclass(frozen=True)
class Replayed:
    """Stands for a session whose runs need what a series says, times a factor."""

    needs: Iterator[float]
    factor: float

    def warm(self, settings: Settings) -> None:
        """Leave the page cache alone."""

    def run(self, settings: Settings, reason: str) -> Judged:
        """Take the next need of the series."""
        del settings
        need = Figure(next(self.needs) * self.factor, Unit.BYTES, "replayed")
        return Judged(replace(_RUN, measurement=Measurement(need=need)), _PASSED, reason)


@dataclass(frozen=True)
class Checked:
    """How one check ended."""

    ruling: Ruling
    head_runs: int
    base_runs: int
    """Executed, not stored ones."""


def _side(needs: Iterator[float], factor: float) -> Side:
    return Side("replayed", cast("Session", Replayed(needs, factor)), Settings())


def _checked(course: Course, stored: bool) -> Checked:
    ruling = course.findings[-1].ruling
    return Checked(ruling, len(course.heads), 0 if stored else len(course.base_bytes))


def in_turn(new: Iterator[float], factor: float, scenarios: int = 1) -> Checked:
    """Check a head that needs more by a factor, both arms executed in turn."""
    course = courses.in_turn(_side(new, factor), _side(new, 1.0), BUDGET, scenarios)
    return _checked(course, stored=False)


def beside_stored(
    stored: Needs, new: Iterator[float], factor: float, scenarios: int = 1
) -> tuple[Checked, Checked]:
    """Check it beside stored samples; return what these said alone, and what came of it when a
    growth was confirmed in turn, the runs of both together."""
    samples = [round(need) for need in stored[-STORED_RUNS:]]
    first = _checked(
        courses.beside_stored(_side(new, factor), samples, BUDGET, scenarios), stored=True
    )
    if first.ruling is not Ruling.FAIL:
        return first, first
    second = in_turn(new, factor)
    return first, replace(second, head_runs=first.head_runs + second.head_runs)
