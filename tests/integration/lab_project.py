"""A project directory, a memtune that works in it as a process of its own, and what can
be done to both; for tests and for benchmarks.faults."""

import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.lab import PATIENCE_S, Dockerd, wait_until


@dataclass(frozen=True)
class Stored:
    """A run as it is on disk."""

    id: str
    outcome: str
    reason: str
    has_verdict: bool


@dataclass
class Memtune:
    """A memtune process in a project directory."""

    directory: Path
    process: subprocess.Popen[str]
    stdout: str = ""
    stderr: str = ""
    ended_s: float = 0.0
    """How long ``end`` waited."""

    def end(self, limit_s: float = PATIENCE_S) -> int:
        """Wait for its end and return the exit code; it is killed when that takes too long."""
        begun = time.monotonic()
        try:
            self.stdout, self.stderr = self.process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.stdout, self.stderr = self.process.communicate()
            raise
        self.ended_s = time.monotonic() - begun
        return self.process.returncode

    @property
    def complaint(self) -> list[str]:
        """What it says went wrong: the lines of its error and hint."""
        lines = self.stderr.splitlines()
        return [line for line in lines if line.startswith(("error: ", "hint: ", "interrupted"))]


@dataclass
class Project:
    """A directory with a job that ends at once, or, while a file says so, does not."""

    directory: Path
    docker_host: str
    started: list[Memtune] = field(default_factory=list)

    JOB = "[ ! -e hold ] || exec sleep 600"
    WORKLOAD = """
version: 1
name: job
kind: pipeline
image: host
command: [sh, -c, "[ ! -e hold ] || exec sleep 600"]
space: {blocks: {values: [1, 2, 3, 4, 5, 6], env: BLOCKS}}
"""

    def start(self, *words: str, prefix: tuple[str, ...] = (), **env: str) -> Memtune:
        """Start memtune, without waiting for it."""
        process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "memtune", *words],
            cwd=self.directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"DOCKER_HOST": self.docker_host, "COLUMNS": "200"} | env,
        )
        self.started.append(Memtune(self.directory, process))
        return self.started[-1]

    def profile(self, *words: str) -> Memtune:
        """Start a profile of many runs of the job."""
        options = ("--executor", "docker", "--cap", "64MiB", "-n", "500")
        return self.start("profile", *options, *words, "--", "sh", "-c", self.JOB)

    def recommend(self, confirm: int, *words: str) -> Memtune:
        """Start a search with so many confirming runs of the job."""
        file = self.directory / "job.yaml"
        if not file.exists():  # another one would be another study
            file.write_text(self.WORKLOAD)
        options = ("--executor", "docker", "--cap", "64MiB", "--confirm", str(confirm))
        return self.start("recommend", "job.yaml", *options, *words)

    def hold(self) -> None:
        """Let the next run last."""
        (self.directory / "hold").touch()

    def release(self) -> None:
        """Let runs end at once again."""
        (self.directory / "hold").unlink(missing_ok=True)

    def stored(self) -> list[Stored]:
        """Return the runs on disk, those that warm the page cache too."""
        file = self.directory / ".memtune" / "memtune.sqlite3"
        if not file.exists():
            return []
        with suppress(sqlite3.DatabaseError):  # its tables are being made, or it is damaged
            database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
            rows = database.execute("select run, verdict from run order by rowid").fetchall()
            database.close()
            runs = [(json.loads(run), verdict) for run, verdict in rows]
            return [
                Stored(run["id"], run["outcome"], run["reason"], verdict is not None)
                for run, verdict in runs
            ]
        return []

    def judged(self) -> list[Stored]:
        """Return the runs on disk that are evidence."""
        return [run for run in self.stored() if run.has_verdict]

    def close(self) -> None:
        """End what was started."""
        for one in self.started:
            if one.process.poll() is None:
                one.process.kill()
                one.process.communicate()


def in_mid_run(daemon: Dockerd, project: Project, finished: int = 2) -> list[Stored]:
    """Wait for some finished runs and one that lasts; return the finished ones."""
    assert wait_until(lambda: len(project.judged()) >= finished)
    project.hold()
    assert wait_until(lambda: "sleep 600" in daemon.commands())
    return project.stored()


def archive(*programs: str) -> bytes:
    """A tar archive with programs of this machine and the libraries that they need."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as tar:
        added = set()
        for program in programs:
            found = shutil.which(program)
            assert found is not None
            tar.add(found, f"bin/{program}")
            told = subprocess.run(["ldd", found], capture_output=True, text=True, check=True)
            added |= {word for word in told.stdout.split() if word.startswith("/")}
        for library in sorted(added):
            tar.add(library, library.lstrip("/"))
    return buffer.getvalue()


@contextmanager
def mounted(directory: Path, options: str) -> Iterator[None]:
    """A file system of its own at a directory."""
    directory.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "lab", directory], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)


def spoil(file: Path, damage: str) -> None:
    if damage == "newer":
        with sqlite3.connect(file) as database:
            database.execute("pragma user_version = 99")
        database.close()
        return
    whole = file.read_bytes()
    kept = 0 if damage == "garbage" else 4096
    file.write_bytes(whole[:kept] + b"\xa5" * (len(whole) - kept))
