"""The command line of ``memtune watch``; real targets are in tests/integration/test_watch.py."""

import os
import subprocess
import sys

import pytest

import memtune.__main__  # noqa: F401 - the commands register themselves
from memtune.cli.app import main
from memtune.errors import ExitCode


@pytest.mark.parametrize("share", ["100%", "105%", "1.2", "0%", "480MiB", "much", "-5%"])
def test_a_threshold_at_or_above_the_cap_is_refused(
    share: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["watch", "1", "--warn", "80%", f"--warn={share}"])

    said = capsys.readouterr().err
    assert code == ExitCode.USAGE
    assert f"--warn '{share}' is not a share of the cap above 0% and below 100%" in said
    assert "hint: write it as --warn 90%" in said


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--interval", "50ms"], "--interval 50ms is too short"),
        (["--interval", "soon"], "'soon' is not a duration"),
        (["--for", "0s"], "'0s' is not a duration above zero"),
    ],
)
def test_times_that_make_no_sense_are_refused(
    words: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["watch", "1", *words])

    assert code == ExitCode.USAGE
    assert what in capsys.readouterr().err


def test_a_process_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["watch", "4194304"])

    assert code == ExitCode.USAGE
    assert "there is no process 4194304" in capsys.readouterr().err


def test_without_docker_a_name_is_refused_and_processes_are_pointed_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")

    code = main(["watch", "web"])

    said = capsys.readouterr()
    assert code == ExitCode.ENVIRONMENT
    assert "memtune watch PID" in said.err
    assert said.out == ""


@pytest.mark.parametrize(("status", "code"), [(0, ExitCode.PASS), (7, ExitCode.FAIL)])
def test_a_process_is_watched_without_docker_and_its_end_is_seen(
    status: int, code: ExitCode
) -> None:
    with (
        subprocess.Popen(["sh", "-c", f"read go; exit {status}"], stdin=subprocess.PIPE) as shell,
        subprocess.Popen(
            [sys.executable, "-m", "memtune", "watch", str(shell.pid)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"DOCKER_HOST": "unix:///nowhere/docker.sock"},
        ) as watching,
    ):
        assert watching.stdout is not None
        begun = watching.stdout.readline()
        assert shell.stdin is not None
        shell.stdin.write(b"\n")
        shell.stdin.flush()
        rest, _ = watching.communicate(timeout=60)  # the shell is a zombie until then

    assert watching.returncode == code
    assert begun.startswith(f"{shell.pid}, a look every 1.0 s; ")
    assert f"sh {shell.pid}  ended with exit status {status}" in rest
    assert "what was watched has ended" in rest
