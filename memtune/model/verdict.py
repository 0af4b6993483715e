"""What follows from runs and their checks; no I/O."""

from dataclasses import dataclass
from enum import StrEnum

from memtune.model.run import Run


class Ruling(StrEnum):
    """What a verdict says."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Cause(StrEnum):
    """What a failed check is about: it decides in which direction to search."""

    MEMORY = "memory"
    """Too much memory for the cap: smaller settings may help."""
    PROCESSES = "processes"
    """More processes than allowed: smaller settings may help."""
    LIMIT = "limit"
    """The program hit a memory limit of its own: a wider one, or smaller settings, may help."""
    FUNCTION = "function"
    """The work was not done well: larger settings may help."""
    SPEED = "speed"
    """The work was done too slowly: larger sizes, or less work, may help."""
    NO_EVIDENCE = "no evidence"
    """The run says nothing."""


@dataclass(frozen=True)
class Finding:
    """One check's result."""

    check: str
    ruling: Ruling
    observed: str
    allowed: str
    cause: Cause | None = None
    """Set when the check did not pass."""
    margin: str = ""
    """By how much it passed or failed."""
    slack: float = 0.0
    """How far the observed is on the right side of the allowed, in the check's own unit:
    of two findings of one check the one with less is the worse."""


@dataclass(frozen=True)
class Verdict:
    """The findings of one run or one trial, and what follows."""

    ruling: Ruling
    findings: tuple[Finding, ...]

    @property
    def decisive(self) -> Finding | None:
        """The finding that says most about why it did not pass: a check before the outcome."""
        missed = [finding for finding in self.findings if finding.ruling is not Ruling.PASS]
        return min(missed, key=lambda finding: finding.check == "outcome", default=None)

    @property
    def cause(self) -> Cause | None:
        """Why it did not pass: memory before function, since it hides the rest."""
        causes = [f.cause for f in self.findings if f.cause is not None]
        return min(causes, key=list(Cause).index) if causes else None


@dataclass(frozen=True)
class Judged:
    """One run of a study with its verdict and why it was executed."""

    run: Run
    verdict: Verdict
    reason: str
