"""From a result to its page: which parts, in which order."""

from collections.abc import Sequence

from memtune.model import Judged, ProfileResult, Ruling, Study, Trial
from memtune.model.bill import BillResult
from memtune.model.comparison import Comparison
from memtune.model.soak import SoakResult
from memtune.report.console.common import cap_words
from memtune.report.headline import headline
from memtune.report.html import answer, compared, costs, sections, soaked, timelines
from memtune.report.html.document import Page, rendered, there
from memtune.report.html.rows import asked_headroom
from memtune.report.html.sections import Beside, Section
from memtune.report.html.timelines import Timeline
from memtune.report.html.words import observed
from memtune.units import format_bytes, format_share

Result = Study | ProfileResult | BillResult | Comparison | SoakResult
"""What has a page."""


def page(result: Result, beside: Beside) -> str:
    """Return a result as an HTML document that loads nothing else."""
    return rendered(made(result, beside))


def made(result: Result, beside: Beside) -> Page:
    """Return what is on the page of a result."""
    match result:
        case Study():
            return _study(result, beside)
        case ProfileResult():
            return _profile(result, beside)
        case BillResult():
            return _bill(result, beside)
        case Comparison():
            return compared.page(result, beside)
        case SoakResult():
            return soaked.page(result, beside)


def shown(result: Result, others: Sequence[Judged] = ()) -> list[Timeline]:
    """Return the timelines that the page of a result shows; ``others`` are runs of a search beside
    those that it holds, see ``timelines.wanted``."""
    match result:
        case Study():
            return timelines.of_study(result, others)
        case ProfileResult():
            return timelines.of_profile(result)
        case BillResult():
            return []
        case Comparison():
            return timelines.of_comparison(result)
        case SoakResult():
            return timelines.of_soak(result)


def _study(study: Study, beside: Beside) -> Page:
    runs = sum(one.runs for one in study.tried)
    chosen = study.recommendation
    plan = f" ({study.platform.name})" if study.platform else ""
    headroom = study.checks.headroom
    wanted = f"headroom {format_share(headroom)}" if headroom else "no headroom asked for"
    parts = [
        sections.answer_section(study, beside),
        compared.present_section(beside.present) if beside.present else None,
        sections.over_time(beside.lines, {"cap": study.cap_bytes}, headroom),
        *sections.by_process(timelines.drawn(beside.lines)),
        sections.front_section(study, beside),
        sections.map_section(study),
        sections.costs_section(study.bill) if study.bill else None,
        *(sections.figures_and_checks(chosen.evidence, "What the pick needed") if chosen else ()),
        sections.what_was_tried(study.tried),
        sections.what_was_inferred(study),
        sections.environment(study.environment, study.page_cache, study.id, beside),
    ]
    return Page(
        title=f"{study.workload} under {format_bytes(study.cap_bytes)}",
        subtitle=f"{wanted}{plan}; tried {len(study.tried):,} of {study.space.size:,} "
        f"settings in {runs:,} runs",
        ruling=Ruling.PASS if chosen else Ruling.FAIL,
        headline=f"Recommended: {chosen.settings}" if chosen else "Nothing in the space passes",
        why=answer.why(study),
        key=answer.key_figures(chosen.evidence, study.cap_bytes)
        if chosen
        else answer.needed(study),
        sections=there(parts),
        warnings=_warnings(chosen.evidence) if chosen else (),
    )


def _profile(result: ProfileResult, beside: Beside) -> Page:
    trial, verdict = result.trial, result.trial.verdict
    runs = len(trial.runs)
    need = trial.figure("need")
    decisive = verdict.decisive
    says = f"needs {format_bytes(need.summary.max)}" if need else "its need is not known"
    if decisive is not None:
        says = f"{decisive.check}: {observed(decisive)}"
    reason = trial.runs[0].run.reason
    parts = [
        sections.over_time(beside.lines, {"cap": result.cap_bytes}, asked_headroom(trial.runs)),
        *sections.by_process(timelines.drawn(beside.lines)),
        *sections.who_held(result, beside),
        *sections.figures_and_checks(trial, "What it needed"),
        sections.last_words(trial),
        sections.environment(result.environment, result.page_cache, result.study, beside),
    ]
    return Page(
        title=" ".join(filter(None, (result.workload, result.profile))),
        subtitle=f"{runs} run{'s' * (runs != 1)} under {cap_words(trial, result.cap_bytes)}",
        ruling=verdict.ruling,
        headline=says,
        why=tuple(filter(None, (str(trial.settings), reason if reason not in says else ""))),
        key=answer.key_figures(trial, result.cap_bytes),
        sections=there(parts),
        warnings=_warnings(trial),
    )


def _bill(result: BillResult, beside: Beside) -> Page:
    bill = result.bill
    ruling, _ = headline(result)
    asked = costs.predictions(bill)
    parts = [
        sections.costs_section(bill),
        Section("asked", "What was asked", tables=(asked,)) if asked.rows else None,
        sections.environment(result.environment, result.page_cache, result.study, beside),
    ]
    return Page(
        title=f"{bill.workload}: what the memory goes to",
        subtitle=f"told from {bill.runs:,} runs of {bill.distinct:,} settings under "
        f"{format_bytes(result.cap_bytes)}",
        ruling=ruling,
        headline=f"base {format_bytes(bill.base.bytes)}",
        why=(f"The bill's settings: {bill.settings}", *costs.astray(bill)),
        key=(),
        sections=there(parts),
    )


def _warnings(trial: Trial) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for one in trial.runs for text in one.run.warnings))
