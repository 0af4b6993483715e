"""Killed in mid-study, ``memtune recommend`` goes on where it was; where something changed it
begins anew and says why."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_recommend import JOB, WORKLOAD

Memtune = Callable[..., subprocess.CompletedProcess[str]]
WORDS = ("recommend", "blocks.yaml", "--cap", "256MiB", "--confirm", "4")


@pytest.fixture
def projects(tmp_path: Path) -> tuple[Path, Path]:
    """The same project twice: one is disturbed."""
    tmp_path.chmod(0o755)
    for project in (tmp_path / "calm", tmp_path / "disturbed"):
        project.mkdir()
        (project / "job.py").write_text(JOB)
        (project / "blocks.yaml").write_text(WORKLOAD)
    return tmp_path / "calm", tmp_path / "disturbed"


def test_a_killed_study_goes_on_to_the_same_end_and_a_changed_one_begins_anew(
    memtune: Memtune, projects: tuple[Path, Path]
) -> None:
    calm, disturbed = projects
    undisturbed = result(memtune(*WORDS, "--json", cwd=calm))

    # Given a session that is killed twice, each time a few runs later
    killed_after(2, disturbed)
    killed_after(4, disturbed)
    before = stored(disturbed)

    # When the same is asked for again
    done = memtune(*WORDS, "--json", cwd=disturbed)

    # Then it goes on: the finished runs are the first of it, and none was repeated
    study = result(done)
    assert f"continues study {study['id']}: {len(before)} finished run(s)" in done.stderr
    assert [one["run"]["id"] for one in study["judged"]] == stored(disturbed)
    assert stored(disturbed)[: len(before)] == before
    assert course(study) == course(undisturbed)
    assert picked(study) == picked(undisturbed)

    # And when a knob changes in mid-study, a new one begins, which says why
    killed_after(len(stored(disturbed)) + 2, disturbed, "--confirm", "9")
    file = disturbed / "blocks.yaml"
    file.write_text(file.read_text().replace("[1, 2, 3, 4, 5, 6]", "[1, 2, 3]") + "# less\n")
    changed = memtune(*WORDS[:-2], "--confirm", "9", "--json", cwd=disturbed)
    said = " ".join(changed.stderr.split())
    left, new = latest(disturbed, 2)
    assert f"does not continue study {left}: the knob blocks changed; its " in said
    assert "continues study" not in said.replace("does not continue study", "")
    assert result(changed)["id"] == new
    assert picked(result(changed)) == picked(undisturbed)

    # and the runs of the one that was left can still be seen
    assert "blocks=1 mode=plain" in memtune("show", left, cwd=disturbed).stdout


def killed_after(runs: int, project: Path, *more: str) -> None:
    """Begin the session and kill it with SIGKILL as soon as so many runs are on disk."""
    with subprocess.Popen(
        [sys.executable, "-m", "memtune", *WORDS, *more],
        cwd=project,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as session:
        while len(stored(project)) < runs:
            assert session.poll() is None
            time.sleep(0.02)
        session.send_signal(signal.SIGKILL)


def stored(project: Path) -> list[str]:
    """The ids of the runs with a verdict on disk, in order."""
    return asked(project, "select id from run where verdict is not null order by rowid")


def latest(project: Path, count: int) -> list[str]:
    """The last studies, the latest last."""
    return asked(project, "select id from study order by rowid")[-count:]


def asked(project: Path, question: str) -> list[str]:
    file = project / ".memtune" / "memtune.sqlite3"
    if not file.exists():
        return []
    try:
        with closing(sqlite3.connect(file)) as db:
            return [str(row[0]) for row in db.execute(question)]
    except sqlite3.OperationalError:  # its tables are being made
        return []


def result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["result"]
    return found


def picked(study: dict[str, Any]) -> Any:
    return study["recommendation"]["settings"]


def course(study: dict[str, Any]) -> list[Any]:
    """What was executed and why, in order."""
    return [(one["run"]["settings"], one["reason"]) for one in study["judged"]]
