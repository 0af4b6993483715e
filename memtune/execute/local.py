"""Runs in a control group of this machine, made directly: for where there is no Docker."""

import os
import queue
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from memtune.errors import HostError
from memtune.execute import host_image, owner, shim
from memtune.execute.environment import describe
from memtune.execute.executor import Chunk
from memtune.execute.request import PIDS_LIMIT, Request
from memtune.measure.capture import inject_directory
from memtune.measure.cgroup import CGROUP_ROOT, Cgroup, CgroupV1, CgroupV2, host_version
from memtune.model import Environment, Image, ImageKind

GROUP = "memtune"
REMOVAL_S = 10
"""How long the kernel may take to end the processes of a group."""
# Moves itself into the run's groups, then becomes the shim.
_ENTER = 'for g in "$1" "$2"; do echo $$ >"$g/cgroup.procs" || exit 125; done; shift 2; exec "$@"'


class LocalExecutor:
    """Makes each run as this user, in a fresh control group with the cap and no swap."""

    name = "local"

    def sweep(self) -> int:
        """Remove the groups of memtunes that no longer live; return how many runs left them."""
        groups = [child for root in _roots() for child in root.glob("*-*")]
        left = [group for group in groups if not owner.lives(group.name.rpartition("-")[0])]
        for group in left:
            _remove(group)
        return len({group.name for group in left})

    def prepare(self, image: Image) -> Environment:
        """Check that groups can be made here; raises HostError when they cannot."""
        if image.kind is not ImageKind.HOST:
            raise HostError(
                f"the local executor cannot execute {image}: it has no images",
                hint="use Docker (`memtune doctor` tells what is missing) or `image: host`",
            )
        with _Groups():
            pass
        return describe(self.name, "host", {})

    @contextmanager
    def launch(self, request: Request) -> Iterator["_Process"]:
        """Start the shim in groups of its own; they are empty and gone when the context ends."""
        self.prepare(request.image)
        with _Groups() as groups:
            groups.limit(request.cap_bytes)
            process = _Process(request, groups)
            try:
                yield process
            finally:
                process.close()


def _roots() -> list[Path]:
    """Where the groups of all memtunes are."""
    if host_version() == "v2":
        return [CGROUP_ROOT / GROUP]
    return [CGROUP_ROOT / "memory" / GROUP, CGROUP_ROOT / "pids" / GROUP]


class _Groups:
    """The control groups of one run: one directory on v2, memory and pids on v1."""

    def __init__(self) -> None:
        self._v2 = host_version() == "v2"
        name = f"{owner.me()}-{secrets.token_hex(6)}"
        self.directories = [root / name for root in _roots()]

    @property
    def memory(self) -> Path:
        return self.directories[0]

    @property
    def pids(self) -> Path:
        return self.directories[-1]

    def __enter__(self) -> "_Groups":
        try:
            for directory in self.directories:
                directory.parent.mkdir(exist_ok=True)
                if self._v2:
                    for level in (CGROUP_ROOT, directory.parent):
                        (level / "cgroup.subtree_control").write_text("+memory +pids")
                directory.mkdir(exist_ok=True)
        except OSError as error:
            raise HostError(
                f"no control group can be made here: {error}",
                hint="the local executor needs root (or a delegated cgroup); "
                "`memtune doctor` tells what this machine allows",
            ) from error
        return self

    def limit(self, cap_bytes: int) -> None:
        """Set the cap, no swap beyond it, and the process limit."""
        if self._v2:
            self._write(self.memory / "memory.max", cap_bytes)
            self._write(self.memory / "memory.swap.max", 0, optional=True)
        else:
            self._write(self.memory / "memory.limit_in_bytes", cap_bytes)
            self._write(self.memory / "memory.memsw.limit_in_bytes", cap_bytes, optional=True)
        self._write(self.pids / "pids.max", PIDS_LIMIT)

    def cgroup(self) -> Cgroup:
        return CgroupV2(self.memory) if self._v2 else CgroupV1(self.memory)

    def __exit__(self, *_: object) -> None:
        """Kill what is left in the groups and remove them."""
        for directory in self.directories:
            _remove(directory)

    @staticmethod
    def _write(path: Path, value: int, *, optional: bool = False) -> None:
        if optional and not path.exists():  # no swap accounting in this kernel
            return
        try:
            path.write_text(str(value))
        except OSError as error:
            raise HostError(f"cannot set {path.name}: {error}") from error


class _Process:
    """The shim as a child process: implements Launched."""

    def __init__(self, request: Request, groups: _Groups) -> None:
        self._groups = groups
        self.warnings: tuple[str, ...] = ()
        self.chunks: queue.Queue[Chunk] = queue.Queue(maxsize=64)
        memory, pids = str(groups.memory), str(groups.pids)
        line = shim.command_line(memory, pids, request.command)
        self._popen = subprocess.Popen(
            ["/bin/sh", "-c", _ENTER, "memtune-enter", memory, pids, *line],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(request),
            cwd=request.directory or "/",
            start_new_session=True,
            bufsize=0,
        )
        assert self._popen.stdout is not None
        assert self._popen.stderr is not None
        readers = [
            threading.Thread(target=self._read, args=(number, stream), daemon=True)
            for number, stream in (
                (shim.STDOUT, self._popen.stdout),
                (shim.STDERR, self._popen.stderr),
            )
        ]
        for reader in readers:
            reader.start()
        threading.Thread(target=self._end, args=(readers,), daemon=True).start()

    def send(self, word: str) -> None:
        """Write a line to the shim's lease."""
        assert self._popen.stdin is not None
        self._popen.stdin.write(f"{word}\n".encode())

    def cgroup(self) -> Cgroup | None:
        """Return the run's group."""
        return self._groups.cgroup()

    def trouble(self) -> str:
        """Return nothing: there is no daemon that could break."""
        return ""

    def interference(self) -> str:
        """Return nothing: a signal from outside cannot be told from one of the workload's."""
        return ""

    def close(self) -> None:
        """End the lease, which ends the shim and with it the workload."""
        assert self._popen.stdin is not None
        with suppress(OSError):
            self._popen.stdin.close()
        for pid in _pids(self._groups.memory):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._popen.wait(timeout=10)

    def _read(self, number: int, stream: IO[bytes]) -> None:
        while data := stream.read(65536):
            self.chunks.put((number, data))

    def _end(self, readers: list[threading.Thread]) -> None:
        for reader in readers:
            reader.join()
        self.chunks.put(None)


def _environment(request: Request) -> dict[str, str]:
    env = host_image.environment() | dict(request.env)
    if request.captures is not None:
        env |= host_image.capture_environment(env, str(inject_directory()), str(request.captures))
    return env


def _pids(directory: Path) -> list[int]:
    with suppress(OSError):
        return [int(pid) for pid in (directory / "cgroup.procs").read_text().split()]
    return []


def _remove(directory: Path) -> None:
    """Kill what is left in a group and remove it."""
    deadline = time.monotonic() + REMOVAL_S
    while directory.exists() and time.monotonic() < deadline:
        with suppress(OSError):
            for pid in _pids(directory):
                os.kill(pid, signal.SIGKILL)
            directory.rmdir()
            return
        time.sleep(0.005)
