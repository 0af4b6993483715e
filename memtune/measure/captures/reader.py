"""Has captures read by another process: memray's reader is C++ code, and what a workload leaves
among its captures can end it. Knows nothing of what is in them."""

import signal
import subprocess
import sys
from collections.abc import Callable, Collection
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol, Self

from memtune.measure.captures import read
from memtune.measure.captures.read import Capture, Held, Site

_LIMIT_S = 300
_MODULE = "memtune.measure.captures.reader"


class UnreadableError(Exception):
    """A capture that memray cannot read, or not all of it."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path.name}: unreadable capture: {why}")
        self.path = path
        self.why = why


class Captures(Protocol):
    """Reads what processes left."""

    def read(self, path: Path) -> Capture | str:
        """Return a capture, or in words why it is none."""
        ...

    def held_at(self, capture: Capture, at_ms: int | None, had: int = 0) -> dict[Site, Held]:
        """As ``read.held_at``. Raises UnreadableError."""
        ...

    def mapped_at(self, capture: Capture, starts: Collection[int]) -> dict[int, Site]:
        """As ``read.mapped_at``. Raises UnreadableError."""
        ...


class Reader:
    """One process that reads captures, one after another, from the first that is asked for; where
    it dies another takes its place."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._line: Connection[Any, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end(at_once=True)  # where somebody interrupts it is still reading

    def read(self, path: Path) -> Capture | str:
        """Return a capture, or in words why it is none."""
        try:
            found: Capture | str = self._ask("read", path, path)
        except UnreadableError as error:
            return f"unreadable capture: {error.why}"
        return found

    def held_at(self, capture: Capture, at_ms: int | None, had: int = 0) -> dict[Site, Held]:
        """As ``read.held_at``. Raises UnreadableError."""
        found: dict[Site, Held] = self._ask("held_at", capture.path, capture, at_ms, had)
        return found

    def mapped_at(self, capture: Capture, starts: Collection[int]) -> dict[int, Site]:
        """As ``read.mapped_at``. Raises UnreadableError."""
        found: dict[int, Site] = self._ask("mapped_at", capture.path, capture, frozenset(starts))
        return found

    def _ask(self, what: str, path: Path, *given: object) -> Any:
        line = self._line or self._begin()
        try:
            line.send((what, *given))
            if not line.poll(_LIMIT_S):
                self._end(at_once=True)
                raise UnreadableError(path, f"memray took longer than {_LIMIT_S} s")
            answer, problem = line.recv()
        except (EOFError, OSError):
            raise UnreadableError(path, f"memray {self._end()} over it") from None
        if problem:
            raise UnreadableError(path, problem)
        return answer

    def _begin(self) -> "Connection[Any, Any]":
        self._line, theirs = Pipe()
        with theirs:
            # In a session of its own, for Ctrl-C ends a command in good order.
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return self._line

    def _end(self, *, at_once: bool = False) -> str:
        """End the process, and say how it ended."""
        line, child = self._line, self._child
        self._line = self._child = None
        if line is None or child is None:
            return "was not there"
        line.close()
        if at_once:
            child.kill()
        status = child.wait()
        return f"died of {signal.Signals(-status).name}" if status < 0 else f"ended ({status})"


_READS: dict[str, Callable[..., object]] = {
    "read": read.read,
    "held_at": read.held_at,
    "mapped_at": read.mapped_at,
}


def _serve(line: "Connection[Any, Any]") -> None:
    """Answer until nobody asks any more."""
    while True:
        try:
            what, *given = line.recv()
        except EOFError:
            return
        try:
            line.send((_READS[what](*given), ""))
        except Exception as error:  # noqa: BLE001 - a capture may hold anything
            line.send((None, f"{type(error).__name__}: {error}"))


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))
