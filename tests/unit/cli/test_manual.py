"""``memtune --help`` and the help of each command: complete, true, and readable at 80 columns."""

import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import typer.main

import memtune.__main__  # noqa: F401 - it registers the commands
from memtune.cli.app import app
from memtune.cli.app import main as run
from memtune.cli.manual import COMMANDS, SECTIONS
from memtune.errors import ExitCode
from memtune.units import parse_bytes, parse_duration, parse_share

BIN = Path(sys.executable).parent
MEMTUNE: Any = typer.main.get_command(app)


def leaves(group: Any = MEMTUNE, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of each command, such as ("baseline", "update")."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, (*before, name))
        else:
            yield (*before, name)


def command(words: tuple[str, ...]) -> Any:
    found = MEMTUNE
    for word in words:
        found = found.commands[word]
    return found


def examples(words: tuple[str, ...]) -> list[str]:
    return re.findall(r"^  (.+)$", command(words).epilog or "", re.MULTILINE)


def test_the_manual_lists_each_command_once() -> None:
    listed = [name for names in COMMANDS.values() for name in names]

    assert sorted(listed) == sorted(MEMTUNE.commands)


def test_the_manual_tells_each_exit_code() -> None:
    assert list(SECTIONS["Exit codes"]) == [str(code.value) for code in ExitCode]


def test_values_of_the_manual_are_understood() -> None:
    assert [parse_bytes(size) for size in ("512MiB", "1.5GiB", "128MB", "512m")] == [
        2**29,
        3 * 2**29,
        128_000_000,
        2**29,
    ]
    assert [parse_duration(time) for time in ("250ms", "90s", "10m", "2h")] == [0.25, 90, 600, 7200]
    assert parse_share("20%") == parse_share("0.2")


@pytest.mark.parametrize("words", list(leaves()), ids=" ".join)
def test_a_command_has_examples_that_are_commands(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = examples(words)

    assert shown
    for line in shown:
        [own] = [part for part in line.split(" | ") if part.startswith("memtune ")]
        assert tuple(shlex.split(own)[1:])[: len(words)] == words
        code = run([*parsed(own), "--help"])  # wrong options are refused before help is shown
        assert (code, capsys.readouterr().err) == (ExitCode.PASS, ""), line


def parsed(line: str) -> list[str]:
    """The words of an example without its program and where its output goes."""
    words = shlex.split(line.partition(" > ")[0])[1:]
    return words[: words.index("--")] if "--" in words else words


@pytest.mark.parametrize("words", list(leaves()), ids=" ".join)
def test_what_a_command_takes_is_explained(words: tuple[str, ...]) -> None:
    for parameter in command(words).params:
        assert parameter.help, parameter.name
        metavar = parameter.metavar or ""
        if parameter.default is None and metavar in ("SIZE", "TIME", "SHARE", "RATE"):
            assert re.search(r"\belse\b|such as \d|\d+[a-z%]", parameter.help), parameter.name


def test_each_command_says_in_a_line_what_it_is_for() -> None:
    for name, one in MEMTUNE.commands.items():
        short = one.get_short_help_str(200)
        assert len(short) <= 63, name
        assert short.endswith("."), name


@pytest.mark.parametrize("words", [(), *leaves()], ids=" ".join)
def test_help_fits_eighty_columns(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    run([*words, "--help"])

    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []


def test_help_is_the_same_on_a_terminal() -> None:
    environment = os.environ | {"COLUMNS": "80", "TERM": "xterm-256color"}
    piped = subprocess.run(
        [BIN / "memtune", "--help"], env=environment, capture_output=True, check=True
    )
    near, far = pty.openpty()
    shown = subprocess.Popen([BIN / "memtune", "--help"], env=environment, stdout=far, stderr=far)
    os.close(far)
    said = b""
    with suppress(OSError):  # how a terminal ends that nobody has open
        while more := os.read(near, 4096):
            said += more
    os.close(near)

    assert shown.wait() == ExitCode.PASS
    assert said.replace(b"\r\n", b"\n") == piped.stdout
