"""The screen of ``memtune baseline``."""

from statistics import median

from rich.console import Console
from rich.table import Table

from memtune.model import Baseline, BaselineResult, Recorded
from memtune.report.neutral import plain
from memtune.units import format_bytes, format_growth


def render(console: Console, result: BaselineResult) -> None:
    """Print what became of each baseline, and what to do next."""
    table = Table("scenario", "before", "now", "change", "", box=None, pad_edge=False)
    for one in result.recorded:
        table.add_row(*_row(one))
    for name in result.removed:
        table.add_row(plain(name), "", "", "", "dropped: no such scenario")
    console.print(table)
    for one in result.recorded:
        if one.now is None and one.gated is not None:
            _refused(console, one)
    written = result.removed or [one for one in result.recorded if one.now]
    if written:
        console.print(f"\nWritten: {plain(result.file)}. Commit it.", soft_wrap=True)


def _row(one: Recorded) -> tuple[str, ...]:
    change = ""
    if one.before and one.now:
        change = format_growth(median(one.now.need_bytes) / median(one.before.need_bytes) - 1)
    what = f"recorded from {len(one.now.need_bytes)} runs" if one.now else "refused, kept as it was"
    if one.now is None and one.before is None:
        what = "refused"
    return plain(one.scenario), _typical(one.before), _typical(one.now), change, what


def _typical(baseline: Baseline | None) -> str:
    return format_bytes(median(baseline.need_bytes)) if baseline else "-"


def _refused(console: Console, one: Recorded) -> None:
    assert one.gated is not None
    for finding in one.gated.findings:
        if finding.cause is not None or (one.gated.warned and finding.check == "growth"):
            said = f"{finding.check}: {finding.observed}; allowed: {finding.allowed}"
            console.print(f"\n{plain(one.scenario)}: {plain(said)}", soft_wrap=True)
    if one.gated.accept:
        console.print(f"to accept it: {plain(one.gated.accept)}", soft_wrap=True)
