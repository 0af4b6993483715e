"""The screen of ``memtune report``."""

from rich.console import Console
from rich.text import Text

from memtune.model.export import ReportResult
from memtune.report.neutral import plain
from memtune.units import format_bytes


def render(console: Console, result: ReportResult) -> None:
    """Print where the page is, or its charts."""
    for one in result.files:
        said = f"{plain(one.path)}: {plain(result.source)}, {format_bytes(one.bytes)}"
        console.print(Text(said, overflow="fold"), soft_wrap=True)
