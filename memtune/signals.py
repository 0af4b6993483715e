"""Handlers of signals that run at once, whatever the main thread waits for.

Linux gives a signal to whichever thread of a process comes by first. Where that is another one, the
system call that the main thread waits in begins anew; and as Python runs handlers in the main
thread alone, none runs before that call returns: a Ctrl-C would be lost.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from types import FrameType

_WAKES = signal.SIGURG
"""Ignored unless asked for, and used by nothing here; Go's runtime takes it for the same reasons:
https://github.com/golang/proposal/blob/master/design/24543-non-cooperative-preemption.md"""
_AGAIN_S = 0.05


def handle(
    numbers: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], None]
) -> None:
    """Install a handler for the rest of the process; to be called once, in the main thread."""
    for number in numbers:
        signal.signal(number, handler)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_Waker(reading).work, name="signals", daemon=True).start()


class _Waker:
    """Interrupts what the main thread waits in, each time that any thread took a signal."""

    def __init__(self, reading: int) -> None:
        self._reading = reading
        self._woken = False
        signal.signal(_WAKES, self._wake)

    def work(self) -> None:
        """Read the numbers of signals as they come."""
        main = threading.main_thread().ident
        assert main is not None
        while taken := os.read(self._reading, 64):
            if all(number == _WAKES for number in taken):
                continue
            self._woken = False
            while not self._woken:  # it may have been about to wait, and not have seen the first
                signal.pthread_kill(main, _WAKES)
                time.sleep(_AGAIN_S)

    def _wake(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._woken = True
