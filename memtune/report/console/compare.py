"""The screen of ``memtune compare``."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from memtune.model import Bias, Compared, Comparison, FigureSummary, Reduction, Trial, Unit
from memtune.report.console.common import LABELS, STYLE, cap_words, services, shown, table
from memtune.units import format_bytes


def render(console: Console, comparison: Comparison) -> None:
    """Print the verdicts, the needs and their reduction, and the other figures."""
    for part in (_title(comparison), _table(comparison)):
        console.print(part)
        console.print()
    for one in comparison.profiles:
        for line in _remarks(one):
            console.print(line)


def _title(comparison: Comparison) -> Text:
    runs = len(comparison.profiles[0].trial.runs)
    environment = comparison.environment
    return Text(f"{comparison.workload}, {runs} run{'s' * (runs != 1)} each", "bold") + Text(
        f"\n{environment.executor}, cgroup {environment.cgroup}, "
        f"page cache {comparison.page_cache}; worst of the runs, medians of latencies",
        "dim",
    )


def _table(comparison: Comparison) -> Table:
    profiles = comparison.profiles
    headings = ["", *(one.profile for one in profiles), "reduction"]
    grid = table(*headings, right=tuple(headings[1:]))
    caps = {cap_words(one.trial, one.cap_bytes) for one in profiles}
    if len(caps) == 1:
        grid.columns[0].header = f"under {caps.pop()}"
    else:
        grid.add_row("cap", *(format_bytes(one.cap_bytes) for one in profiles))
    grid.add_row("verdict", *(_verdict(one) for one in profiles))
    for service in services(profiles[0].fullest):
        _need_row(grid, service, f"need {service}", comparison)
    _need_row(grid, "need" if not services(profiles[0].fullest) else "total", "need", comparison)
    rooms = [one.trial.figure("headroom") for one in profiles]  # there is none but under the cap
    if any(rooms):
        grid.add_row("headroom", *map(_shown, rooms))
    for name, label in LABELS.items():
        figures = [one.fullest.figure(name) for one in profiles]
        if any(figures):
            grid.add_row(label, *map(_shown, figures))
    return grid


def _verdict(one: Compared) -> Text:
    ruling = one.trial.verdict.ruling
    return Text(ruling.upper(), STYLE[ruling])


def _need_row(grid: Table, label: str, name: str, comparison: Comparison) -> None:
    figures = [one.fullest.figure(name) for one in comparison.profiles]
    if any(figures):
        cells = [
            _need(one, figure) for one, figure in zip(comparison.profiles, figures, strict=True)
        ]
        reductions = [one for one in comparison.reductions if one.figure == name]
        grid.add_row(Text(label, "bold"), *cells, *map(_reduction, reductions))


def _need(one: Compared, figure: FigureSummary | None) -> str:
    if figure is None:
        return ""
    bound = "over " if figure.bias is Bias.LOWER_BOUND else ""
    return f"{bound}{format_bytes(figure.summary.max)}{' *' if one.roomy else ''}"


def _reduction(reduction: Reduction) -> str:
    return f"{'over ' if reduction.at_least else ''}{100 * reduction.share:.0f} %"


def _shown(figure: FigureSummary | None) -> str:
    if figure is None:
        return ""
    worst = figure.summary.min if figure.name == "headroom" else figure.summary.max
    slow = figure.unit in (Unit.MILLISECONDS, Unit.PER_SECOND)
    return shown(figure.summary.median if slow else worst, figure.unit)


def _remarks(one: Compared) -> list[Text]:
    lines = []
    decisive = one.trial.verdict.decisive
    if decisive is not None:
        lines.append(
            Text(f"{one.profile}  ", "bold") + Text(f"{decisive.check}: {decisive.observed}")
        )
    if one.roomy is not None and one.roomy_cap_bytes is not None:
        lines.append(Text(_roomy(one.roomy, one.roomy_cap_bytes), "dim"))
    return lines


def _roomy(trial: Trial, cap_bytes: int) -> str:
    ruling = trial.verdict.ruling
    return f"  * measured under {cap_words(trial, cap_bytes)}, where it is a {ruling}"
