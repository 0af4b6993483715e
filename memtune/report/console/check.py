"""The screen of ``memtune check``."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from memtune.model import Gated, GateResult
from memtune.report import gated as words
from memtune.report.console.common import STYLE, table
from memtune.report.neutral import plain

_LABEL = 13
"""Columns for the names of facts."""


def render(console: Console, result: GateResult) -> None:
    """Print the table of all scenarios, and of each that did not pass why."""
    console.print(_title(result))
    console.print()
    console.print(_table(result))
    for one in words.telling(result):
        console.print()
        _details(console, one)
    for scenario, note in words.asides(result):
        console.print()
        console.print(Text(plain(f"note on {scenario}: {note}")))
    console.print()
    console.print(Text(result.ruling.upper(), STYLE[result.ruling]) + f"  {words.counts(result)}")


def _title(result: GateResult) -> Text:
    commit = f", commit {plain(words.commit(result))}" if result.commit else ""
    return Text(f"{plain(result.file)}{commit}", "bold")


def _table(result: GateResult) -> Table:
    right = ("base", "now", "growth (95 %)", "ceiling", "runs")
    grid = table("scenario", *right, "", right=right)
    for column in grid.columns[1:]:
        column.no_wrap = column.header != "growth (95 %)"
    for one in result.scenarios:
        grid.add_row(
            Text(plain(one.scenario)),
            words.typical(one.base),
            words.typical(one.head),
            words.growth(one),
            words.ceiling(one),
            words.runs(one),
            _ruling(one),
        )
    return grid


def _ruling(one: Gated) -> Text:
    return Text(words.word(one), "bold yellow" if one.warned else STYLE[one.ruling])


def _details(console: Console, one: Gated) -> None:
    console.print(_ruling(one) + Text(f"  {plain(one.scenario)}", "bold"))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(min_width=_LABEL, no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, text in words.facts(one):
        grid.add_row(name, Text(plain(text)))
    console.print(_indented(grid))
    if words.grown(one):
        console.print(_indented(Text(words.sites_heading(one), "dim")))
        console.print(Padding(_sites(one), (0, 0, 0, 4), expand=False))
    for name, command in words.commands(one):
        console.print(_indented(Text(name, "dim")))
        # Never folded, so that it can be copied.
        console.print(Text(f"    {plain(command)}", "bold"), soft_wrap=True)


def _indented(part: Table | Text) -> Padding:
    return Padding(part, (0, 0, 0, 2), expand=False)


def _sites(one: Gated) -> Table:
    """Foreign text stands in one column alone: halves of a command for a CI system that are folded
    in two columns would meet in one line."""
    headings, rows = words.sites_table(one)
    grid = table(*headings, right=headings[:-1])
    for column in grid.columns[:-1]:
        column.no_wrap = True
    for row in rows:
        grid.add_row(*row[:-1], Text(plain(row[-1])))
    return grid
