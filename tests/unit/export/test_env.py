"""``.env`` files, read by those who read them: sh, python-dotenv, Node."""

import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from dotenv import dotenv_values

from memtune.errors import UsageError
from memtune.export.env import write
from tests.unit.export.deployments import HOSTILE, deployment, program

NODE = shutil.which("node")


def by_dotenv(text: str) -> dict[str, str | None]:
    return dict(dotenv_values(stream=io.StringIO(text)))


def by_sh(file: Path) -> str:
    done = subprocess.run(
        ["sh", "-c", f'set -a; . "{file}"; printf %s "$V"'],
        env={"HOME": "/home/x", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr
    return done.stdout


def by_node(file: Path) -> str:
    assert NODE is not None
    script = "console.log(JSON.stringify(process.env.V))"
    command = [NODE, f"--env-file={file}", "-e", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout))


@pytest.mark.parametrize("value", HOSTILE)
def test_readers_agree_on_a_value_or_it_is_refused(value: str, tmp_path: Path) -> None:
    # given a value that one reader or another takes for more than text
    where = deployment(program({"V": value}))

    # when it is written, unless there is no way that all understand
    if "\\" in value or "${" in value or value == "'\"":
        with pytest.raises(UsageError, match="understand differently"):
            write(where, None)
        return
    text = write(where, None).text
    file = tmp_path / ".env"
    file.write_text(text)

    # then each of them reads it as it was
    assert by_dotenv(text) == {"V": value}
    assert by_sh(file) == value


@pytest.mark.skipif(NODE is None, reason="needs node")
def test_node_reads_the_values_too(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    for value in ("plain", "a b", "it's", 'say "hi"', "$HOME", "a # b", "a=b", "é😀"):
        file.write_text(write(deployment(program({"V": value})), None).text)

        assert by_node(file) == value


def test_what_else_stands_in_the_file_stays() -> None:
    # given a file with comments, other variables, and old values
    before = (
        "# the shop\n"
        "SECRET='two\nlines, WORKERS=9 among them'\n"
        "\n"
        "export WORKERS=8 # eight\n"
        "SIDE=1200\n"
        "OTHER=x"
    )
    where = deployment(program({"WORKERS": "1", "NEW": "a b"}, unset=("SIDE",)))

    # when the recommendation is merged into it
    after = write(where, before).text

    # then only what it is about has changed
    assert after == (
        "# the shop\n"
        "SECRET='two\nlines, WORKERS=9 among them'\n"
        "\n"
        "export WORKERS=1\n"
        "OTHER=x\n"
        "# Written by `memtune export`: study 20260101-120000-abcdef of shop.\n"
        "# Settings: workers=1 side=unlimited\n"
        "# Not set in the runs: SIDE\n"
        "NEW='a b'\n"
    )

    # and the same once more changes nothing
    assert write(where, after).text == after


def test_the_lines_of_an_earlier_study_are_replaced() -> None:
    first = write(deployment(program({"A": "1"}, unset=("B",))), None).text

    second = write(deployment(program({"A": "2", "B": "3"})), first).text

    assert by_dotenv(second) == {"A": "2", "B": "3"}
    assert second.count("Written by") == 1
    assert "Not set" not in second


def test_a_variable_that_stands_twice_has_one_value() -> None:
    after = write(deployment(program({"A": "2"})), "A=1\nA=9\n").text

    assert "1" not in after.replace("A=2", "")
    assert by_dotenv(after) == {"A": "2"}


def test_a_file_that_cannot_be_read_is_left_alone() -> None:
    with pytest.raises(UsageError, match="line 2"):
        write(deployment(program({"A": "2"})), "B=1\nC='never closed\n")


def test_what_it_cannot_carry_is_said() -> None:
    written = write(deployment(program({"A": "a b"}, ["--chunk", "10"])), None)

    assert any("--chunk 10" in note for note in written.notes)
    assert any("--memory 512m --memory-swap 512m" in note for note in written.notes)
    assert any("takes quotes" in note for note in written.notes)
    with pytest.raises(UsageError, match="no knob is carried"):
        write(deployment(program({}, ["--chunk", "10"])), None)


def test_several_services_have_a_file_each() -> None:
    with pytest.raises(UsageError, match="for one service") as caught:
        write(deployment(program({"A": "1"}), program({"B": "1"}, name="db")), None)

    assert caught.value.hint == "add --service web or --service db"
