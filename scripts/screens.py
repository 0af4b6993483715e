"""Executes the commands whose screens README.md shows, and puts what they print in their place.

    python -m scripts.screens [WORD...]

Before a block stands the shell command that prints it, and where a part is enough, how the first
and the last of its lines begin:

    <!-- screen: memtune platforms -->
    <!-- screen from "Recommended:" to "throughput": memtune recommend face -->

or ``<!-- kept: COMMAND: WHY -->`` where it takes too long, or another machine. With words, only the
screens whose commands contain one of them are made. Commands are executed in their order in one
clone of this checkout's HEAD, with its memtune, 120 columns wide; each screen is written before the
next is made.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from memtune.errors import ExitCode
from memtune.files import write_whole

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
COLUMNS = 120
ANSWERS = (ExitCode.PASS, ExitCode.FAIL, ExitCode.INFEASIBLE)
"""Other codes are no result that a README could show."""
_MARK = re.compile(
    r'^<!-- screen(?: from "(?P<first>[^"]+)")?(?: to "(?P<last>[^"]+)")?: (?P<command>.+) -->\n'
    r"```\n(?P<text>(?:.*\n)*?)```$",
    re.MULTILINE,
)


class ScreenError(Exception):
    """A screen cannot be made."""


@dataclass(frozen=True)
class Screen:
    """One block of output in a document."""

    command: str
    """For a shell."""
    first: str | None
    """How the first line that is shown begins; None for the first of all."""
    last: str | None
    """How the last line that is shown begins; None for the last of all."""
    start: int
    """Of its text in the document."""
    end: int


def screens(document: str) -> list[Screen]:
    """Return the marked screens of a document."""
    return [
        Screen(match["command"], match["first"], match["last"], *match.span("text"))
        for match in _MARK.finditer(document)
    ]


def shown(printed: str, screen: Screen, clone: Path) -> str:
    """Return the part of what a command printed that a screen shows, with paths as from the
    checkout. Raises ScreenError where a line that bounds it is missing, or nothing is left."""
    text = printed.replace(f"{clone}/", "").replace(str(clone), ".")
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    first = _place(lines, screen.first, 0)
    last = len(lines) - 1 if screen.last is None else _place(lines, screen.last, first)
    part = "".join(f"{line}\n" for line in lines[first : last + 1])
    if not part or "```" in part:
        raise ScreenError(f"nothing that a block can show: {screen.command}")
    if foreign := [path for path in (str(ROOT), str(Path.home())) if path in part]:
        raise ScreenError(f"{foreign[0]} of this machine is in it: {screen.command}")
    return part


def _place(lines: Sequence[str], beginning: str | None, start: int) -> int:
    if beginning is None:
        return start
    for number, line in enumerate(lines[start:], start):
        if line.lstrip().startswith(beginning.lstrip()):
            return number
    raise ScreenError(f"no line begins with {beginning!r}")


def replaced(document: str, screen: Screen, text: str) -> str:
    """Return a document with another text in a screen's block; wherever the block is now.

    Raises ScreenError where its mark is gone.
    """
    for now in screens(document):
        if (now.command, now.first, now.last) == (screen.command, screen.first, screen.last):
            return document[: now.start] + text + document[now.end :]
    raise ScreenError(f"the mark is gone: {screen.command}")


def executed(command: str, clone: Path) -> str:
    """Return what a command prints in a clone. Raises ScreenError where it has no result."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": str(COLUMNS),
        "NO_COLOR": "1",
    }
    ended = subprocess.run(
        ["bash", "-c", command],
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ended.returncode not in ANSWERS:
        raise ScreenError(f"ended with {ended.returncode}: {command}")
    return ended.stdout


def wanted(document: str, words: Sequence[str]) -> Iterator[Screen]:
    """Yield the screens whose commands contain one of the words; all where there are none."""
    for screen in screens(document):
        if not words or any(word in screen.command for word in words):
            yield screen


def main(words: Sequence[str]) -> int:
    """Make the screens of README.md; 0 where all could be made."""
    missed = 0
    with TemporaryDirectory(prefix="screens-") as scratch:
        clone = Path(scratch) / ROOT.name
        subprocess.run(["git", "clone", "--quiet", "--local", ROOT, clone], check=True)
        for screen in wanted(README.read_text(), words):
            print(f"$ {screen.command}", file=sys.stderr)
            try:
                text = shown(executed(screen.command, clone), screen, clone)
                write_whole(README, replaced(README.read_text(), screen, text).encode())
            except ScreenError as error:
                print(f"not made: {error}", file=sys.stderr)
                missed += 1
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
