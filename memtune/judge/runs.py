"""Run + checks -> verdict; pure: reads nothing, prints nothing."""

import math
import re
from collections.abc import Sequence

from memtune.model import (
    Bias,
    Bound,
    Cause,
    Checks,
    Finding,
    Outcome,
    Ruling,
    Run,
    Unit,
    Verdict,
)
from memtune.units import format_bytes, format_share

_OWN_LIMIT = re.compile(
    r"MemoryError|std::bad_alloc|heap out of memory|Cannot allocate memory|OutOfMemoryError"
)
"""What Python, C++, Node, the C library and Java write when their own limit is reached."""


def judge(run: Run, checks: Checks) -> Verdict:
    """Return the verdict of one run, with one finding per check.

    After an OOM kill only the outcome is judged: what the workload printed until then
    says nothing.
    """
    findings = [_outcome(run)]
    if run.outcome is Outcome.FAILED:  # what it did not come to print, its outcome explains
        printed = [bound for bound in checks.output if run.figure(bound.figure) is not None]
        findings += [_bound(run, bound) for bound in printed]
    if run.outcome is Outcome.COMPLETED:
        findings += [_bound(run, bound) for bound in checks.output]
        findings += [_headroom(part, checks.headroom) for part in run.capped]
    return Verdict(combined([finding.ruling for finding in findings]), tuple(findings))


def judge_all(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict of repeated runs: every one has to pass; the worst finding per check."""
    worst: dict[str, Finding] = {}
    severity = [Ruling.PASS, Ruling.INCONCLUSIVE, Ruling.FAIL]
    for finding in (finding for verdict in verdicts for finding in verdict.findings):
        known = worst.get(finding.check, finding)
        worst[finding.check] = max(
            known, finding, key=lambda one: (severity.index(one.ruling), -one.slack)
        )
    return Verdict(combined([verdict.ruling for verdict in verdicts]), tuple(worst.values()))


def combined(rulings: list[Ruling]) -> Ruling:
    """Return fail where one failed, else inconclusive where one is, else pass."""
    for ruling in (Ruling.FAIL, Ruling.INCONCLUSIVE):
        if ruling in rulings:
            return ruling
    return Ruling.PASS if rulings else Ruling.INCONCLUSIVE


def _outcome(run: Run) -> Finding:
    observed = f"{run.outcome} ({run.reason})"
    if run.outcome is Outcome.COMPLETED:
        return Finding("outcome", Ruling.PASS, run.outcome, Outcome.COMPLETED)
    if not run.outcome.is_evidence:
        return Finding(
            "outcome", Ruling.INCONCLUSIVE, observed, Outcome.COMPLETED, Cause.NO_EVIDENCE
        )
    return Finding("outcome", Ruling.FAIL, observed, Outcome.COMPLETED, _cause(run))


def _cause(run: Run) -> Cause:
    if run.outcome.is_oom or (run.outcome is Outcome.TIMEOUT and _thrashed(run)):
        return Cause.MEMORY
    if run.outcome is Outcome.PIDS_LIMIT:
        return Cause.PROCESSES
    said = [run.stderr_tail, *(part.stderr_tail for part in run.parts)]
    return Cause.LIMIT if any(map(_OWN_LIMIT.search, said)) else Cause.FUNCTION


def _thrashed(run: Run) -> bool:
    """Whether a time-out happened with the cap reached: no kill, but pages read again and again."""
    peaks = [part.measurement.cgroup_peak for part in run.capped]
    return any(peak is not None and peak.bias is Bias.SATURATED for peak in peaks)


def timed(checks: Checks) -> tuple[str, ...]:
    """Return the figures that are judged and tell of time: those of runs that share cores are worth
    nothing."""
    return tuple(one.figure for one in checks.output if Unit.of(one.figure).is_timing)


def allowed_bytes(cap_bytes: int, headroom: float | None) -> float:
    """Return the most that may be needed under a cap of which a share has to stay free."""
    return (1 - (headroom or 0.0)) * cap_bytes


def _headroom(run: Run, share: float | None) -> Finding:
    headroom = share or 0.0
    check = f"headroom {run.service}".rstrip()
    most = allowed_bytes(run.cap_bytes, share)
    allowed = f"at least {format_share(headroom)} (need at most {format_bytes(most)})"
    need = run.measurement.need
    if need is None:
        return Finding(check, Ruling.INCONCLUSIVE, "need not measured", allowed, Cause.NO_EVIDENCE)
    slack = most - need.value
    ruling, cause = (Ruling.PASS, None) if slack >= 0 else (Ruling.FAIL, Cause.MEMORY)
    observed = f"{format_share(1 - need.value / run.cap_bytes)} (need {format_bytes(need.value)})"
    margin = f"{format_bytes(abs(slack))} {'to spare' if slack >= 0 else 'too much'}"
    return Finding(check, ruling, observed, allowed, cause, margin, slack)


def _bound(run: Run, bound: Bound) -> Finding:
    limits = [f"at least {bound.min:g}"] if bound.min is not None else []
    limits += [f"at most {bound.max:g}"] if bound.max is not None else []
    allowed = " and ".join(limits)
    value = run.figure(bound.figure)
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value):
        seen = "absent from the output" if value is None else f"{value!r} is not a number"
        return Finding(bound.figure, Ruling.FAIL, seen, allowed, Cause.FUNCTION)
    sides = [(value - bound.min, "little")] if bound.min is not None else []
    sides += [(bound.max - value, "much")] if bound.max is not None else []
    slack, word = min(sides, default=(0.0, ""))
    if slack >= 0:
        return Finding(bound.figure, Ruling.PASS, f"{value:g}", allowed, slack=slack)
    margin = f"{-slack:g} too {word}"
    cause = Cause.SPEED if Unit.of(bound.figure).is_timing else Cause.FUNCTION
    return Finding(bound.figure, Ruling.FAIL, f"{value:g}", allowed, cause, margin, slack)
