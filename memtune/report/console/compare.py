"""The screen of ``memtune compare``."""

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from memtune.model import Bias, FigureSummary, SiteGrowth, Trial, Unit
from memtune.model.comparison import Compared, Comparison, Difference, Reduction
from memtune.report.console.common import LABELS, SHOWN, STYLE, cap_words, services, shown, table
from memtune.report.gated import place
from memtune.report.neutral import plain
from memtune.units import format_bytes, format_growth

HIDDEN = ("samples", "enforced_cap", "oom_kills", "headroom")
"""Figures that say nothing beside each other, or have a row of their own."""
SITES = 12
"""More allocation sites than these explain nothing; JSON has them all."""


def render(console: Console, comparison: Comparison) -> None:
    """Print the verdicts, the figures and how they differ, and the allocation sites."""
    console.print(_title(comparison))
    console.print()
    for part in (_table(comparison), *_shifts(comparison), *_sites(comparison)):
        console.print(part)
        console.print()
    if any(one.differences and not _has_intervals(one) for one in comparison.sides):
        console.print(Text("a side of one run has no interval: --runs 3 or more gives one", "dim"))
    for one in comparison.sides:
        for line in _remarks(comparison.sides[0], one):
            console.print(line)


def _has_intervals(one: Compared) -> bool:
    return any(found.shift and found.shift.low is not None for found in one.differences)


def _title(comparison: Comparison) -> Text:
    first = comparison.sides[0]
    counts = [len(one.trial.runs) for one in comparison.sides]
    each = f"{counts[0]} run{'s' * (counts[0] != 1)} each"
    runs = each if len(set(counts)) == 1 else f"{', '.join(map(str, counts))} runs"
    title = Text(f"{comparison.workload}, {runs}", "bold") + Text(
        f"\n{first.environment.executor}, cgroup {first.environment.cgroup}, "
        f"page cache {first.page_cache}; worst of the runs, medians of latencies"
        f"{'; differences of means' if _is_pair(comparison) else ''}",
        "dim",
    )
    for one in comparison.sides:
        title += Text(f"\n{plain(one.label)}: {plain(one.what)}", "dim") if one.what else Text()
    return title


def _table(comparison: Comparison) -> Table:
    """Every figure of every side; of two sides also how they differ."""
    sides = comparison.sides
    pair = _is_pair(comparison)
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
        cells = [_cell(one, name) for one in sides]
        if any(cells):
            less = [one for one in comparison.reductions if one.figure == name]
            more = [one for one in sides[1].differences if one.figure == name] if pair else []
            grid.add_row(label, *cells, *map(_reduction, less), *_difference(more))
    return grid


def _is_pair(comparison: Comparison) -> bool:
    """Whether two sides stand beside each other with their differences."""
    sides = comparison.sides
    return len(sides) == 2 and not comparison.reductions and bool(sides[1].differences)


def _rows(comparison: Comparison) -> Iterator[tuple[Text, str]]:
    """What each row is called, and the name of its figure."""
    first = comparison.sides[0].fullest
    names = services(first)
    for service in names:
        yield Text(service, "bold"), f"need {service}"
    yield Text("total" if names else "need", "bold"), "need"
    yield Text("headroom"), "headroom"
    if comparison.reductions:  # it is about the needs
        yield from ((Text(label), name) for name, label in LABELS.items())
        return
    own = [one.name for one in first.figures if not one.name.startswith("need ")]
    for name in dict.fromkeys([*SHOWN, *own]):
        if name not in ("need", *HIDDEN):
            yield Text(plain(LABELS.get(name, name))), name


def _verdict(one: Compared) -> Text:
    ruling = one.trial.verdict.ruling
    return Text(ruling.upper(), STYLE[ruling])


def _cell(one: Compared, name: str) -> str:
    # There is no headroom but under the cap.
    figure = (one.trial if name == "headroom" else one.fullest).figure(name)
    if figure is None:
        return ""
    if name.split()[0] == "need":
        bound = "over " if figure.bias is Bias.LOWER_BOUND else ""
        return f"{bound}{format_bytes(figure.summary.max)}{' *' if one.roomy else ''}"
    return _shown(figure)


def _reduction(reduction: Reduction) -> str:
    return f"{'over ' if reduction.at_least else ''}{100 * reduction.share:.0f} %"


def _shown(figure: FigureSummary) -> str:
    worst = figure.summary.min if figure.name == "headroom" else figure.summary.max
    slow = figure.unit in (Unit.MILLISECONDS, Unit.PER_SECOND)
    return shown(figure.summary.median if slow else worst, figure.unit)


def _difference(found: list[Difference]) -> tuple[Text, ...]:
    """The cells of a difference, if it is known: bold where the interval leaves out none."""
    if not found:
        return ()
    one = found[0]
    change = one.after - one.before
    sign = "+" if change > 0 else "-" if change < 0 else ""
    style = "bold" if one.shift is not None and one.shift.is_certain else "dim"
    points = f"{100 * abs(change):.3g} points"
    size = points if one.unit is Unit.SHARE else shown(abs(change), one.unit)
    return Text(f"{sign}{size}", style), _interval(one)


def _interval(one: Difference) -> Text:
    found = one.shift
    if found is None:
        return Text()
    if found.low is None or found.high is None:
        return Text(format_growth(found.growth), "dim")
    ends = "..".join(format_growth(end).removesuffix(" %") for end in (found.low, found.high))
    return Text(f"{format_growth(found.growth)} ({ends})", "bold" if found.is_certain else "dim")


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
        largest = sorted(one.sites, key=lambda site: -abs(_change(site)))[:SITES]
        for site in largest:
            change = _change(site)
            grid.add_row(
                format_bytes(site.before_bytes or 0),
                format_bytes(site.after_bytes),
                Text(f"{'+' if change > 0 else '-'}{format_bytes(abs(change))}", "bold"),
                Text(plain(place(site))),
            )
        yield grid


def _change(site: SiteGrowth) -> int:
    return site.after_bytes - (site.before_bytes or 0)


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
