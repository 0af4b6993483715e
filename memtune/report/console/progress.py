"""How a session goes, on stderr: a live line on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.text import Text

from memtune.model import Judged, Settings
from memtune.report.console.common import STYLE
from memtune.report.neutral import plain
from memtune.units import format_bytes


class Progress:
    """Shows each run as it starts and ends."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet
        self._status: Status | None = None
        self._begun = 0
        self._base: Settings | None = None

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
        if self._base is None and settings.items:
            self._base = settings
            self._say(f"settings: {settings}")
        self._begun += 1
        text = f"run {self._begun}{self._named(settings)}: {reason}"
        if self._status is not None:
            self._status.update(escape(plain(text)))
        else:
            self._say(text)

    def finished(self, judged: Judged) -> None:
        """A run has ended and is stored."""
        if self._quiet:
            return
        ruling = judged.verdict.ruling
        need = judged.run.measurement.need
        size = format_bytes(need.value) if need else "need unknown"
        decisive = judged.verdict.decisive
        detail = f"{decisive.check}: {decisive.observed}" if decisive else ""
        line = Text(f"  {ruling:<4}", STYLE[ruling])
        line += Text(plain(f" {size:>10}{self._named(judged.run.settings)} "))
        line += Text(plain(detail), "dim")
        self._console.print(line)

    def _named(self, settings: Settings) -> str:
        """The settings, told by how they differ from the first ones."""
        if self._base is None:
            return ""
        difference = settings.beside(self._base)
        return f" with {difference}" if difference else ""

    def _say(self, text: str) -> None:
        if not self._quiet:
            self._console.print(escape(plain(text)), soft_wrap=True)

    def note(self, text: str) -> None:
        """Something is worth a line, quiet or not."""
        self._console.print(escape(plain(text)), style="yellow", soft_wrap=True)
