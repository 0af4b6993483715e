"""The decisive figure of a result in a few words, for a list of results."""

from memtune.model import (
    BaselineResult,
    Floor,
    GateResult,
    Preflight,
    ProfileResult,
    Ruling,
    Study,
    Trial,
)
from memtune.model.bill import Bill, BillResult
from memtune.model.comparison import Comparison
from memtune.model.soak import Soaked, SoakResult, Trend
from memtune.units import format_bytes


def headline(result: object) -> tuple[Ruling, str]:
    """Return how a result rules, and its decisive figure.

    Raises TypeError for what is no result of runs.
    """
    match result:
        case Study():
            return _study(result)
        case ProfileResult():
            return result.trial.verdict.ruling, _trial(result.trial)
        case Comparison():
            last = result.sides[-1]
            return last.trial.verdict.ruling, f"{last.label}: {_trial(last.trial)}"
        case BillResult():
            verified = [one for one in result.bill.predictions if one.measured is not None]
            held = all(one.holds for one in verified)
            return Ruling.PASS if held else Ruling.INCONCLUSIVE, _bill(result.bill)
        case SoakResult():
            return result.judged.verdict.ruling, ", ".join(map(_soaked, result.services))
        case Floor():
            return _floor(result)
        case Preflight():
            missed = sum(finding.ruling is not Ruling.PASS for finding in result.findings)
            words = f"{missed} of the list does not hold" if missed else "the list holds"
            return result.ruling, f"{result.platform.name}: {words}"
        case GateResult():
            return result.ruling, _gate(result)
        case BaselineResult():
            kept = sum(one.now is not None for one in result.recorded)
            ruling = Ruling.PASS if kept == len(result.recorded) else Ruling.FAIL
            return ruling, f"{kept} of {len(result.recorded)} recorded"
        case _:
            raise TypeError(f"{type(result).__name__} is no result of runs")


def _study(study: Study) -> tuple[Ruling, str]:
    if study.recommendation is None:
        return Ruling.FAIL, "nothing in the space passes"
    return Ruling.PASS, f"{_trial(study.recommendation.evidence)}: {study.recommendation.settings}"


def _trial(trial: Trial) -> str:
    decisive, need = trial.verdict.decisive, trial.figure("need")
    if decisive is not None:
        return f"{decisive.check}: {decisive.observed}"
    return f"needs {format_bytes(need.summary.max)}" if need else ""


def _bill(bill: Bill) -> str:
    costly = [cost.knob for cost in bill.costs if cost.matters]
    asked = [f"{format_bytes(one.need.bytes)} asked for" for one in bill.predictions if one.need]
    return "; ".join([f"base {format_bytes(bill.base.bytes)}, {len(costly)} knobs cost", *asked])


def _soaked(one: Soaked) -> str:
    slope, trend = one.course.slope, one.course.trend
    words = str(trend)
    if slope is not None and trend in (Trend.GROWS, Trend.SLOWS):
        less = ", ever less" if trend is Trend.SLOWS else ""
        words = f"grows by {format_bytes(slope.per_s * 3600)}/h{less}"
    return f"{one.service} {words}".strip()


def _floor(floor: Floor) -> tuple[Ruling, str]:
    if floor.floor_bytes is None:
        return Ruling.FAIL, "does not pass under the roomy cap either"
    sign = "at most " if floor.at_most else ""
    return Ruling.PASS, f"floor {sign}{format_bytes(floor.floor_bytes)}"


def _gate(result: GateResult) -> str:
    for gated in result.scenarios:
        if gated.ruling is result.ruling and gated.ruling is not Ruling.PASS:
            missed = [one for one in gated.findings if one.ruling is not Ruling.PASS]
            about = f": {missed[0].check} {missed[0].observed}" if missed else ""
            return f"{gated.scenario}{about}"
    names = [gated.scenario for gated in result.scenarios]
    return f"{names[0]} within its budget" if len(names) == 1 else f"{len(names)} within budgets"
