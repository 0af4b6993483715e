"""The screen of ``memtune show`` for a study without a result."""

from rich.console import Console
from rich.text import Text

from memtune.model.stored import State, Tried, Unfinished
from memtune.report.console.common import table
from memtune.report.neutral import plain
from memtune.units import format_bytes

SHOWN = 40
"""Settings; the last ones, where there are more."""
NEXT = {
    State.RUNNING: "It goes on.",
    State.RESUMABLE: "It has no result: the same `memtune {command}` continues it.",
    State.INTERRUPTED: "It has no result, and no command continues it.",
    State.FINISHED: "It leaves nothing else to be printed again.",
}


def render(console: Console, found: Unfinished) -> None:
    """Print each settings that was tried, how often it passed, and what it needed."""
    study, tried = found.study, found.tried
    console.print(
        Text(f"{study.command} of {plain(study.workload)}", "bold")
        + Text(f": {study.state}, {len(tried)} settings in {sum(one.runs for one in tried)} runs")
        + Text(f"\nstudy {study.id}", "dim")
    )
    console.print()
    grid = table("need", "passed", "settings", right=("need", "passed"))
    for one in tried[-SHOWN:]:
        grid.add_row(_need(one), f"{one.passed} of {one.runs}", Text(plain(one.settings) or "-"))
    console.print(grid)
    if len(tried) > SHOWN:
        console.print(Text(f"and {len(tried) - SHOWN} before these (--json has all)", "dim"))
    console.print()
    console.print(NEXT[study.state].format(command=study.command))


def _need(one: Tried) -> str:
    if one.least_bytes is None or one.most_bytes is None:
        return "-"
    least, most = format_bytes(one.least_bytes), format_bytes(one.most_bytes)
    return most if least == most else f"{least} to {most}"
