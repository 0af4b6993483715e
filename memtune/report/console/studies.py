"""The screen of ``memtune studies``."""

from rich.console import Console
from rich.text import Text

from memtune.model import Ruling
from memtune.model.stored import Listed, State, Studies
from memtune.report.console.common import STYLE, table
from memtune.report.neutral import plain

WIDE = 100
"""Columns from which on the time has one of its own; each id begins with it too."""


def render(console: Console, found: Studies) -> None:
    """Print one line for each study, the latest first."""
    if not found.studies:
        console.print("There are no studies in .memtune yet.")
        return
    wide = console.width >= WIDE
    when = ["when (UTC)"] if wide else []
    grid = table("study", *when, "command", "workload", "runs", "result", right=("runs",))
    for heading in ("study", "when (UTC)", "command", "runs"):
        for column in grid.columns:
            column.no_wrap = column.no_wrap or column.header == heading
    for one in found.studies:
        started = [one.started_at[:16].replace("T", " ")] if wide else []
        grid.add_row(
            one.id, *started, one.command, Text(plain(one.workload)), str(one.runs), _result(one)
        )
    console.print(grid)


def _result(one: Listed) -> Text:
    if one.state is not State.FINISHED:
        return Text(one.state, "yellow")
    if not one.ruling:
        return Text(one.state, "dim")
    return Text(one.ruling, STYLE[Ruling(one.ruling)]) + Text(f"  {plain(one.says)}")
