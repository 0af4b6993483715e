"""The live view on a terminal, and plain lines without one."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyte
import pytest

COLUMNS, ROWS = 80, 24
BAR = "░"
HOLDS = "import time; x = b'1' * (30 << 20); time.sleep(1.5)"
Memtune = Callable[..., subprocess.CompletedProcess[str]]


class Terminal:
    """A terminal of 80 x 24 that remembers what has scrolled away."""

    def __init__(self, descriptor: int) -> None:
        self.screen = pyte.HistoryScreen(COLUMNS, ROWS, history=1000)
        self._stream = pyte.ByteStream(self.screen)
        self._descriptor = descriptor
        self.saw_memory = False

    def reads(self) -> bool:
        """Take in what was written meanwhile; False when nobody writes any more."""
        with suppress(OSError):  # Linux tells so that the other side is closed
            if data := os.read(self._descriptor, 65536):
                self._stream.feed(data)
                self.saw_memory |= any(BAR in line for line in self.all())
                return True
        return False

    def shown(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def all(self) -> list[str]:
        above = ["".join(line[x].data for x in range(COLUMNS)) for line in self.screen.history.top]
        return [line.rstrip() for line in above] + self.shown()

    def live(self) -> list[str]:
        """What is left of the view."""
        return [line for line in self.all() if line.startswith(("now  ", "memory  ", "time  "))]


@contextmanager
def on_a_terminal(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    command = [sys.executable, "-m", "memtune", *words]
    env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=env | {"TERM": "xterm-256color"},
    )
    os.close(theirs)
    try:
        yield process, Terminal(ours)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(ours)


def test_a_terminal_shows_memory_beside_the_cap_and_afterwards_the_result_alone(
    tmp_path: Path,
) -> None:
    words = ("profile", "--cap", "64MiB", "-n", "1", "--", "python", "-c", HOLDS)

    with on_a_terminal(tmp_path, *words) as (process, terminal):
        while terminal.reads():
            pass
        code = process.wait()

    assert (code, terminal.saw_memory) == (0, True)
    assert any(line.startswith("python, 1 run under 64 MiB") for line in terminal.all())
    assert not terminal.live()
    assert not terminal.screen.cursor.hidden


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_terminal_can_be_used_after_memtune_was_ended(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    words = ("profile", "--cap", "64MiB", "--", "python", "-c", HOLDS)

    with on_a_terminal(tmp_path, *words) as (process, terminal):
        while not terminal.saw_memory and terminal.reads():
            pass
        process.send_signal(number)
        while terminal.reads():
            pass
        ended = process.wait()

    assert ended == code
    assert not terminal.screen.cursor.hidden
    if number is signal.SIGINT:
        assert not terminal.live()
        assert terminal.shown()[-1].startswith("error: interrupted")


@pytest.mark.parametrize("env", [{}, {"FORCE_COLOR": "1"}])
def test_without_a_terminal_there_are_plain_lines(memtune: Memtune, env: dict[str, str]) -> None:
    done = memtune("profile", "--cap", "64MiB", "-n", "1", "--", "true", env=env)

    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in done.stderr.splitlines()]
    assert lines[:2] == ["run 1: warms the page cache, not counted", "run 2: run 1 of 1"]
    assert lines[2].startswith("  pass ")
    assert "\x1b" not in "".join(lines)
