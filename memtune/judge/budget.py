"""Runs against a budget: what one alone decides, the ceiling, the growth; pure."""

from memtune.model import SATURATED, Budget, Cause, Estimate, Finding, Judged, Ruling
from memtune.units import format_bytes, format_growth, format_share


def decided(judged: Judged, budget: Budget) -> Finding | None:
    """Return what one run alone decides: its checks, the ceiling, or no room for more."""
    if judged.verdict.ruling is not Ruling.PASS:
        return judged.verdict.decisive
    need = judged.run.measurement.need
    if need is None:
        return Finding("need", Ruling.INCONCLUSIVE, "not measured", "a figure", Cause.NO_EVIDENCE)
    if budget.max_bytes is not None and need.value > budget.max_bytes:
        return ceiling(need.value, budget.max_bytes)
    for part in judged.run.capped:
        its = part.measurement.need
        if its is not None and its.value >= (1 - SATURATED) * part.cap_bytes:
            return Finding(
                "saturated",
                Ruling.INCONCLUSIVE,
                f"a need of {format_bytes(its.value)}: there was no room for more",
                f"below {format_share(1 - SATURATED)} of the cap of {format_bytes(part.cap_bytes)}",
                Cause.NO_EVIDENCE,
            )
    return None


def ceiling(need: float, max_bytes: int) -> Finding:
    """Return what a need, in bytes, says of the ceiling."""
    slack = max_bytes - need
    return Finding(
        check="ceiling",
        ruling=Ruling.PASS if slack >= 0 else Ruling.FAIL,
        observed=f"a need of {format_bytes(need)}",
        allowed=f"at most {format_bytes(max_bytes)}",
        cause=None if slack >= 0 else Cause.MEMORY,
        margin=f"{format_bytes(abs(slack))} {'to spare' if slack >= 0 else 'too much'}",
        slack=slack,
    )


def growth_finding(estimate: Estimate, ruling: Ruling, limit: float) -> Finding:
    """Return in words what the last look ruled; ``limit`` is the growth that fails, a share."""
    low, high = format_growth(estimate.low), format_growth(estimate.high)
    undecided = ruling is Ruling.INCONCLUSIVE
    return Finding(
        check="growth",
        ruling=ruling,
        observed=f"{format_growth(estimate.growth)} (95 % interval {low} to {high})",
        allowed=f"the whole interval below {format_growth(limit)}",
        cause=None if ruling is Ruling.PASS else Cause.MEMORY,
        margin=f"{format_growth(estimate.detectable)} could have been told" if undecided else "",
        slack=limit - estimate.growth,
    )
