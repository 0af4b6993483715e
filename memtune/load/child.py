"""The process that makes the load, locust's or the user's command: its start, output and end."""

import json
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

from memtune.model import Scalar
from memtune.signals import handle

BEGUN = "begun"
"""What locust's process writes when the warm-up is over; its last line is the figures."""
_TAIL_BYTES = 64 * 1024
_SETTLE_S = 1.0
"""What a program left behind may still write for so long after its end."""


class Children:
    """The processes that have to end with this one."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []
        self._starting = False
        self._signal = 0

    def end_on_signals(self) -> None:
        """Make SIGTERM, SIGINT and SIGHUP end all processes and this one at once."""
        handle((signal.SIGTERM, signal.SIGINT, signal.SIGHUP), self._end)

    def execute(self, command: Sequence[str], hear: Callable[[bytes], None]) -> int:
        """Execute a program; hand on what it writes to stdout as it comes; return its status.

        A program that a signal ended has status 128 + signal, as in a shell.
        """
        process = self._start(command)
        reader = threading.Thread(target=_read, args=(process, hear), daemon=True)
        reader.start()
        status = process.wait()
        reader.join(_SETTLE_S)
        _kill(process)
        self._running.remove(process)
        return status if status >= 0 else 128 - status

    def _start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        self._starting = True
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
            )
            self._running.append(process)
        finally:
            self._starting = False
            if self._signal:
                self._end(self._signal, None)
        return process

    def _end(self, number: int, _: FrameType | None) -> None:
        if self._starting:  # nobody knows yet whom to end
            self._signal = number
            return
        for process in self._running:
            _kill(process)
        os._exit(128 + number)


class Tail:
    """The last line of what a program wrote."""

    def __init__(self) -> None:
        self._kept = b""

    def add(self, chunk: bytes) -> None:
        """Add what was written."""
        self._kept = (self._kept + chunk)[-_TAIL_BYTES:]

    @property
    def ends_its_line(self) -> bool:
        """Whether nothing was written, or the last line is complete."""
        return self._kept[-1:] in (b"", b"\n")

    def figures(self) -> dict[str, Scalar]:
        """Return the scalars of the JSON object on the last line; none if there is no such."""
        last = self._kept.decode("utf-8", "replace").strip().rpartition("\n")[2]
        try:
            found = json.loads(last)
        except (ValueError, RecursionError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {name: value for name, value in found.items() if _is_scalar(value)}


def _is_scalar(value: object) -> bool:
    """Whether JSON can hold it: Python also reads NaN and infinities, which are none."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int | str)


def write_through(chunk: bytes) -> None:
    """Write a program's output to this one's."""
    sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


def _read(process: subprocess.Popen[bytes], hear: Callable[[bytes], None]) -> None:
    assert process.stdout is not None
    while chunk := os.read(process.stdout.fileno(), 65536):
        hear(chunk)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill all that is left of a program and of what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
