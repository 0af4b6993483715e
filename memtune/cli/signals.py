"""SIGINT, SIGTERM and SIGHUP: the first ends the run in hand cleanly, a second ends at once."""

import signal
from types import FrameType

from memtune.signals import handle

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Cancellation:
    """Whether the user asked to stop; callable, so that it can be handed down as a question."""

    def __init__(self) -> None:
        self._asked = False
        self._running = False

    def install(self) -> "Cancellation":
        """Take the signals over for the rest of the process."""
        handle(_SIGNALS, self._handle)
        return self

    def __call__(self) -> bool:
        """Return whether a signal came."""
        self._running = True  # somebody asks: the first signal need not interrupt
        return self._asked

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again, self._asked = self._asked, True
        if again or not self._running:
            raise KeyboardInterrupt
