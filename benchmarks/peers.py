"""Other ways to say what a program needs, each as people use it; compares nothing."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol

import docker
import psutil
from memray import FileReader

from benchmarks.programs import Program, Workshop
from memtune.execute import host_image
from memtune.execute.docker import HOST_IMAGE, TMP_BYTES
from memtune.execute.request import PIDS_LIMIT

LIMIT_S = 120
INSTALL_LIMIT_S = 300


class AbsentError(Exception):
    """A peer that cannot be had here, and why."""


class Peer(Protocol):
    """A tool that says how much memory a program took."""

    name: str

    def peak(self, program: Program, workshop: Workshop) -> int | None:
        """Execute the program and return what the tool says, bytes; None if it says nothing."""
        ...


class DockerStats:
    """What ``docker stats`` shows at most: its API stream, less what it takes for cache."""

    name = "docker stats"

    def __init__(self) -> None:
        self._client: Any = docker.from_env(timeout=LIMIT_S)

    def peak(self, program: Program, workshop: Workshop) -> int | None:
        """Execute in a container like memtune's and watch the stream until its end."""
        folders = host_image.directories(str(workshop.folder))
        volumes = {path: {"bind": path, "mode": "ro"} for path in folders}
        volumes[str(workshop.output)] = {"bind": "/output", "mode": "rw"}
        container = self._client.containers.run(
            HOST_IMAGE,
            list(workshop.command(program, "/output")),
            detach=True,
            environment=host_image.environment(),
            user="{}:{}".format(*host_image.user(str(workshop.folder))),
            volumes=volumes,
            mem_limit=program.cap_bytes,
            memswap_limit=program.cap_bytes,
            network_mode="none",
            read_only=True,
            tmpfs={"/tmp": f"size={TMP_BYTES},mode=1777"},
            pids_limit=PIDS_LIMIT,
        )
        try:
            shown = [self._shown(one) for one in self._stream(container)]
            status = container.wait(timeout=LIMIT_S)["StatusCode"]
            assert status == 0, container.logs()
        finally:
            container.remove(force=True, v=True)
        return max((usage for usage in shown if usage), default=None)

    @staticmethod
    def _stream(container: Any) -> Any:
        """The stats of a container until it has ended; then the stream tells zeros."""
        for one in container.stats(stream=True, decode=True):
            if not one.get("memory_stats", {}).get("usage"):
                return
            yield one

    @staticmethod
    def _shown(stats: dict[str, Any]) -> int:
        """MEM USAGE as docker/cli computes it (calculateMemUsageUnixNoCache)."""
        memory = stats["memory_stats"]
        usage = int(memory["usage"])
        for name in ("total_inactive_file", "inactive_file"):
            if memory["stats"].get(name, usage) < usage:
                return usage - int(memory["stats"][name])
        return usage


class Psutil:
    """RSS summed over the process tree every 100 ms."""

    name = "psutil"

    def peak(self, program: Program, workshop: Workshop) -> int | None:
        """Execute as a child process and add up."""
        with _started(workshop.command(program)) as process:
            root = psutil.Process(process.pid)
            largest = 0
            while process.poll() is None:
                largest = max(largest, self._sum(root))
                time.sleep(0.1)
        assert process.returncode == 0
        return largest or None

    @staticmethod
    def _sum(root: psutil.Process) -> int:
        total = 0
        try:
            for process in (root, *root.children(recursive=True)):
                total += process.memory_info().rss
        except psutil.NoSuchProcess:
            pass
        return total


class Time:
    """The maximum resident set size of GNU time."""

    name = "time -v"

    def __init__(self) -> None:
        self._path = "/usr/bin/time"
        if not Path(self._path).exists():
            raise AbsentError("no /usr/bin/time here (Debian package time)")

    def peak(self, program: Program, workshop: Workshop) -> int | None:
        """Execute under it and read its report."""
        command = [self._path, "-v", *workshop.command(program)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True)
        found = re.search(r"Maximum resident set size \(kbytes\): (\d+)", done.stderr)
        return int(found[1]) * 1024 if found else None


class Runexec:
    """BenchExec's figure for memory, from a control group of its own."""

    name = "runexec"

    def __init__(self) -> None:
        self._path = runexec()

    def peak(self, program: Program, workshop: Workshop) -> int | None:
        """Execute under it, without its file-system container, which changes no figure."""
        options = ["--no-container", "--quiet", "--output", "/dev/null"]
        options += ["--memlimit", str(program.cap_bytes)]
        command = [self._path, *options, "--", *workshop.command(program)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True)
        assert "returnvalue=0" in done.stdout, done.stdout + done.stderr
        found = re.search(r"^memory=(\d+)B", done.stdout, re.MULTILINE)
        return int(found[1]) if found else None


class Memray:
    """The peak memory of ``memray stats``: the heap of a Python program."""

    name = "memray"

    def peak(self, program: Program, workshop: Workshop) -> int | None:
        """Execute under it and read the capture."""
        if not program.python:
            return None
        capture = workshop.output / "capture.bin"
        python, *words = workshop.command(program)
        command = [python, "-m", "memray", "run", "-q", "-f", "-o", str(capture), *words]
        subprocess.run(
            command, stdout=subprocess.DEVNULL, timeout=LIMIT_S, check=True, cwd=workshop.output
        )
        with FileReader(capture) as reader:
            peak: int = reader.metadata.peak_memory
        return peak  # outside: as far as mypy knows, `with` may swallow an exception


def runexec() -> str:
    """Return the path of runexec, installed into an environment of its own where it is missing.

    Raises AbsentError.
    """
    if found := shutil.which("runexec"):
        return found
    folder = Path(tempfile.gettempdir(), "memtune-benchmark-benchexec")
    path = folder / "bin" / "runexec"
    if not path.exists():
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "benchexec"]
        try:
            for command in ([sys.executable, "-m", "venv", str(folder)], pip):
                subprocess.run(
                    command, check=True, capture_output=True, text=True, timeout=INSTALL_LIMIT_S
                )
        except (OSError, subprocess.SubprocessError) as error:
            raise AbsentError(f"benchexec cannot be installed: {error}") from error
    works = subprocess.run(
        [str(path), "--no-container", "--quiet", "--output", "/dev/null", "--", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    if "memory=" not in works.stdout:
        raise AbsentError(f"runexec measures no memory here: {works.stderr.strip()}")
    return str(path)


def _started(command: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)
