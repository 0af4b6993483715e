"""One Docker container, from the attachment of its streams to its end; knows no images."""

import os
import queue
import signal
import threading
import time
from contextlib import suppress
from typing import Any

import docker.errors
from docker.utils.socket import frames_iter

from memtune.execute.daemon import FAILURES, Heartbeat, gone, translated
from memtune.execute.docker_stats import DockerStats
from memtune.execute.executor import Chunk
from memtune.measure.cgroup import Cgroup, cgroup_of


class Container:
    """A created container: implements Launched."""

    def __init__(self, api: Any, impatient: Any, identity: str, warnings: tuple[str, ...]) -> None:
        self._api = api
        self._impatient = impatient
        self._id = identity
        self._socket: Any = None
        self._heartbeat = Heartbeat(impatient)
        self._group: Cgroup | None = None
        self.chunks: queue.Queue[Chunk] = queue.Queue(maxsize=64)
        self.warnings = warnings

    def start(self) -> None:
        """Attach first, then start, so that no output is lost."""
        streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        with translated("starting a container"):
            self._socket = self._api.attach_socket(self._id, params=streams)
            self._api.start(self._id)
        threading.Thread(target=self._read, name="memtune-attach", daemon=True).start()
        self._heartbeat.start()

    def send(self, word: str) -> None:
        """Write a line to the shim's lease."""
        self._socket._sock.sendall(f"{word}\n".encode())

    def cgroup(self) -> Cgroup | None:
        """Find the control group through the container's first process, else ask the daemon."""
        with translated("inspecting a container"):
            pid = self._api.inspect_container(self._id)["State"]["Pid"]
        if not pid:
            return None
        # The daemon may number processes otherwise than we do: then it is another's group.
        self._group = cgroup_of(pid, named=self._id)
        return self._group or DockerStats(self._api, self._id)

    def trouble(self) -> str:
        """Say what happened to the daemon; empty while it answers."""
        return self._heartbeat.lost

    def interference(self) -> str:
        """Ask the daemon whether somebody else ended, halted or changed the container.

        A daemon that is stopped ends its containers by SIGTERM, as ``docker stop`` does: the
        workload then seems to end by itself. It closes its API before that.
        """
        if self._heartbeat.lost:
            return self._heartbeat.lost
        asked = {"container": self._id, "event": ["kill", "pause", "update"]}
        try:
            until = f"{time.time():.6f}"
            events = list(
                self._impatient.events(since="0", until=until, filters=asked, decode=True)
            )
        except docker.errors.APIError:  # an answer, from a proxy that tells no events
            return ""
        except FAILURES as error:
            return gone(error)
        if not events:
            return ""
        with_signal = events[0].get("Actor", {}).get("Attributes", {}).get("signal")
        what = f"signal {with_signal}" if with_signal else f"`docker {events[0].get('Action')}`"
        return f"somebody else sent the container {what}"

    def remove(self) -> None:
        """End the lease and the container, with or without the daemon."""
        self._heartbeat.stop()
        if self._socket is not None:
            hang_up(self._socket)
        try:
            if not self._heartbeat.lost:
                self._remove()
                return
        except FAILURES:
            pass
        end(self._group)

    def _remove(self) -> None:
        """Remove the container, or wait until the daemon has: it does when the lease ends."""
        with suppress(docker.errors.APIError):  # it is gone
            try:
                self._impatient.remove_container(self._id, force=True, v=True)
            except docker.errors.APIError:  # its removal goes on
                self._impatient.wait(self._id, condition="removed")

    def _read(self) -> None:
        try:
            for stream, data in frames_iter(self._socket, tty=False):  # type: ignore[no-untyped-call]
                self.chunks.put((stream, data))
        except (OSError, ValueError):
            pass
        self.chunks.put(None)


def hang_up(stream: Any) -> None:
    """Close what ``attach_socket`` returned: by itself it only lets go of a socket that docker-py
    keeps, and the lease would go on."""
    with suppress(OSError):
        stream._sock.close()
    stream.close()


def end(group: Cgroup | None) -> None:
    """End the processes of a container without the daemon, as far as this user may.

    A dead or frozen daemon leaves them, and their lease open; when it is back, it finds
    the container ended and removes it.
    """
    with suppress(OSError):
        for pid in group.pids() if group is not None else ():
            with suppress(ProcessLookupError):  # the first process has taken it along
                os.kill(pid, signal.SIGKILL)
