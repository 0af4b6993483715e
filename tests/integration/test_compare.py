"""``memtune compare`` as a user types it: commits, settings, images and stored runs."""

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import docker
import pytest

from tests.git import Git

Memtune = Callable[..., CompletedProcess[str]]
MIB = 1024 * 1024
WORKLOAD = """\
version: 1
name: job
kind: pipeline
image: host
command: [python, job.py]
cap: 256MiB
space:
  mib: {values: [5, 40], env: MIB}
"""
JOB = """\
import os, time


def hold(mib):
    return [bytes(range(256)) * 4096 for _ in range(mib)]


held = hold(int(os.environ.get("MIB", "5")))
time.sleep(0.2)
"""
GROWN = JOB.replace("held = ", "more = bytes(range(256)) * (30 << 12)\nheld = ")


@pytest.fixture
def project(tmp_path: Path) -> Git:
    """A repository whose working tree holds 30 MiB more than its commit ``v1``."""
    git = Git(tmp_path)
    (tmp_path / "workload.yaml").write_text(WORKLOAD)
    (tmp_path / "job.py").write_text(JOB)
    (tmp_path / ".gitignore").write_text(".memtune\n")
    git.commit("first")
    git("tag", "v1")
    (tmp_path / "job.py").write_text(GROWN)
    return git


def compared(memtune: Memtune, *words: str) -> Any:
    done = memtune("compare", "-w", "workload.yaml", "--json", "-n", "3", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["result"]


def need(side: dict[str, Any]) -> Any:
    return next(one for one in side["differences"] if one["figure"] == "need")


def test_a_commit_beside_the_working_tree_and_who_grew(memtune: Memtune, project: Git) -> None:
    first, here = compared(memtune, "commit:v1", "here", "--explain")["sides"]

    assert first["what"] == f"commit {project('rev-parse', 'v1')[:10]}"
    grown = need(here)
    assert grown["after"] - grown["before"] == pytest.approx(30 * MIB, rel=0.05)
    assert grown["shift"]["low"] > 1
    site = here["sites"][0]
    assert (site["file"], site["line"]) == ("job.py", 8)
    assert site["after_bytes"] - (site["before_bytes"] or 0) == pytest.approx(30 * MIB, rel=0.05)
    assert project("worktree", "list").count("\n") == 0


def test_settings_and_a_stored_study(memtune: Memtune, project: Git) -> None:
    done = memtune("profile", "workload.yaml", "--json", "-n", "2")
    study = json.loads(done.stdout)["result"]["study"]

    stored, small, large = compared(memtune, f"study:{study}", "mib=5", "mib=40")["sides"]

    assert len(stored["trial"]["runs"]) == 2
    assert small["unlike"] == []
    assert abs(need(small)["shift"]["growth"]) < 0.05
    assert need(large)["after"] - need(large)["before"] == pytest.approx(35 * MIB, rel=0.1)


@pytest.fixture
def images(project: Git) -> Iterator[tuple[str, str]]:
    """Two images of the job, of which the second holds 35 MiB more by its environment."""
    client = docker.from_env()
    names = [f"memtune-test-compare-{secrets.token_hex(4)}:{mib}" for mib in (5, 40)]
    for name in names:
        mib = name.rpartition(":")[2]
        (project.root / "Dockerfile").write_text(
            f"FROM python:3.11-slim-bookworm\nENV MIB={mib}\nWORKDIR /app\nCOPY job.py .\n"
        )
        client.images.build(path=str(project.root), tag=name, rm=True)
    yield names[0], names[1]
    for name in names:
        client.images.remove(name, force=True)


def test_an_image_beside_another_and_who_grew(
    memtune: Memtune, project: Git, images: tuple[str, str]
) -> None:
    one, other = images

    _, large = compared(memtune, f"image:{one}", f"image:{other}", "--explain")["sides"]

    assert need(large)["after"] - need(large)["before"] == pytest.approx(35 * MIB, rel=0.1)
    assert large["unlike"] == []
    site = large["sites"][0]
    assert (site["file"], site["line"]) == ("/app/job.py", 5)


def test_stored_runs_are_compared_without_docker(memtune: Memtune, project: Git) -> None:
    done = memtune("profile", "workload.yaml", "--json", "-n", "2")
    runs = json.loads(done.stdout)["result"]["trial"]["runs"]
    words = [f"run:{one['run']['id']}" for one in runs]

    offline = memtune("compare", *words, "--json", env={"DOCKER_HOST": "tcp://127.0.0.1:1"})

    assert offline.returncode == 0, offline.stderr
    first, second = json.loads(offline.stdout)["result"]["sides"]
    assert first["trial"]["runs"] == [runs[0]]
    assert need(second)["shift"]["low"] is None
