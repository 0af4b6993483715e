"""``python -m memtune.face`` as a user executes it: exit codes, stderr, and the last line."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import memtune

ROOT = Path(memtune.__file__).parents[1]
KINDS = ["thread", "process", "prefork"]
LIGHT = {"FACE_ENGINE": "lean", "FACE_MAX_SIDE_PX": "320", "FACE_CACHE_SIZE": "100"}

COUNTS = {
    "operations": 7,
    "registered": 3,
    "refused_rightly": 1,
    "right": 3,
    "wrong": 0,
    "missed": 0,
    "failed": 0,
    "faces_found": 7,
    "cache_hits": 1,
}
"""Of three logins, at 320 pixels: C's photograph is refused first and cached then."""


def environment(**face: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("FACE_")}
    return {**own, "PYTHONPATH": str(ROOT), **LIGHT, **face}


def execute(*arguments: str, **face: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "memtune.face", *arguments]
    return subprocess.run(
        command, env=environment(**face), capture_output=True, text=True, timeout=60
    )


def last_line(stdout: str) -> dict[str, object]:
    summary = json.loads(stdout.splitlines()[-1])
    assert isinstance(summary, dict)
    return summary


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_worker_gives_the_same_right_answers(kind: str) -> None:
    done = execute(FACE_WORKER_KIND=kind, FACE_WORKERS="2", FACE_LOGINS="3")

    summary = last_line(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert {name: summary[name] for name in COUNTS} == COUNTS
    assert (summary["worker_kind"], summary["engine"]) == (kind, "lean")


def test_the_full_engine_gives_the_same_answers() -> None:
    done = execute(FACE_ENGINE="full", FACE_LOGINS="3")

    summary = last_line(done.stdout)
    assert done.returncode == 0
    assert {name: summary[name] for name in COUNTS} == COUNTS


def test_photographs_made_too_small_miss_faces_and_fail() -> None:
    done = execute(FACE_UPSAMPLE="0", FACE_LOGINS="3")

    summary = last_line(done.stdout)
    assert (done.returncode, done.stderr) == (1, "")
    # B's face is found on neither photograph: not registered, and not recognised.
    assert (summary["registered"], summary["right"]) == (2, 2)
    assert (summary["missed"], summary["wrong"], summary["failed"]) == (2, 0, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_heap_too_small_for_the_models_is_a_clean_memory_error(kind: str) -> None:
    done = execute(FACE_WORKER_KIND=kind, FACE_HEAP_MB="40")

    summary = last_line(done.stdout)
    assert done.returncode == 1
    assert done.stderr == f"{summary['error']}, over heap_mb=40\n"
    assert str(summary["error"]).startswith("MemoryError: while starting")


@pytest.mark.parametrize("kind", KINDS)
def test_a_heap_too_small_for_photographs_is_told_in_one_line(kind: str) -> None:
    # Given room for the models, but not for detection in a megapixel,
    done = execute(
        FACE_WORKER_KIND=kind, FACE_HEAP_MB="80", FACE_MAX_SIDE_PX="unlimited", FACE_LOGINS="1"
    )

    # then A and B are not registered, A cannot log in, and that is told once.
    summary = last_line(done.stdout)
    failed = summary["failed"]
    assert done.returncode == 1
    assert failed in (3, 4, 5)
    assert done.stderr == (
        "MemoryError: no memory left for a photograph, over heap_mb=80 "
        f"({failed} of 5 operations)\n"
    )


def test_a_photograph_that_does_not_fit_fails_itself_only() -> None:
    # Given a heap for everything but the fourth login, of 12 megapixels,
    done = execute(
        FACE_HEAP_MB="128", FACE_MAX_SIDE_PX="unlimited", FACE_UPSAMPLE="0", FACE_LOGINS="4"
    )

    # then the others are answered.
    summary = last_line(done.stdout)
    assert done.returncode == 1
    assert (summary["failed"], summary["right"]) == (1, 3)


@pytest.mark.parametrize("kind", ["process", "prefork"])
def test_a_killed_worker_ends_the_run_instead_of_hanging_it(kind: str) -> None:
    # Given a pipeline with plenty to do,
    running = subprocess.Popen(
        [sys.executable, "-m", "memtune.face"],
        env=environment(FACE_WORKER_KIND=kind, FACE_WORKERS="2", FACE_LOGINS="2000"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    # when the kernel kills one of its workers,
    os.kill(a_worker_of(running.pid), signal.SIGKILL)

    # then it ends, and says why.
    stdout, stderr = running.communicate(timeout=30)
    assert running.returncode == 1
    assert "WorkerLostError: a worker process ended without an answer" in stderr
    summary = last_line(stdout)
    assert summary.get("failed") or summary.get("error")


@pytest.mark.parametrize("kind", ["process", "prefork"])
def test_workers_end_with_a_killed_parent(kind: str) -> None:
    # Given a pipeline with two workers at work,
    running = subprocess.Popen(
        [sys.executable, "-m", "memtune.face"],
        env=environment(FACE_WORKER_KIND=kind, FACE_WORKERS="2", FACE_LOGINS="2000"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    a_worker_of(running.pid)

    # when the kernel kills the parent,
    running.kill()

    # then nobody is left who holds its stderr open.
    running.communicate(timeout=30)
    assert running.returncode == -signal.SIGKILL


def a_worker_of(pid: int) -> int:
    """Wait for a worker process that has loaded its models, and return its id."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            maps = Path(f"/proc/{child}/maps").read_text()
            if "dlib" in maps:
                return int(child)
        time.sleep(0.02)
    raise AssertionError("no worker started")


def test_a_bad_value_is_exit_2_and_one_line() -> None:
    done = execute(FACE_WORKERS="99")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "FACE_WORKERS='99' is not allowed: it must be a whole number from 1 to 8\n"
    )


def test_arguments_are_refused_and_help_is_given() -> None:
    refused, helped = execute("--workers"), execute("--help")

    assert (refused.returncode, helped.returncode) == (2, 0)
    assert "no such argument: --workers" in refused.stderr
    assert "FACE_WORKERS" in helped.stdout


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = "import sys, memtune.face; print(*({'numpy', 'dlib', 'PIL'} & set(sys.modules)))"

    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True
    )

    assert (done.returncode, done.stdout.strip()) == (0, "")
