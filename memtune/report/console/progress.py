"""How a session goes, on stderr: a live line on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from memtune.model import Judged, Ruling, Settings
from memtune.report.console.common import STYLE
from memtune.units import format_bytes


class Progress:
    """Shows each run as it starts and ends."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet
        self._status: Status | None = None
        self._done = 0

    @contextmanager
    def live(self) -> Iterator["Progress"]:
        """Keep the live line on the screen; it is gone afterwards."""
        if self._quiet or not self._console.is_terminal:
            yield self
            return
        with self._console.status("starting") as self._status:
            yield self

    def starting(self, settings: Settings, reason: str) -> None:
        """A run begins."""
        text = f"run {self._done + 1}: {reason}" + (f" · {settings}" if settings.items else "")
        if self._status is not None:
            self._status.update(escape(text))
        elif not self._quiet:
            self._console.print(escape(text))

    def finished(self, judged: Judged) -> None:
        """A run has ended and is stored."""
        self._done += 1
        if self._quiet:
            return
        ruling = judged.verdict.ruling
        need = judged.run.measurement.need
        size = format_bytes(need.value) if need else "need unknown"
        failed = next((f for f in judged.verdict.findings if f.ruling is not Ruling.PASS), None)
        detail = f"{failed.check}: {failed.observed}" if failed else str(judged.run.outcome)
        style = STYLE[ruling]
        self._console.print(
            f"  [{style}]{ruling:<4}[/] {size:>10}  {escape(str(judged.run.settings))}"
            f" [dim]{escape(detail)}[/]"
        )

    def note(self, text: str) -> None:
        """Something is worth a line, quiet or not."""
        self._console.print(escape(text), style="yellow")
