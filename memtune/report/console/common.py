"""Pieces that several screens share: consoles, titles, figure and check tables."""

import sys
from typing import IO, Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from memtune.model import Bias, CapFor, FigureSummary, Ruling, Trial, Unit, Verdict
from memtune.report.console.colours import THEME
from memtune.units import MIB, format_bytes, format_duration, format_share

STYLE = {Ruling.PASS: "bold green", Ruling.FAIL: "bold red", Ruling.INCONCLUSIVE: "bold yellow"}
PIPE_WIDTH = 120
"""Columns where the output is no terminal."""
LABELS = {
    "p50_ms": "latency p50",
    "p95_ms": "latency p95",
    "p99_ms": "latency p99",
    "throughput_per_s": "throughput",
    "error_rate": "error rate",
    "boot_s": "boot",
    "health_max_ms": "slowest health",
}
"""Output figures that every workload may print, and what they are called on the screen."""
SHOWN = ("need", "cgroup_peak", "rss_peak", "pss_peak", "headroom", "duration", *LABELS)
"""Figures of a screen, in order, where they were measured."""
SPLIT = {
    "anon": "heaps, stacks, private pages, at the peak",
    "shmem": "/tmp, /dev/shm, shared memory, at the peak",
    "kernel": "page tables, sockets, the rest, at the peak",
}
"""The parts of the need, explained."""
FIXED = ("", "need", "figure", "worst", "median", "check", "bytes", "count", "what")
"""Columns that never wrap: narrow screens take their width from the others."""
_DAY_S = 86_400


def console(*, stderr: bool = False) -> Console:
    """Return a console for results (stdout) or for progress and errors (stderr)."""
    stream: IO[str] = sys.stderr if stderr else sys.stdout
    return literal(stderr=stderr, width=None if stream.isatty() else PIPE_WIDTH)


def literal(**options: Any) -> Console:
    """Return a rich Console that shows every text as it is: names of checks, settings and services
    are anything, such as ``errors[db]`` or ``a:b:c``. Styles come from Text alone."""
    return Console(markup=False, emoji=False, highlight=False, theme=THEME, **options)


def shown(value: float, unit: Unit) -> str:
    """Return a figure's value with its unit."""
    if unit is Unit.BYTES:
        return format_bytes(value)
    if unit is Unit.SECONDS:
        return format_duration(value)
    if unit is Unit.MILLISECONDS:
        return format_duration(value / 1000)
    if unit is Unit.SHARE:
        return format_share(value)
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{number} /s" if unit is Unit.PER_SECOND else number


def rates(*per_s: float) -> tuple[list[str], str]:
    """Return how fast something grows, bytes a second, in a unit: by the hour where the first is
    slow."""
    seconds, unit = (60, "min") if per_s[0] * 60 >= MIB / 10 else (3600, "h")
    return [_two_digits(rate * seconds / MIB) for rate in per_s], f"MiB/{unit}"


def _two_digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def away(seconds: float) -> str:
    """Return how far something is in the future."""
    return f"{seconds / _DAY_S:.0f} days" if seconds >= 3 * _DAY_S else format_duration(seconds)


def table(*headings: str, right: tuple[str, ...] = ()) -> Table:
    """Return a plain table: no box, bold headings, some columns aligned to the right."""
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        justify: Literal["left", "right"] = "right" if heading in right else "left"
        grid.add_column(heading, justify=justify, overflow="fold", no_wrap=heading in FIXED)
    return grid


def figures(trial: Trial) -> Table:
    """Return the figures of a trial with worst run, median and source."""
    grid = table("figure", "worst", "median", "source", right=("worst", "median"))
    for name in SHOWN:
        figure = trial.figure(name)
        if figure is not None:
            grid.add_row(*_figure_row(LABELS.get(name, name), figure))
        if name == "need" and trial.split is not None:
            for part, size in (("anon", trial.split.anon), ("shmem", trial.split.shmem),
                               ("kernel", trial.split.kernel)):  # fmt: skip
                grid.add_row(f"  {part}", format_bytes(size), "", Text(SPLIT[part], "dim"))
        if name == "need":
            for service in services(trial):
                part_need = trial.figure(f"need {service}")
                if part_need is not None:
                    grid.add_row(*_figure_row(f"  {service}", part_need))
    return grid


def services(trial: Trial) -> tuple[str, ...]:
    """Return the names of the services that took part, where there are several."""
    parts = trial.runs[0].run.parts if trial.runs else ()
    return tuple(part.service for part in parts) if len(parts) > 1 else ()


def risk_words(risk: float) -> str:
    """Say how probable it is at most that one more run of a pick would fail for its memory."""
    chance = "less than 0.1 %" if risk < 0.001 else f"at most {format_share(risk)}"
    return (
        f"The chance that one more run needs more than is allowed: {chance}, told from the spread "
        "of the needs."
    )


def cap_words(trial: Trial, cap_bytes: int) -> str:
    """Return the cap, and what it limits where there are several services."""
    if not services(trial):
        return format_bytes(cap_bytes)
    each = trial.runs[0].run.cap_for is CapFor.EACH
    return f"{format_bytes(cap_bytes)} {'for each service' if each else 'for all services'}"


def _figure_row(label: str, figure: FigureSummary) -> tuple[str, Text, str, Text]:
    summary = figure.summary
    less_is_worse = figure.name == "headroom" or figure.unit is Unit.PER_SECOND
    worst = shown(summary.min if less_is_worse else summary.max, figure.unit)
    source = figure.source if figure.bias is Bias.NONE else f"{figure.bias}; {figure.source}"
    return label, Text(worst, "bold"), shown(summary.median, figure.unit), Text(source, "dim")


def check_table(verdict: Verdict) -> Table:
    """Return every check with what was observed and what is allowed."""
    grid = table("check", "", "observed", "allowed")
    for finding in verdict.findings:
        observed = f"{finding.observed}, {finding.margin}" if finding.margin else finding.observed
        grid.add_row(
            finding.check,
            Text(finding.ruling, STYLE[finding.ruling]),
            Text(observed),
            Text(finding.allowed, "dim"),
        )
    return grid
