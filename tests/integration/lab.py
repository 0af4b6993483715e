"""A Docker daemon of our own that can be stopped, killed and frozen; for tests and for
benchmarks.faults.

The daemon lives in its own network and mount namespaces: in the host's network namespace a
second dockerd deletes the bridge of the first. It shares the process namespace, for memtune
finds a container's control group through the number of its first process.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import docker

from memtune.execute.docker import OWNER_LABEL
from memtune.measure.cgroup import CGROUP_ROOT

PATIENCE_S = 30.0


def wait_until(condition: Callable[[], bool], limit_s: float = PATIENCE_S) -> bool:
    """Return whether the condition came true in time."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Dockerd:
    """A dockerd below a directory of its own, with all its processes, groups and files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._group = f"memtune-lab-{secrets.token_hex(4)}"
        self._process: subprocess.Popen[bytes] | None = None
        self.host = f"unix://{directory}/docker.sock"

    def start(self) -> None:
        """Start the daemon and wait until it answers."""
        here = self._directory
        (here / "config.json").write_text("{}")  # not the host's, which may contradict
        # A killed containerd that nobody has reaped yet looks alive to its successor.
        (here / "exec" / "containerd" / "containerd.pid").unlink(missing_ok=True)
        namespaces = ["unshare", "--net", "--mount", "--propagation", "slave"]
        leash = ["setpriv", "--pdeathsig", "TERM"]  # it ends with us, however we end
        daemon = [
            *("dockerd", "--config-file", f"{here}/config.json", "--host", self.host),
            *("--data-root", f"{here}/data", "--exec-root", f"{here}/exec"),
            *("--pidfile", f"{here}/pid", "--cgroup-parent", f"/{self._group}"),
            *("--exec-opt", "native.cgroupdriver=cgroupfs"),
            *("--bridge", "none", "--iptables=false", "--ip-forward=false"),
        ]
        with (here / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*namespaces, *leash, *daemon], stdout=log, stderr=log, start_new_session=True
            )
        assert wait_until(self.answers), (here / "log").read_text()[-2000:]

    def client(self) -> Any:
        """Return a client that gives up soon."""
        return docker.DockerClient(self.host, timeout=5)

    def send(self, number: signal.Signals) -> None:
        """Send the daemon a signal; wait for its end where that is what it means."""
        assert self._process is not None
        self._process.send_signal(number)
        if number in (signal.SIGTERM, signal.SIGKILL):
            self._process.wait(PATIENCE_S)

    def containers(self, owner_pid: int | None = None) -> list[str]:
        """Return the states of the containers of all memtunes, or of one."""
        found = self.client().api.containers(all=True, filters={"label": OWNER_LABEL})
        return [
            container["State"]
            for container in found
            if owner_pid is None or container["Labels"][OWNER_LABEL].startswith(f"{owner_pid}.")
        ]

    def groups(self) -> list[Path]:
        """Return the control groups of containers."""
        return [path for root in self._parents() for path in root.glob("*/") if path.is_dir()]

    def processes(self) -> list[int]:
        """Return the processes in containers."""
        found: list[int] = []
        for group in self.groups():
            with suppress(OSError):
                found += map(int, (group / "cgroup.procs").read_text().split())
        return found

    def commands(self) -> list[str]:
        """Return the command lines of the processes in containers."""
        found = []
        for pid in self.processes():
            with suppress(OSError):
                found.append(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip())
        return found

    def is_clean(self, limit_s: float = 1) -> bool:
        """Return whether no container, process and control group is left in time."""
        return wait_until(
            lambda: not (self.containers() or self.processes() or self.groups()), limit_s
        )

    def close(self) -> None:
        """End every process of the daemon and remove its groups and files."""
        if self._process is not None and self._process.poll() is None:
            self.send(signal.SIGKILL)  # containerd goes with it; stopping takes a second
        for pid in [*self.processes(), *self._shims()]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not self.processes(), 5)
        for group in [*self.groups(), *self._parents()]:
            with suppress(OSError):
                group.rmdir()
        shutil.rmtree(self._directory, ignore_errors=True)

    def answers(self) -> bool:
        """Return whether the daemon is there."""
        with suppress(Exception):  # not yet: each library on the way has errors of its own
            return bool(self.client().ping())
        return False

    def _parents(self) -> list[Path]:
        """The control group of all containers, in each hierarchy."""
        return [*CGROUP_ROOT.glob(self._group), *CGROUP_ROOT.glob(f"*/{self._group}")]

    def _shims(self) -> list[int]:
        """What containerd starts for each container lives on when containerd is killed."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if f"{self._directory}/exec/" in path.read_text(errors="replace"):
                    found.append(int(path.parent.name))
        return found


@contextmanager
def private_dockerd() -> Iterator[Dockerd]:
    """A running daemon; nothing of it is left when the block ends."""
    directory = Path(tempfile.mkdtemp(prefix="memtune-lab-"))  # short: sockets have 107 bytes
    daemon = Dockerd(directory)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.close()
