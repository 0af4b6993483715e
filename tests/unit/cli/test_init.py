"""``memtune init`` before it executes anything: what it refuses, what it asks."""

import io
import sys
from pathlib import Path

import pytest

import memtune.__main__  # noqa: F401 - it registers the commands
from memtune.cli.app import main as run

WORKLOAD = "version: 1\nname: job\nkind: pipeline\nimage: host\ncommand: [python, job.py]\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.py").write_text("if __name__ == '__main__':\n    pass\n")
    return tmp_path


def init(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = run(["init", *words])
    return code, capsys.readouterr().err


def test_an_empty_directory_is_refused_with_what_is_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, err = init(capsys, str(tmp_path), "--yes")

    assert code == 2
    assert "says what could be executed\nhint: it needs a Dockerfile" in err
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code, err = init(capsys, "/nowhere")

    assert (code, err.splitlines()[0]) == (2, "error: there is no directory /nowhere")


@pytest.mark.parametrize("name", ["memtune.yaml", ".memtune-schema/budgets.json"])
def test_what_is_there_is_never_overwritten(
    project: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("mine")

    code, err = init(capsys, "--yes")

    assert code == 2
    assert err.startswith(f"error: already there: {name}\nhint: --force replaces them")
    assert (project / name).read_text() == "mine"
    assert not (project / "memtune.workload.yaml").exists()


def test_a_workload_file_with_a_mistake_is_told(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "memtune.workload.yaml").write_text(WORKLOAD + "comand: []\n")

    code, err = init(capsys, "--yes")

    assert code == 2
    assert "memtune.workload.yaml:6 (comand): unknown key 'comand'" in err


@pytest.mark.parametrize("words", [("--yes",), ()])
def test_what_is_not_found_is_named_where_nobody_answers(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    (project / "Dockerfile").write_text("FROM nginx\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))

    code, err = init(capsys, *words)

    assert code == 2
    assert "error: not found: command that starts web\nhint: write it as CMD into" in err


def test_an_answer_that_is_no_port_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "Procfile").write_text("web: ./serve\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO("http\n"))

    code, err = init(capsys)

    assert code == 2
    assert "Port that web listens on:" in err
    assert "error: 'http' is not a port" in err
