"""The screen of ``memtune export``."""

from rich.console import Console
from rich.text import Text

from memtune.model.export import ExportResult
from memtune.report.neutral import plain

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def render(console: Console, result: ExportResult) -> None:
    """Print how the file changes, what it does not say, and whether it was written."""
    title = Text(plain(f"{result.source} of {result.workload} as {result.format}"), "bold")
    console.print(title + Text(f"\n{plain(str(result.settings))}", "dim"))
    console.print()
    for line in result.diff:
        # To be copied and piped: never folded.
        text = Text(plain(line), _STYLES.get(line[:1], ""), no_wrap=True, overflow="ignore")
        console.print(text, soft_wrap=True, crop=False)
    if result.diff:
        console.print()
    for note in result.notes:
        console.print(Text(plain(f"note: {note}"), "yellow"))
    console.print(_end(result))


def _end(result: ExportResult) -> Text:
    if result.written:
        return Text("written: ", "bold green") + Text(plain(result.path))
    if not result.diff:
        return Text("unchanged: ", "bold") + Text(plain(result.path))
    return Text("not written: ", "bold yellow") + Text(plain(result.path))
