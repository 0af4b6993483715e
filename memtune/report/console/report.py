"""The screen of ``memtune report``."""

from rich.console import Console
from rich.text import Text

from memtune.model.export import ReportResult
from memtune.report.neutral import plain
from memtune.units import format_bytes


def render(console: Console, result: ReportResult) -> None:
    """Print where the page is."""
    said = f"{plain(result.path)}: {plain(result.source)}, {format_bytes(result.bytes)}"
    console.print(Text(said, overflow="fold"), soft_wrap=True)
