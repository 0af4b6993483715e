"""The runs of one check: executed until a look at them decides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from memtune.errors import HostError
from memtune.judge.budget import ceiling, decided, growth_finding
from memtune.judge.growth import IN_TURN, STORED, Look, ruled, tolerance
from memtune.model import Budget, Cause, Estimate, Finding, Judged, Outcome, Ruling
from memtune.side import Side
from memtune.stats import compared

CEILING_RUNS = 3
"""How many runs decide where only the ceiling counts."""


@dataclass
class Course:
    """What has been executed so far, and what it decided."""

    head: Side
    budget: Budget
    base_bytes: list[int] = field(default_factory=list)
    heads: list[Judged] = field(default_factory=list)
    estimate: Estimate | None = None
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def head_bytes(self) -> list[int]:
        """The needs of the head's runs, in order."""
        needs = (judged.run.measurement.need for judged in self.heads)
        return [round(need.value) for need in needs if need is not None]

    def warm(self) -> bool:
        """Execute the head once for the page cache; False when even that run was killed for
        memory, which no further run could undo."""
        run = self.head.session.warm(self.head.settings)
        if run is None or not run.outcome.is_oom:
            return True
        seen = f"{run.outcome} ({run.reason}), in the run that warms the page cache"
        self.findings.append(Finding("outcome", Ruling.FAIL, seen, Outcome.COMPLETED, Cause.MEMORY))
        return False

    def go_on(self, runs: int) -> bool:
        """Execute the head up to a number of runs; False when one of them decided."""
        while len(self.heads) < runs:
            reason = f"{self.head.label}, run {len(self.heads) + 1}"
            self.heads.append(self.head.session.run(self.head.settings, reason))
            if finding := decided(self.heads[-1], self.budget):
                self.findings.append(finding)
                return False
        return True

    def ended(self) -> "Course":
        """Add what all runs together say of the ceiling."""
        early = any(finding.check != "growth" for finding in self.findings)
        if self.budget.max_bytes is not None and not early:
            self.findings.append(ceiling(max(self.head_bytes), self.budget.max_bytes))
        return self


def ceiling_only(head: Side, budget: Budget, runs: int = CEILING_RUNS) -> Course:
    """Execute the head alone; raises what ``Session.run`` raises."""
    course = Course(head, budget)
    if course.warm():
        course.go_on(runs)
    return course.ended()


def beside_stored(head: Side, stored: Sequence[int], budget: Budget, scenarios: int) -> Course:
    """Execute the head until it can be told from stored samples, or the last look is over.

    Raises what ``Session.run`` raises.
    """
    course = Course(head, budget, base_bytes=list(stored))
    if course.warm():
        _look(course, STORED, scenarios, course.go_on)
    return course.ended()


def in_turn(head: Side, base: Side, budget: Budget, scenarios: int) -> Course:
    """Execute both sides in turn until they can be told apart, or the last look is over.

    Where the base takes more memory than it may, nothing can have grown: the head's runs alone
    decide. A base that fails otherwise, or only at times, is no measure: nothing decides.
    Raises what ``Session.run`` raises.
    """
    course = Course(head, budget)
    base.session.warm(base.settings)
    if not course.warm():
        return course.ended()

    def execute(runs: int) -> bool:
        for number in range(len(course.heads) + 1, runs + 1):
            head_first = number % 2 == 0  # what comes second must not always be the same
            if head_first and not course.go_on(number):
                return False
            if not _add_base(course, base):
                course.go_on(CEILING_RUNS)
                return False
            if not course.go_on(number):
                return False
        return True

    _look(course, IN_TURN, scenarios, execute)
    return course.ended()


def _add_base(course: Course, base: Side) -> bool:
    """Execute the base once more; False when it fails its own checks, with a finding where that
    says nothing of its need."""
    reason = f"{base.label}, run {len(course.base_bytes) + 1}"
    judged = base.session.run(base.settings, reason)
    need = judged.run.measurement.need
    if judged.verdict.ruling is Ruling.PASS and need is not None:
        course.base_bytes.append(round(need.value))
        return True
    decisive = judged.verdict.decisive
    why = f"{decisive.check} {decisive.observed}" if decisive else "its need was not measured"
    failed = f"{base.label} fails its own checks: {why}"
    if decisive and decisive.cause is Cause.MEMORY and not course.base_bytes:
        course.notes.append(f"{failed}; nothing can have grown from it")
        return False
    course.findings.append(
        Finding("base", Ruling.INCONCLUSIVE, failed, "a base that passes", Cause.NO_EVIDENCE)
    )
    if not course.base_bytes:
        course.notes.append("does it need a file that is not committed, or a submodule?")
    return False


def _look(
    course: Course, looks: Sequence[Look], scenarios: int, execute: Callable[[int], bool]
) -> None:
    """Execute up to each look in turn, until one decides."""
    growth, last = course.budget.growth, looks[-1]
    assert growth is not None  # otherwise the ceiling alone counts
    for look in looks:
        if not execute(look.runs):
            return
        base = course.base_bytes
        limit = tolerance(base, growth)
        alpha = last.alpha / scenarios
        course.estimate = compared(base, course.head_bytes, limit, alpha, last.runs)
        if course.estimate is None:
            raise HostError("a need of zero was measured", hint="`memtune doctor` tells more")
        ruling = ruled(course.estimate, base, growth, look, scenarios)
        if ruling is not Ruling.INCONCLUSIVE or look is last:
            course.findings.append(growth_finding(course.estimate, ruling, limit))
            return
