"""The screen of ``memtune doctor``."""

from rich.console import Console
from rich.text import Text

from memtune.model import Probe
from memtune.report.console.common import table


def render(console: Console, probes: list[Probe]) -> None:
    """Print each probe with what was found, and what to do where something is missing."""
    grid = table("", "what", "found")
    for probe in probes:
        mark = Text("ok", "bold green") if probe.ok else Text("no", "bold red")
        grid.add_row(mark, probe.name, Text(probe.found))
        if not probe.ok and probe.hint:
            grid.add_row("", "", Text(f"hint: {probe.hint}", "yellow"))
    console.print(grid)
