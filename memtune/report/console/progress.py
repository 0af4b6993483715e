"""How a session goes, on stderr: a live view on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.console import Console
from rich.live import Live
from rich.text import Text

from memtune.model import Judged, Settings
from memtune.model.live import Going
from memtune.report.console.live import View, outcome
from memtune.report.neutral import plain

REDRAWS_PER_S = 4
"""A redraw takes 1-2 ms of the CPU that the sampler needs too."""


class Progress:
    """Shows each run as it starts, goes on and ends."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet
        self._view: View | None = None
        self._begun = 0
        self._base: Settings | None = None

    @contextmanager
    def live(self) -> Iterator["Progress"]:
        """Keep the live view on the screen; it is gone afterwards."""
        # FORCE_COLOR makes rich take a pipe for a terminal
        if self._quiet or not self._console.is_interactive or not self._console.file.isatty():
            yield self
            return
        self._view = View()
        with Live(
            self._view,
            console=self._console,
            transient=True,
            refresh_per_second=REDRAWS_PER_S,
            redirect_stdout=False,
        ):
            self._console.show_cursor()  # it would stay hidden if memtune is killed
            yield self

    def look(self, going: Going) -> AbstractContextManager[object]:
        """Show a run in the live view while the context lasts."""
        return nullcontext() if self._view is None else self._view.look(going)

    def starting(self, settings: Settings, reason: str) -> None:
        """A run begins."""
        if self._view is not None:
            return
        if self._base is None and settings.items:
            self._base = settings
            self._say(f"settings: {settings}")
        self._begun += 1
        difference = settings.beside(self._base) if self._base else ""
        named = f" with {difference}" if difference else ""
        self._say(f"run {self._begun}{named}: {reason}")

    def finished(self, judged: Judged) -> None:
        """A run has ended and is stored."""
        if self._view is not None:
            self._view.finished(judged)
        elif not self._quiet:
            self._console.print(Text("  ") + outcome(judged, self._base))

    def _say(self, text: str) -> None:
        if not self._quiet:
            self._console.print(plain(text), soft_wrap=True)

    def note(self, text: str) -> None:
        """Something is worth a line, quiet or not."""
        self._console.print(plain(text), style="yellow", soft_wrap=True)
