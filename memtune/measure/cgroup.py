"""Reads the memory files of one control group, v1 and v2 alike; writes nothing.

Kernel documents: Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

CGROUP_ROOT = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Usage:
    """One reading of a group's memory, in bytes."""

    total: int
    """All that is charged, page cache included."""
    file: int
    """Active and inactive file pages: the kernel can reclaim them."""
    anon: int
    shmem: int
    """tmpfs, /dev/shm and shared anonymous memory."""
    refaults: int = 0
    """File pages read again after the kernel had dropped them, since the group was made."""
    major_faults: int = 0
    """Page faults that waited for a disk, since the group was made."""

    @property
    def need(self) -> int:
        """What the kernel cannot reclaim: anonymous, shared and kernel memory."""
        return max(0, self.total - self.file)


class Cgroup(Protocol):
    """The memory figures of one control group."""

    source: str
    """Where the figures come from, for people."""
    peak_source: str
    atomic: bool
    """Whether one usage is of one moment; the kernel's files are read one after the other."""

    def usage(self) -> Usage:
        """Read the present usage. Raises OSError once the group is gone."""
        ...

    def peak(self) -> int | None:
        """Read the kernel's high-water mark, bytes; None where this kernel has none."""
        ...

    def oom_kills(self) -> int | None:
        """Read how many processes the kernel killed here for memory."""
        ...

    def pids(self) -> list[int]:
        """Read the processes of the group, as the host numbers them."""
        ...

    def close(self) -> None:
        """Release the open files."""
        ...


class CgroupV1:
    """A group of the v1 memory controller."""

    source = "cgroup v1"
    atomic = False
    peak_source = "memory.max_usage_in_bytes (cgroup v1)"

    def __init__(self, memory: Path) -> None:
        self._directory = memory
        self._total = _open(memory / "memory.usage_in_bytes")
        self._stat = _open(memory / "memory.stat")

    def usage(self) -> Usage:
        """Read the present usage."""
        total = int(_read(self._total))
        stat = _table(_read(self._stat))
        return Usage(
            total=total,
            file=stat[b"total_active_file"] + stat[b"total_inactive_file"],
            anon=stat[b"total_rss"],
            shmem=stat.get(b"total_shmem", 0),
            refaults=stat.get(b"total_workingset_refault_file", 0),
            major_faults=stat.get(b"total_pgmajfault", 0),
        )

    def peak(self) -> int | None:
        """Read the kernel's high-water mark, bytes."""
        return _number(self._directory / "memory.max_usage_in_bytes")

    def oom_kills(self) -> int | None:
        """Read the OOM-kill counter (Linux 4.13 and later)."""
        return _keyed(self._directory / "memory.oom_control", b"oom_kill")

    def pids(self) -> list[int]:
        """Read the processes of the group."""
        return [int(pid) for pid in (self._directory / "cgroup.procs").read_text().split()]

    def close(self) -> None:
        """Release the open files."""
        os.close(self._total)
        os.close(self._stat)


class CgroupV2:
    """A group of the unified hierarchy."""

    source = "cgroup v2"
    atomic = False
    peak_source = "memory.peak (cgroup v2)"

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._total = _open(directory / "memory.current")
        self._stat = _open(directory / "memory.stat")

    def usage(self) -> Usage:
        """Read the present usage."""
        total = int(_read(self._total))
        stat = _table(_read(self._stat))
        return Usage(
            total=total,
            file=stat[b"active_file"] + stat[b"inactive_file"],
            anon=stat[b"anon"],
            shmem=stat[b"shmem"],
            refaults=stat.get(b"workingset_refault_file", 0),
            major_faults=stat.get(b"pgmajfault", 0),
        )

    def peak(self) -> int | None:
        """Read the kernel's high-water mark, bytes (Linux 5.19 and later)."""
        return _number(self._directory / "memory.peak")

    def oom_kills(self) -> int | None:
        """Read the OOM-kill counter, descendants included."""
        return _keyed(self._directory / "memory.events", b"oom_kill")

    def pids(self) -> list[int]:
        """Read the processes of the group."""
        return [int(pid) for pid in (self._directory / "cgroup.procs").read_text().split()]

    def close(self) -> None:
        """Release the open files."""
        os.close(self._total)
        os.close(self._stat)


def host_version(root: Path = CGROUP_ROOT) -> str:
    """Return ``v1`` or ``v2``: which hierarchy carries the memory controller here."""
    return "v2" if (root / "cgroup.controllers").exists() else "v1"


def cgroup_of(
    pid: int, named: str = "", root: Path = CGROUP_ROOT, proc: Path = Path("/proc")
) -> Cgroup | None:
    """Find the group of a process; None when the host's files for it cannot be read.

    ``named`` must be in the group's path: a number may mean another process here.
    """
    try:
        lines = (proc / str(pid) / "cgroup").read_text().splitlines()
        paths = {names: path for _, names, path in (line.split(":", 2) for line in lines)}
        version = host_version(root)
        path = paths["" if version == "v2" else "memory"].lstrip("/")
        if named not in path:
            return None
        return CgroupV2(root / path) if version == "v2" else CgroupV1(root / "memory" / path)
    except (OSError, KeyError, ValueError):
        return None


def _open(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _read(descriptor: int) -> bytes:
    return os.pread(descriptor, 16384, 0)


def _table(text: bytes) -> dict[bytes, int]:
    words = text.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


def _number(path: Path) -> int | None:
    try:
        return int(path.read_bytes())
    except (OSError, ValueError):
        return None


def _keyed(path: Path, key: bytes) -> int | None:
    try:
        return _table(path.read_bytes()).get(key)
    except (OSError, ValueError):
        return None
