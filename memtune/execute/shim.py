"""The host's side of the talk with the shim: its text, its nonce, its reports."""

import secrets
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

STDOUT, STDERR = 1, 2
TAIL_BYTES = 64 * 1024
"""How much of each stream is kept: its end."""


@cache
def script() -> str:
    """Return the shim, to be executed as ``sh -c SCRIPT memtune-shim MEMORY PIDS COMMAND...``."""
    return (files("memtune.execute") / "shim.sh").read_text()


def command_line(memory: str, pids: str, command: tuple[str, ...]) -> list[str]:
    """Return the words that start the shim with the workload's command.

    ``memory`` and ``pids`` are the control group's directories as seen from inside.
    """
    return ["/bin/sh", "-c", script(), "memtune-shim", memory, pids, *command]


@dataclass
class Transcript:
    """What came out of a run so far: the shim's reports, and the ends of both streams."""

    nonce: str = field(default_factory=lambda: secrets.token_hex(16))
    reports: dict[str, dict[str, str]] = field(default_factory=dict)
    """Report name -> its fields, such as ``ended`` -> ``{"status": "0", ...}``."""
    stdout: bytes = b""
    stderr: bytes = b""
    _partial: bytes = b""

    def feed(self, stream: int, data: bytes) -> None:
        """Take in a chunk of a stream."""
        if stream == STDOUT:
            self.stdout = (self.stdout + data)[-TAIL_BYTES:]
            return
        marker = f"{self.nonce} ".encode()
        pending = self._partial + data
        while (start := pending.find(marker)) >= 0:
            end = pending.find(b"\n", start + len(marker))
            if end < 0:
                break
            self._keep(pending[:start])
            self._report(pending[start + len(marker) : end].decode("ascii", "replace"))
            pending = pending[end + 1 :]
        # What could be the beginning of a report stays until the next chunk.
        held = len(pending) - start if start >= 0 else min(len(pending), len(marker))
        self._keep(pending[: len(pending) - held])
        self._partial = pending[len(pending) - held :]

    def finish(self) -> None:
        """Take what was held back as output: nothing more comes."""
        self._keep(self._partial)
        self._partial = b""

    def number(self, report: str, key: str) -> int | None:
        """Return a number of a report; None where the shim could not read it."""
        text = self.reports.get(report, {}).get(key, "-")
        return int(text) if text.isdigit() else None

    def _keep(self, data: bytes) -> None:
        self.stderr = (self.stderr + data)[-TAIL_BYTES:]

    def _report(self, line: str) -> None:
        name, *fields = line.split()
        self.reports[name] = dict(word.partition("=")[::2] for word in fields)
