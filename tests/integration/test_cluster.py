"""``memtune recommend --cluster`` over three Dask workers, each a process of its own, one of which
is killed in mid-run."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import docker
import pytest

from memtune.execute.docker import OWNER_LABEL
from tests.integration.test_recommend import JOB, WORKLOAD, stored

Memtune = Callable[..., subprocess.CompletedProcess[str]]
WORDS = ("recommend", "blocks.yaml", "--cap", "256MiB", "--confirm", "3", "--json")
STARTS_S = 30.0


class Workers:
    """A scheduler and three workers; all end with the test."""

    def __init__(self, stack: ExitStack, directory: Path) -> None:
        self._stack, self._directory = stack, directory
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self._start("scheduler", "--host", "127.0.0.1", "--port", str(port))
        self.processes = [self.worker("--resources", "memory=600e6") for _ in range(3)]

    def worker(self, *words: str) -> subprocess.Popen[bytes]:
        return self._start("worker", self.address, "--nthreads", "1", "--no-nanny", *words)

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *words, "--no-dashboard"]
        process = self._stack.enter_context(
            subprocess.Popen(
                command,
                cwd=self._directory,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        self._stack.callback(process.kill)
        return process

    def wait_for(self, count: int) -> None:
        from distributed import Client

        client: Any = Client
        with client(self.address, timeout=STARTS_S, set_as_default=False) as found:
            found.wait_for_workers(count, timeout=STARTS_S)


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    tmp_path.chmod(0o755)
    (tmp_path / "job.py").write_text(JOB.replace("sleep(0.1)", "sleep(0.7)"))
    (tmp_path / "blocks.yaml").write_text(WORKLOAD)
    with ExitStack() as stack:
        yield Workers(stack, tmp_path)


def test_a_worker_that_is_killed_in_mid_run_costs_a_repeated_run_and_nothing_else(
    memtune: Memtune, workers: Workers, tmp_path: Path
) -> None:
    # Given three workers, and a fourth that offers no memory
    workers.worker()
    workers.wait_for(4)

    # When the worker that has a container is killed in mid-study
    with subprocess.Popen(
        [sys.executable, "-m", "memtune", *WORDS, "--cluster", workers.address],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as session:
        killed = kill_one(workers, session)
        told, progress = session.communicate(timeout=120)

    # Then the study ends as it does without a cluster
    assert session.returncode == 0, progress
    study = json.loads(told)["result"]
    assert study["recommendation"]["settings"]["items"] == [["blocks", 2], ["mode", "plain"]]
    assert len(study["recommendation"]["evidence"]["runs"]) == 3
    assert "it offers no memory: --resources memory=BYTES" in " ".join(progress.split())
    assert "3 of 4 workers" in progress

    # and nothing of the killed worker is left
    deadline = time.monotonic() + 10
    while (left := containers(killed)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def kill_one(workers: Workers, session: subprocess.Popen[str]) -> int:
    """Kill the first worker of which a container goes on, once a run is on its way."""
    while session.poll() is None:
        for worker in workers.processes:
            if containers(worker.pid):
                worker.send_signal(signal.SIGKILL)
                worker.wait()
                return worker.pid
        time.sleep(0.05)
    raise AssertionError(session.stderr and session.stderr.read())


def containers(pid: int) -> list[str]:
    """The containers that make runs for this process."""
    client = docker.from_env()
    found = client.api.containers(all=True, filters={"label": ["memtune.run", OWNER_LABEL]})
    client.close()
    return [one["Id"] for one in found if one["Labels"][OWNER_LABEL].startswith(f"{pid}.")]


def test_a_study_of_files_that_changed_since_is_not_continued_by_the_same_workers(
    memtune: Memtune, workers: Workers, tmp_path: Path
) -> None:
    # Given workers on which a session was interrupted
    workers.wait_for(3)
    with subprocess.Popen(
        [sys.executable, "-m", "memtune", *WORDS, "--cluster", workers.address],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as session:
        while stored(tmp_path) < 3:
            assert session.poll() is None
            time.sleep(0.05)
        session.kill()

    # When the job changes, so that it does its work only from three blocks on
    (tmp_path / "job.py").write_text(JOB.replace("2 - blocks", "3 - blocks"))
    done = memtune(*WORDS, "--cluster", workers.address)

    # Then the same workers make a study of their own, and it ends right
    said = " ".join(done.stderr.split())
    assert "the project's files changed" in said
    assert "continues study" not in said
    study = json.loads(done.stdout)["result"]
    assert study["recommendation"]["settings"]["items"] == [["blocks", 3], ["mode", "plain"]]


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("localhost", 2, "no address"),
        ("tcp://127.0.0.1:9", 3, "no Dask scheduler answers at tcp://127.0.0.1:9"),
    ],
)
def test_a_cluster_that_is_not_there_is_said_with_a_hint(
    memtune: Memtune, tmp_path: Path, address: str, code: int, said: str
) -> None:
    (tmp_path / "blocks.yaml").write_text(WORKLOAD)

    done = memtune(*WORDS, "--cluster", address)

    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "hint: " in done.stderr
