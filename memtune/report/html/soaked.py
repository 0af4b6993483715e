"""The page of a soak: does memory grow, through which phases, and when is the cap reached."""

from collections.abc import Iterator, Sequence
from itertools import chain

from memtune.model import CapFor, Run
from memtune.model.soak import Course, Soaked, SoakResult
from memtune.report.console import soak as words
from memtune.report.console.common import shown
from memtune.report.html import charts_soak, sections, tables
from memtune.report.html.document import Page, there
from memtune.report.html.rows import asked_headroom
from memtune.report.html.sections import SOLID, Beside, Section
from memtune.report.html.table import Cell, Table, number, quiet
from memtune.report.html.timelines import Timeline
from memtune.report.html.words import observed
from memtune.units import format_bytes, format_duration

_FIGURES = ("need", "cgroup_peak", "rss_peak", "pss_peak", "duration")


def page(result: SoakResult, beside: Beside) -> Page:
    """Return the page of a soak."""
    run, verdict = result.judged.run, result.judged.verdict
    several = len(result.services) > 1
    says = [
        tuple(line.plain for line in words.headline(one, result.soak_s, several=several))
        for one in result.services
    ]
    first, *rest = chain.from_iterable(says) if says else ["nothing was seen of its memory"]
    each = f" for {'each service' if run.cap_for is CapFor.EACH else 'all services'}" * several
    rate = "" if result.requests_per_s is None else f", {result.requests_per_s:.3g} requests/s"
    decisive = verdict.decisive
    missed = () if decisive is None else (f"{decisive.check}: {observed(decisive)}",)
    seen = zip(result.services, beside.lines, says, strict=False)
    headroom = asked_headroom([result.judged])
    parts = [
        *(_over_time(n, *one, headroom, several=several) for n, one in enumerate(seen)),
        *sections.by_process(beside.lines),
        _advice(result.services),
        Section("figures", "What it needed", tables=(_figures(run),)),
        Section("checks", "Checks", tables=(tables.checks(verdict),)),
        sections.environment(result.environment, run.page_cache, result.study, beside),
    ]
    return Page(
        title=f"{' '.join(filter(None, (result.workload, result.profile)))}: does it leak?",
        subtitle=f"soak of {format_duration(result.soak_s)} under "
        f"{format_bytes(result.cap_bytes)}{each}{rate}",
        ruling=verdict.ruling,
        headline=first,
        why=(*missed, *rest, *filter(None, (str(result.settings),))),
        key=tuple(_key(one) for one in result.services),
        sections=there(parts),
        warnings=run.warnings,
    )


def _over_time(
    n: int,
    one: Soaked,
    line: Timeline,
    says: tuple[str, ...],
    headroom: float | None,
    *,
    several: bool,
) -> Section:
    """Memory of one service over time, its phases as a table, and what to do."""
    whose = f": {one.service or 'all together'}" if several else ""
    return Section(
        f"time-{n}",
        f"Memory over time{whose}",
        (*(says if several else ()), " ".join((SOLID, *_line(one)))),
        chart=charts_soak.soaked(one, line, headroom),
        alt=f"Line chart of memory over time, its phases shaded; {tables.in_words(line)}; "
        + "; ".join(says),
        tables=(_phases(one.course),),
    )  # fmt: skip


def _line(one: Soaked) -> Iterator[str]:
    """What the straight line is, where there is one."""
    if one.course.slope is None:
        return
    yield "The straight line is the growth of the steady state, at its upper edge."
    if charts_soak.reaches_cap(one):
        yield "Dashed, it goes on to the cap."


def _advice(services: Sequence[Soaked]) -> Section | None:
    said = tuple(
        f"{one.service}: {text}" if one.service else text for one in services for text in one.advice
    )
    return Section("advice", "What to do", said) if said else None


def _phases(course: Course) -> Table:
    rows = [
        (
            Cell(phase.name),
            number(format_duration(phase.from_s)),
            number(format_duration(phase.to_s)),
            number(format_bytes(phase.median_bytes)),
            number(format_bytes(phase.peak_bytes)),
        )
        for phase in course.phases
    ]
    return Table(("phase", "from", "to", "median need", "peak"), tuple(rows))


def _figures(run: Run) -> Table:
    found = [(name, getattr(run.measurement, name)) for name in _FIGURES]
    rows = tuple(
        (
            Cell(name.replace("_", " ")),
            number(shown(figure.value, figure.unit)),
            quiet("; ".join(filter(None, (figure.bias, figure.source)))),
        )
        for name, figure in found
        if figure is not None
    )
    return Table(("figure", "of this run", "source"), rows)


def _key(one: Soaked) -> tuple[str, str, str]:
    when = f"after {format_duration(one.course.peak_s)}"
    return one.service or "peak", format_bytes(one.course.peak_bytes), f"peak, {when}"
