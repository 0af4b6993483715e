"""The screen of ``memtune compare``."""

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from memtune.model import Trial
from memtune.model.comparison import Compared, Comparison, Difference
from memtune.report import differences
from memtune.report.console.common import STYLE, cap_words, table
from memtune.report.gated import place
from memtune.report.neutral import plain
from memtune.units import format_bytes


def render(console: Console, comparison: Comparison) -> None:
    """Print the verdicts, the figures and how they differ, and the allocation sites."""
    console.print(_title(comparison))
    console.print()
    for part in (_table(comparison), *_shifts(comparison), *_sites(comparison)):
        console.print(part)
        console.print()
    if differences.lacks_intervals(comparison):
        console.print(Text(differences.NO_INTERVAL, "dim"))
    for one in comparison.sides:
        for line in _remarks(comparison.sides[0], one):
            console.print(line)


def _title(comparison: Comparison) -> Text:
    first = comparison.sides[0]
    counts = [len(one.trial.runs) for one in comparison.sides]
    each = f"{counts[0]} run{'s' * (counts[0] != 1)} each"
    runs = each if len(set(counts)) == 1 else f"{', '.join(map(str, counts))} runs"
    title = Text(f"{comparison.workload}, {runs}", "bold") + Text(
        f"\n{first.environment.executor}, cgroup {first.environment.cgroup}, "
        f"page cache {first.page_cache}; worst of the runs, medians of latencies"
        f"{'; differences of means' if differences.is_pair(comparison) else ''}",
        "dim",
    )
    for one in comparison.sides:
        title += Text(f"\n{plain(one.label)}: {plain(one.what)}", "dim") if one.what else Text()
    return title


def _table(comparison: Comparison) -> Table:
    """Every figure of every side; of two sides also how they differ."""
    sides = comparison.sides
    pair = differences.is_pair(comparison)
    last = ["reduction"] * bool(comparison.reductions) + ["difference", "95 % interval"] * pair
    headings = ["", *(plain(one.label) for one in sides), *last]
    grid = table(*headings, right=tuple(headings[1:]))
    caps = {cap_words(one.trial, one.cap_bytes) for one in sides}
    if len(caps) == 1:
        grid.columns[0].header = f"under {caps.pop()}"
    else:
        grid.add_row("cap", *(format_bytes(one.cap_bytes) for one in sides))
    grid.add_row("verdict", *(_verdict(one) for one in sides))
    for label, name in _rows(comparison):
        cells = [differences.cell(one, name) for one in sides]
        if any(cells):
            less = [one for one in comparison.reductions if one.figure == name]
            more = [one for one in sides[1].differences if one.figure == name] if pair else []
            grid.add_row(label, *cells, *map(differences.less, less), *_difference(more))
    return grid


def _rows(comparison: Comparison) -> Iterator[tuple[Text, str]]:
    for label, name in differences.rows(comparison):
        yield Text(plain(label), "bold" if differences.is_need(name) else ""), name


def _verdict(one: Compared) -> Text:
    ruling = one.trial.verdict.ruling
    return Text(ruling.upper(), STYLE[ruling])


def _difference(found: list[Difference]) -> tuple[Text, ...]:
    """The cells of a difference, if it is known: bold where the interval leaves out none."""
    if not found:
        return ()
    return Text(differences.amount(found[0]), _weight(found[0])), _interval(found[0])


def _interval(one: Difference) -> Text:
    return Text(differences.interval(one), _weight(one))


def _weight(one: Difference) -> str:
    return "bold" if differences.is_certain(one) else "dim"


def _shifts(comparison: Comparison) -> Iterator[RenderableType]:
    """How each of several sides differs from the first."""
    first, *others = comparison.sides
    if len(others) < 2 or comparison.reductions or not any(one.differences for one in others):
        return
    headings = [f"beside {plain(first.label)}", *(plain(one.label) for one in others)]
    grid = table(*headings, right=tuple(headings[1:]))
    for label, name in _rows(comparison):
        cells = [
            next((_interval(each) for each in one.differences if each.figure == name), Text())
            for one in others
        ]
        if any(cells):
            grid.add_row(label, *cells)
    yield grid


def _sites(comparison: Comparison) -> Iterator[RenderableType]:
    first, *others = comparison.sides
    for one in others:
        if not one.sites:
            continue
        yield Text(f"{plain(one.label)}: who holds more or less at the peak", "bold") + Text(
            f" than in {plain(first.label)}; one run each under memray: explains, does not decide",
            "dim",
        )
        grid = table("before", "now", "change", "where", right=("before", "now", "change"))
        for site in differences.largest_sites(one):
            grid.add_row(
                format_bytes(site.before_bytes or 0),
                format_bytes(site.after_bytes),
                Text(differences.signed_growth(site), "bold"),
                Text(plain(place(site))),
            )
        yield grid


def _remarks(first: Compared, one: Compared) -> Iterator[Text]:
    name = Text(f"{plain(one.label)}  ", "bold")
    decisive = one.trial.verdict.decisive
    if decisive is not None:
        yield name + Text(f"{decisive.check}: {decisive.observed}")
    if one.roomy is not None and one.roomy_cap_bytes is not None:
        yield Text(_roomy(one.roomy, one.roomy_cap_bytes), "dim")
    if one.unlike:
        yield name + Text(
            f"executed otherwise than {plain(first.label)} ({plain('; '.join(one.unlike))}): "
            "differences may come from there",
            "yellow",
        )
    for problem in one.problems:
        yield name + Text(f"not explained: {plain(problem)}", "yellow")


def _roomy(trial: Trial, cap_bytes: int) -> str:
    ruling = trial.verdict.ruling
    return f"  * measured under {cap_words(trial, cap_bytes)}, where it is a {ruling}"
