"""The parts of a page: words, a chart, and the same as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from memtune.model import Environment, OnFront, ProfileResult, SettingsTried, Study, Trial
from memtune.model.bill import Bill
from memtune.model.comparison import Comparison
from memtune.report.html import (
    answer,
    charts_bands,
    charts_run,
    charts_search,
    charts_soak,
    costs,
    rows,
    tables,
    timelines,
)
from memtune.report.html.chart import Spec
from memtune.report.html.table import Cell, Table
from memtune.report.html.timelines import Timeline
from memtune.units import format_bytes, format_duration

SOLID = (
    "The need is drawn solid, with page cache dotted: the kernel can take that back. Drag to move; "
    "hold shift and scroll to zoom."
)
SHARED = "; pages that processes share count for each"


@dataclass(frozen=True)
class Beside:
    """What a page shows that its result does not hold."""

    lines: tuple[Timeline, ...] = ()
    """Memory over time, as ``shown`` names it, each thinned to what a screen can show."""
    passed: tuple[OnFront, ...] = ()
    """Need and speed of all settings that passed."""
    command: str = ""
    """What to execute to get the same again, as it was typed; empty where that is not known."""
    present: Comparison | None = None
    """The present settings beside the pick, where a search began with them."""
    apply: tuple[str, ...] = ()
    """The lines that put a recommendation to work, as ``NAME=value``."""
    flames: tuple[str, ...] = ()
    """Where memray's flame graphs are, as seen from the page."""


@dataclass(frozen=True)
class Section:
    """A part of a page: words, a chart, and the same as a table."""

    id: str
    title: str
    text: tuple[str, ...] = ()
    chart: Spec | None = None
    alt: str = ""
    """The chart in words."""
    tables: tuple[Table, ...] = ()
    code: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    """Addresses and what they are called."""
    folded: str = ""
    """What the tables are called, where they open on demand."""


def answer_section(study: Study, beside: Beside) -> Section | None:
    """Return how to apply the pick, or what would make something pass."""
    if study.infeasible is not None:
        found = answer.infeasible(study, study.infeasible)
        return Section("changes", "What would make it pass", found.text, tables=found.tables)
    if not beside.apply:
        return None
    return Section("apply", "To apply it", code=beside.apply)


def over_time(
    lines: Sequence[Timeline], caps: Mapping[str, int], headroom: float | None
) -> Section | None:
    """Return memory over time, under caps by their names, of as many as can be told apart."""
    if not lines:
        return None
    drawn = timelines.drawn(lines)
    rest = len(lines) - len(drawn)
    boots = [one.boot_s for one in drawn if one.boot_s is not None]
    said = [SOLID]
    if boots:
        whose = " of the worst run" * (len(boots) < len(drawn))
        ready = format_duration(boots[0])
        said.append(f"Shaded is the boot{whose}: ready after {ready}, as the load saw it.")
    if rest:
        said.append(f"{rest:,} more {'is' if rest == 1 else 'are'} not drawn: the table has all.")
    return Section(
        "time",
        "Memory over time",
        tuple(said),
        chart=charts_run.over_time(
            drawn,
            caps,
            headroom,
            charts_soak.phases([("boot", 0.0, boots[0])]) if boots else (),
            above=charts_soak.ABOVE if boots else charts_run.ABOVE,
        ),
        alt="Line chart of memory over time under "
        + ", ".join(f"a {name} of {format_bytes(size)}" for name, size in caps.items())
        + ": "
        + "; ".join(tables.in_words(line) for line in drawn),
        tables=(tables.peaks(lines),),
    )  # fmt: skip


def by_process(lines: Sequence[Timeline]) -> list[Section]:
    """Return what each process held over time, of the runs of which that is to be told."""
    told = [(one, one.bands) for one in lines if one.bands is not None]
    return [
        Section(
            f"processes-{n}",
            f"Memory of each process{f': {line.label}' if len(told) > 1 else ''}",
            (f"{bands.source}{SHARED if bands.source.startswith('RSS') else ''}. File pages are in "
             "it that the need has not: the kernel can take them back.",),
            chart=charts_bands.by_process(bands),
            alt=f"Stacked areas of what {len(bands.processes)} processes held over time",
            tables=(tables.processes(bands),),
        )
        for n, (line, bands) in enumerate(told)
    ]  # fmt: skip


def front_section(study: Study, beside: Beside) -> Section | None:
    """Return memory against work per second, where at least two settings tell both."""
    points = rows.points(study, beside.passed)
    if len(points) < 2:
        return None
    beside_others = (f"Up to {study.jobs} runs went on at a time, which may have slowed them.",)
    return Section(
        "front",
        "Memory against throughput",
        ("Further left needs less memory, further up does more. The line is the front: the "
         "settings that passed and that no others beat in both.",
         *(beside_others if study.jobs > 1 else ())),
        chart=charts_search.front(points),
        alt=f"Scatter plot of {len(points)} settings, need against work per second; the table has "
        "the pick and its rivals",
        tables=(tables.rivals(points),),
    )  # fmt: skip


def map_section(study: Study) -> Section | None:
    """Return the space over two knobs; None where it has fewer, or too many values."""
    cells = rows.cells(study)
    if not cells:
        return None
    told = tables.by_knob(cells)
    pairs = len({one.pair for one in cells})
    rest = (f"Tables are there of the first {len(told)} of {pairs} pairs.",)
    return Section(
        "map",
        "The space, tried and inferred",
        ("Any two knobs, whatever the others are: the least need of those that pass, or the check "
         "that all miss.", *(rest if len(told) < pairs else ())),
        chart=charts_search.space_map(cells),
        alt=f"Heat map of the space over two knobs, first {cells[0].pair}; what was tried and what "
        "was inferred stands in the tables below",
        tables=told,
        folded="The same, as a table" if pairs == 1 else f"The same, as {len(told)} tables",
    )  # fmt: skip


def costs_section(bill: Bill) -> Section:
    """Return what each knob costs."""
    found = rows.costs(bill)
    return Section(
        "costs",
        "What each knob costs",
        (f"Counted from {bill.settings}, which needs {format_bytes(bill.base.bytes)}; the lines "
         "are 95 % intervals.",),
        chart=charts_search.costs(found) if found else None,
        alt=f"Bar chart of what {len(found)} changes of knobs cost, with intervals",
        tables=(costs.costs(found, bill),),
    )  # fmt: skip


def who_held(result: ProfileResult, beside: Beside) -> list[Section]:
    """Return who held the peak, for each container that was looked at."""
    explanation = result.explanation
    if explanation is None:
        return []
    named = tuple(
        (quote(path, errors="surrogateescape"), path.rsplit("/", 1)[-1]) for path in beside.flames
    )
    made = []
    for n, peak in enumerate(explanation.peaks):
        held = rows.held(peak)
        whose = f"{peak.service}: " if peak.service else ""
        made.append(
            Section(
                f"held-{n}",
                f"{whose}Who held the peak",
                (f"{format_bytes(peak.need_bytes)} were needed {peak.at_s:.2f} s after the start, "
                 "in a run of its own under memray: it explains, and does not decide.",
                 *tables.tax(explanation)),
                chart=charts_run.held(held),
                alt=f"Stacked bars of what {len(peak.families)} processes held at the peak",
                tables=(tables.held(peak),),
            )
        )  # fmt: skip
    if not made and explanation.allocators:
        made.append(Section("held", "Who held the peak", tables=(tables.sites(explanation),)))
    if not made and explanation.problems:
        made.append(Section("held", "Who held the peak"))
    if made:
        made[-1] = replace(made[-1], links=named, text=(*made[-1].text, *explanation.problems))
    return made


def figures_and_checks(trial: Trial, title: str) -> tuple[Section, Section]:
    """Return the figures of a trial with their sources, and its checks."""
    return (
        Section("figures", title, tables=(tables.figures(trial),)),
        Section("checks", "Checks", tables=(tables.checks(trial.verdict),)),
    )


def what_was_tried(tried: tuple[SettingsTried, ...]) -> Section:
    """Return the settings that were executed."""
    shown_rows = tables.tried(tried)
    rest = len(tried) - len(shown_rows.rows)
    more = (f"{rest:,} more settings are in what memtune show --json prints.",) if rest else ()
    return Section(
        "tried", "What was tried", more, tables=(shown_rows,), folded=f"{len(tried):,} settings"
    )


def what_was_inferred(study: Study) -> Section | None:
    """Return why others were not executed."""
    if not study.skipped:
        return None
    count = sum(skip.count for skip in study.skipped)
    table = tables.skipped(study)
    return Section(
        "skipped", "What was inferred, not executed", tables=(table,), folded=f"{count:,} settings"
    )


def last_words(trial: Trial) -> Section | None:
    """Return what a run that did not pass wrote last to its stderr."""
    if trial.verdict.decisive is None:
        return None
    runs = [part for one in trial.runs for part in (one.run, *one.run.parts)]
    tail = next((run.stderr_tail for run in runs if run.stderr_tail.strip()), "")
    lines = tuple(tail.strip().splitlines()[-20:])
    return Section("stderr", "What it said last", code=lines) if lines else None


def environment(where: Environment, page_cache: str, study: str, beside: Beside) -> Section:
    """Return where it was measured, and the command that does it again."""
    facts = (
        ("study", study),
        ("executor", where.executor),
        ("kernel", where.kernel),
        ("cgroup", where.cgroup),
        ("machine", f"{where.architecture}, {where.cpus} CPUs"),
        ("image", where.image),
        ("page cache", page_cache),
        *where.tools,
    )
    return Section(
        "environment",
        f"Where it was measured{', and how to do it again' if beside.command else ''}",
        tables=(Table(("what", "is"), tuple((Cell(a), Cell(b)) for a, b in facts)),),
        code=(beside.command,) if beside.command else (),
    )
