"""Screens of README.md: each is made by a command, or it is said why it is kept; how they are
made."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import memtune.__main__  # noqa: F401 - it registers the commands
from memtune.cli.app import main as run
from memtune.errors import ExitCode
from scripts.screens import (
    README,
    ROOT,
    Screen,
    ScreenError,
    executed,
    replaced,
    screens,
    shown,
    wanted,
)

DOCUMENT = README.read_text()
KEPT = ["memtune profile workload.yaml --soak 10m", "make impact", "memtune watch web"]
"""What is not made again with the others."""
COMMAND = re.compile(r"(memtune|make|pip) ")
MARKED = """before

<!-- screen from "b" to "  d": printf 'a\\nb  \\nc\\n  d\\ne\\n' -->
```
old
```

<!-- screen: echo all -->
```
```
"""


def test_every_screen_of_the_readme_is_made_or_kept() -> None:
    bare = [
        first
        for before, first in blocks(DOCUMENT)
        if not COMMAND.match(first) and not before.startswith(("<!-- screen", "<!-- kept: "))
    ]

    assert bare == []
    assert set(re.findall(r"^<!-- kept: (.+): .+ -->\n```$", DOCUMENT, re.MULTILINE)) <= set(KEPT)
    assert len(screens(DOCUMENT)) == DOCUMENT.count("<!-- screen")


def test_a_screen_without_a_mark_is_seen() -> None:
    bare = MARKED.replace("<!-- screen: echo all -->", "Prints:")

    assert [before[:11] for before, _ in blocks(MARKED)] == ["<!-- screen", "<!-- screen"]
    assert [before for before, _ in blocks(bare)][1] == "Prints:"


def blocks(document: str) -> Iterator[tuple[str, str]]:
    """The line before each block without a language, and the first line in it."""
    lines = document.splitlines()
    fences = [number for number, line in enumerate(lines) if line.startswith("```")]
    for opening in fences[::2]:
        if lines[opening] == "```":
            yield lines[opening - 1], lines[opening + 1]


@pytest.mark.parametrize("command", [screen.command for screen in screens(DOCUMENT)])
def test_the_command_of_a_screen_is_one(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(command.split("&&")[-1])

    code = run([*words[1:], "--help"])

    assert words[0] == "memtune"
    assert (code, capsys.readouterr().err) == (ExitCode.PASS, "")


def test_a_screen_is_what_its_command_prints_or_a_part_of_it(tmp_path: Path) -> None:
    document = MARKED
    for screen in screens(document):
        document = replaced(
            document, screen, shown(executed(screen.command, tmp_path), screen, tmp_path)
        )

    assert [text(document, screen) for screen in screens(document)] == ["b\nc\n  d\n", "all\n"]
    assert document.startswith("before\n\n<!-- screen from")


def text(document: str, screen: Screen) -> str:
    return document[screen.start : screen.end]


def test_words_choose_among_the_screens() -> None:
    assert [screen.command for screen in wanted(MARKED, ["all"])] == ["echo all"]
    assert len(list(wanted(MARKED, []))) == 2


def test_commands_see_a_shell_of_one_width_without_colours(tmp_path: Path) -> None:
    assert executed('echo "$COLUMNS $NO_COLOR $PWD"', tmp_path) == f"120 1 {tmp_path}\n"


def test_paths_stand_as_from_the_checkout(tmp_path: Path) -> None:
    [_, screen] = screens(MARKED)

    assert shown(f"{tmp_path}/a/b {tmp_path}\n", screen, tmp_path) == "a/b .\n"


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        (f"in {ROOT}/x", "of this machine is in it"),
        (f"in {Path.home()}", "of this machine is in it"),
        ("", "nothing that a block can show"),
        ("```", "nothing that a block can show"),
    ],
)
def test_what_does_not_belong_into_a_readme_is_refused(
    tmp_path: Path, printed: str, why: str
) -> None:
    [_, screen] = screens(MARKED)

    with pytest.raises(ScreenError, match=why):
        shown(printed, screen, tmp_path)


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    [part, whole] = screens(MARKED)

    with pytest.raises(ScreenError, match="no line begins with 'b'"):
        shown("a\n", part, tmp_path)
    with pytest.raises(ScreenError, match="the mark is gone"):
        replaced("", whole, "text")
    with pytest.raises(ScreenError, match="ended with 3"):
        executed("exit 3", tmp_path)
