"""The page of a comparison, and its table of every figure before and after."""

from collections.abc import Iterator

from memtune.model import Allocator, Trial
from memtune.model.comparison import Compared, Comparison
from memtune.report import differences
from memtune.report.console.common import cap_words
from memtune.report.console.explain import where
from memtune.report.headline import headline
from memtune.report.html import sections, tables, timelines
from memtune.report.html.document import Page, there
from memtune.report.html.rows import asked_headroom
from memtune.report.html.sections import Beside, Section
from memtune.report.html.table import Cell, Table, number, quiet
from memtune.report.html.words import observed
from memtune.units import format_bytes

WORST = "The worst of the runs; of latencies and throughput the median."
ONCE = " The present settings were executed once: how sure a difference is, is not known."


def page(comparison: Comparison, beside: Beside) -> Page:
    """Return the page of a comparison: it says what the last side says."""
    first, *others = comparison.sides
    ruling, says = headline(comparison)
    parts = [
        _verdicts(comparison),
        _figures(comparison),
        sections.over_time(beside.lines, _caps(comparison), _headroom(comparison)),
        *sections.by_process(timelines.drawn(beside.lines)),
        *_sites(comparison),
        Section("checks", f"Checks of {others[-1].label}",
                tables=(tables.checks(others[-1].trial.verdict),)),
        sections.environment(first.environment, first.page_cache, comparison.study, beside),
    ]  # fmt: skip
    return Page(
        title=f"{comparison.workload}: {' beside '.join(one.label for one in comparison.sides)}",
        subtitle=f"{_runs(comparison)}, {first.environment.executor}, "
        f"cgroup {first.environment.cgroup}, page cache {first.page_cache}",
        ruling=ruling,
        headline=says,
        why=tuple(_why(comparison)),
        key=tuple(_key(one) for one in comparison.sides),
        sections=there(parts),
        warnings=tuple(_warnings(comparison)),
    )


def present_section(comparison: Comparison) -> Section:
    """Return the present settings beside the pick."""
    once = differences.lacks_intervals(comparison)
    return Section(
        "before",
        "Before and after",
        (
            *(f"{one.label}: {one.trial.settings}" for one in comparison.sides),
            f"{WORST}{ONCE if once else ''}",
        ),
        tables=tuple(_tables(comparison)),
    )


def _figures(comparison: Comparison) -> Section:
    unsure = (differences.NO_INTERVAL,) if differences.lacks_intervals(comparison) else ()
    roomy = [
        f"* of {one.label} under {cap_words(one.roomy, one.roomy_cap_bytes)}, where it is a "
        f"{one.roomy.verdict.ruling}"
        for one in comparison.sides
        if one.roomy is not None and one.roomy_cap_bytes is not None
    ]
    return Section(
        "before",
        "Before and after",
        (WORST, *roomy, *unsure),
        tables=tuple(_tables(comparison)),
    )


def _tables(comparison: Comparison) -> Iterator[Table]:
    """Yield every figure of every side with its source, of two also how they differ; of more how
    each differs from the first."""
    sides = comparison.sides
    pair = differences.is_pair(comparison)
    last = ["reduction"] * bool(comparison.reductions) + ["difference", "95 % interval"] * pair
    says = (Cell(one.trial.verdict.ruling, f"number {one.trial.verdict.ruling}") for one in sides)
    rows = [(Cell("verdict"), *says, *map(Cell, [""] * (len(last) + 1)))]
    for label, name in differences.rows(comparison):
        cells = [number(differences.cell(one, name)) for one in sides]
        if any(cell.text for cell in cells):
            rows.append(
                (
                    Cell(label.replace("_", " ")),
                    *cells,
                    *_changed(comparison, name, pair),
                    _source(sides, name),
                )
            )
    yield Table(("figure", *(one.label for one in sides), *last, "source"), tuple(rows))
    if len(sides) > 2 and not comparison.reductions and any(one.differences for one in sides):
        yield _beside_first(comparison)


def _changed(comparison: Comparison, name: str, pair: bool) -> Iterator[Cell]:
    if comparison.reductions:
        less = [one for one in comparison.reductions if one.figure == name]
        yield number(differences.less(less[0]) if less else "")
    if pair:
        found = [one for one in comparison.sides[1].differences if one.figure == name]
        yield number(differences.amount(found[0]) if found else "")
        yield _interval(comparison.sides[1], name)


def _interval(one: Compared, name: str) -> Cell:
    found = next((each for each in one.differences if each.figure == name), None)
    if found is None:
        return number("")
    strong = " strong" if differences.is_certain(found) else ""
    return Cell(differences.interval(found), f"number{strong}")


def _source(sides: tuple[Compared, ...], name: str) -> Cell:
    figures = filter(None, (differences.figure_of(one, name) for one in sides))
    return quiet(next((one.source for one in figures), ""))


def _beside_first(comparison: Comparison) -> Table:
    first, *others = comparison.sides
    rows = []
    for label, name in differences.rows(comparison):
        cells = [_interval(one, name) for one in others]
        if any(cell.text for cell in cells):
            rows.append((Cell(label.replace("_", " ")), *cells))
    return Table(
        ("figure", *(one.label for one in others)),
        tuple(rows),
        caption=f"Growth beside {first.label}, with its 95 % interval",
    )


def _verdicts(comparison: Comparison) -> Section:
    rows = []
    for one in comparison.sides:
        verdict = one.trial.verdict
        missed = verdict.decisive
        rows.append(
            (
                Cell(one.label),
                Cell(verdict.ruling, verdict.ruling),
                number(cap_words(one.trial, one.cap_bytes)),
                number(str(len(one.trial.runs))),
                Cell(f"{missed.check}: {observed(missed)}" if missed else "all checks hold"),
                quiet(one.what or str(one.trial.settings)),
            )
        )
    headings = ("side", "says", "cap", "runs", "because", "is")
    return Section("verdicts", "Verdicts", tables=(Table(headings, tuple(rows)),))


def _sites(comparison: Comparison) -> Iterator[Section]:
    """Yield what the runs under memray told of each side beside the first."""
    first, *others = comparison.sides
    for n, one in enumerate(others):
        if not one.sites:
            continue
        rows = tuple(
            (
                number(format_bytes(site.before_bytes or 0)),
                number(format_bytes(site.after_bytes)),
                Cell(differences.signed_growth(site), "number strong"),
                Cell(site.function),
                quiet(where(Allocator(site.function, site.file, site.line, 0, 0))),
            )
            for site in differences.largest_sites(one)
        )
        yield Section(
            f"sites-{n}",
            f"Who holds more or less in {one.label}",
            (f"Allocation sites at the peak, beside {first.label}; one run each under memray: it "
             "explains, and does not decide.",),
            tables=(Table(("before", "now", "change", "function", "where"), rows),),
        )  # fmt: skip


def _caps(comparison: Comparison) -> dict[str, int]:
    sizes = {one.cap_bytes for one in comparison.sides}
    if len(sizes) == 1:
        return {"cap": sizes.pop()}
    return {f"cap of {one.label}": one.cap_bytes for one in comparison.sides}


def _headroom(comparison: Comparison) -> float | None:
    """The share of the cap that had to stay free, where that is one of all sides."""
    shares = {asked_headroom(one.trial.runs) for one in comparison.sides} - {None}
    return shares.pop() if len(shares) == 1 else None


def _runs(comparison: Comparison) -> str:
    counts = [len(one.trial.runs) for one in comparison.sides]
    each = f"{counts[0]} run{'s' * (counts[0] != 1)} each"
    return each if len(set(counts)) == 1 else f"{', '.join(map(str, counts))} runs"


def _why(comparison: Comparison) -> Iterator[str]:
    """Yield how the needs differ."""
    first, *others = comparison.sides
    for one in others:
        found = next((each for each in one.differences if each.figure == "need"), None)
        if found is not None:
            sure = "" if differences.is_certain(found) else ": this may be noise"
            yield (
                f"Need of {one.label} beside {first.label}: {differences.amount(found)}, "
                f"{differences.interval(found)}{sure}."
            )
    for less in comparison.reductions:
        if less.figure == "need":
            yield f"{others[-1].label} needs {differences.less(less)} less than {first.label}."


def _key(one: Compared) -> tuple[str, str, str]:
    return one.label, differences.cell(one, "need") or "-", f"need, {_says(one.trial)}"


def _says(trial: Trial) -> str:
    return str(trial.verdict.ruling)


def _warnings(comparison: Comparison) -> Iterator[str]:
    first = comparison.sides[0]
    for one in comparison.sides:
        if one.unlike:
            yield (
                f"{one.label} was executed otherwise than {first.label} ({'; '.join(one.unlike)}): "
                "differences may come from there"
            )
        yield from (f"{one.label} is not explained: {problem}" for problem in one.problems)
