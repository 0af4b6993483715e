"""Tries the setup scripts in a made-up project with a Python that only notes what it is told."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Plays both the machine's Python and the one in .venv; Docker never answers it.
FAKE_PYTHON = """#!/bin/sh
case "$*" in
    *"-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python; echo venv >>calls ;;
    *" install "*"-e "*) echo "install ${*##*-e }" >>calls; exit "${PIP_STATUS:-0}" ;;
    *print*) echo 3.11 ;;
    *ping*) exit 1 ;;
esac
"""


class Project:
    """A project folder with the real scripts; `calls` tells what they made the fake Python do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder.parent / "python3"
        self.python.write_text(FAKE_PYTHON)
        self.python.chmod(0o755)
        folder.mkdir()
        (folder / "pyproject.toml").write_text("[project]\n")
        shutil.copytree(ROOT / "scripts", folder / "scripts")

    def run(self, script: str, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / "scripts" / script, *args],
            env={"PATH": os.environ["PATH"], "PYTHON": str(self.python)} | env,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def calls(self) -> list[str]:
        notes = self.folder / "calls"
        seen = notes.read_text().splitlines() if notes.exists() else []
        notes.unlink(missing_ok=True)
        return seen


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def test_first_setup_makes_everything_and_the_second_nothing(project: Project) -> None:
    first = project.run("setup-python", "test")
    assert (first.returncode, project.calls()) == (
        0,
        ["venv", "install .[face,load,cluster,docs,images,dev]"],
    )

    second = project.run("setup-python", "test")
    assert (second.returncode, project.calls()) == (0, [])
    assert "up to date" in second.stderr


def test_setup_for_tests_serves_the_demo_and_not_the_other_way_round(project: Project) -> None:
    project.run("setup-python", "demo")
    assert project.calls() == ["venv", "install .[face,load]"]

    project.run("setup-python", "test")
    assert project.calls() == ["install .[face,load,cluster,docs,images,dev]"]

    project.run("setup-python", "demo")
    assert project.calls() == []


def test_changed_dependencies_are_installed_into_the_same_venv(project: Project) -> None:
    project.run("setup-python", "demo")
    project.calls()

    (project.folder / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    project.run("setup-python", "demo")

    assert project.calls() == ["install .[face,load]"]


def test_setup_that_broke_off_starts_again_from_nothing(project: Project) -> None:
    broken = project.run("setup-python", "demo", PIP_STATUS="1")
    assert broken.returncode != 0
    project.calls()

    again = project.run("setup-python", "demo")

    assert (again.returncode, project.calls()) == (0, ["venv", "install .[face,load]"])
    assert "unfinished" in again.stderr


def test_venv_of_a_moved_project_is_made_again(project: Project, tmp_path: Path) -> None:
    project.run("setup-python", "demo")
    project.calls()

    project.folder = project.folder.rename(tmp_path / "moved")
    project.run("setup-python", "demo")

    assert project.calls() == ["venv", "install .[face,load]"]


def test_missing_python_is_an_environment_error_with_a_hint(project: Project) -> None:
    result = project.run("setup-python", "demo", PYTHON="/nowhere/python3")

    assert result.returncode == 3
    assert "no Python 3.11 or newer (tried: /nowhere/python3)" in result.stderr
    assert "hint: " in result.stderr


def test_docker_that_the_user_named_is_never_started(project: Project) -> None:
    project.run("setup-python", "demo")

    result = project.run("setup-docker", DOCKER_HOST="unix:///nowhere.sock")

    assert result.returncode == 3
    assert "nothing answers at DOCKER_HOST=unix:///nowhere.sock" in result.stderr


def test_help_lists_the_commands() -> None:
    listed = subprocess.run(
        ["make", "-C", str(ROOT), "--no-print-directory"],
        capture_output=True,
        text=True,
        check=True,
    )

    names = [line.split()[0] for line in listed.stdout.splitlines()]
    assert names == [
        "help",
        "demo",
        "impact",
        "test",
        "gate",
        "test-v2",
        "unit",
        "lint",
        "docs",
        "screens",
        "clean",
    ]
