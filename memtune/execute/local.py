"""Runs in a control group of this machine, made directly: for where there is no Docker."""

import queue
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import IO

from memtune.errors import HostError
from memtune.execute import bring_memray, groups, host_image, shim
from memtune.execute.environment import describe
from memtune.execute.executor import Chunk, Meeting
from memtune.execute.groups import Group
from memtune.execute.request import PIDS_LIMIT, Request
from memtune.measure.captures import inject_directory
from memtune.measure.cgroup import Cgroup
from memtune.model import Environment, Image, ImageKind

# Moves itself into the run's groups, then becomes the shim.
_ENTER = 'for g in "$1" "$2"; do echo $$ >"$g/cgroup.procs" || exit 125; done; shift 2; exec "$@"'


class LocalExecutor:
    """Makes each run as this user, in a fresh control group with the cap and no swap."""

    name = "local"

    def sweep(self) -> int:
        """Remove the groups of memtunes that no longer live; return how many runs left them."""
        return groups.sweep()

    def prepare(self, images: Sequence[Image]) -> Environment:
        """Check that groups can be made here; raises HostError when they cannot."""
        for image in images:
            if image.kind is not ImageKind.HOST:
                raise HostError(
                    f"the local executor cannot execute {image}: it has no images",
                    hint="use Docker (`memtune doctor` tells what is missing) or `image: host`",
                )
        with Group():
            pass
        return describe(self.name, "host", {})

    @contextmanager
    def launch(self, request: Request) -> Iterator["_Process"]:
        """Start the shim in groups of its own; they are empty and gone when the context ends."""
        self.prepare([request.image])
        with Group() as group:
            group.limit(request.cap_bytes, PIDS_LIMIT)
            process = _Process(request, group)
            try:
                yield process
            finally:
                process.close()

    def meeting(
        self, names: Sequence[str], cap_bytes: int | None
    ) -> AbstractContextManager[Meeting]:
        """Refuse: without containers services would share this machine's network and ports."""
        del names, cap_bytes
        raise HostError(
            "the local executor cannot execute services: they need a network of their own",
            hint="use Docker (`memtune doctor` tells what is missing)",
        )


class _Process:
    """The shim as a child process: implements Launched."""

    def __init__(self, request: Request, group: Group) -> None:
        self._group = group
        self.warnings: tuple[str, ...] = ()
        self.chunks: queue.Queue[Chunk] = queue.Queue(maxsize=64)
        memory, pids = str(group.memory), str(group.pids)
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
        return self._group.cgroup()

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
        self._group.end()
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
        memray = bring_memray.fetched(bring_memray.own()).parent
        env |= host_image.capture_environment(
            env,
            str(inject_directory()),
            str(request.captures),
            memray=str(memray),
            native=request.native,
        )
    return env
