"""Control groups that memtune makes itself: those of the local executor's runs, and those
that hold several containers under one cap."""

import os
import secrets
import signal
import time
from contextlib import suppress
from pathlib import Path

from memtune.errors import HostError
from memtune.execute import owner
from memtune.measure.cgroup import CGROUP_ROOT, Cgroup, CgroupV1, CgroupV2, host_version

HOME = "memtune"
"""The group in which all of them are."""
REMOVAL_S = 10
"""How long the kernel may take to end the processes of a group."""


def sweep() -> int:
    """Remove the groups of memtunes that no longer live; return how many runs left them."""
    groups = [child for root in _hierarchies() for child in (root / HOME).glob("*-*")]
    left = [group for group in groups if not owner.lives(group.name.rpartition("-")[0])]
    for group in left:
        _remove(group)
    return len({group.name for group in left})


class Group:
    """The control group of one run: one directory on v2, one in each hierarchy on v1."""

    def __init__(self) -> None:
        self._v2 = host_version() == "v2"
        # As a path below each hierarchy.
        self.name = f"{HOME}/{owner.me()}-{secrets.token_hex(6)}"
        root = CGROUP_ROOT if self._v2 else CGROUP_ROOT / "memory"
        self.memory = root / self.name
        self.pids = self.memory if self._v2 else CGROUP_ROOT / "pids" / self.name

    def __enter__(self) -> "Group":
        try:
            for directory in (self.memory, self.pids):
                directory.parent.mkdir(exist_ok=True)
                if self._v2:
                    for level in (CGROUP_ROOT, directory.parent):
                        (level / "cgroup.subtree_control").write_text("+memory +pids")
                directory.mkdir(exist_ok=True)
        except OSError as error:
            raise HostError(
                f"no control group can be made here: {error}",
                hint="this needs root (or a delegated cgroup); "
                "`memtune doctor` tells what this machine allows",
            ) from error
        return self

    def limit(self, cap_bytes: int, pids: int | None = None) -> None:
        """Set the cap, no swap beyond it, and the process limit where there is one."""
        if self._v2:
            self._write(self.memory / "memory.max", cap_bytes)
            self._write(self.memory / "memory.swap.max", 0, optional=True)
        else:
            self._write(self.memory / "memory.use_hierarchy", 1, optional=True)
            self._write(self.memory / "memory.limit_in_bytes", cap_bytes)
            self._write(self.memory / "memory.memsw.limit_in_bytes", cap_bytes, optional=True)
        if pids is not None:
            self._write(self.pids / "pids.max", pids)

    def cgroup(self) -> Cgroup:
        """Return the reader of its memory, groups below included."""
        return CgroupV2(self.memory) if self._v2 else CgroupV1(self.memory)

    def end(self) -> None:
        """Kill every process in it."""
        for pid in _pids(self.memory):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def __exit__(self, *_: object) -> None:
        """Kill what is left in it and remove it, also where a container runtime made it."""
        for root in _hierarchies():
            _remove(root / self.name)

    @staticmethod
    def _write(path: Path, value: int, *, optional: bool = False) -> None:
        if optional and not path.exists():  # no swap accounting in this kernel
            return
        try:
            path.write_text(str(value))
        except OSError as error:
            raise HostError(f"cannot set {path.name}: {error}") from error


def _hierarchies() -> list[Path]:
    if host_version() == "v2":
        return [CGROUP_ROOT]
    return [path for path in CGROUP_ROOT.iterdir() if (path / "cgroup.procs").exists()]


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
