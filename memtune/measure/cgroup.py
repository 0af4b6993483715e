"""Reads the memory files of one control group, v1 and v2 alike; writes nothing.

Kernel documents: Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst.
"""

import os
from contextlib import suppress
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
    refaults: int | None = None
    """File pages read again after the kernel had dropped them, since the group was made."""
    major_faults: int | None = None
    """Page faults that waited for a disk, since the group was made."""
    faults: int | None = None
    """Page faults of any kind since the group was made: each brings at most one page."""
    slab: int | None = None
    """Kernel memory that goes when file pages and directory entries go, such as the buffer
    heads of written pages; None where the kernel does not tell: cgroup v1."""

    @property
    def need(self) -> int:
        """What the kernel cannot reclaim: anonymous, shared and kernel memory."""
        return max(0, self.total - self.reclaimable)

    @property
    def reclaimable(self) -> int:
        """What the kernel takes back rather than kill a process, as far as it is known."""
        return self.file + (self.slab or 0)


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

    def stalled_s(self) -> float | None:
        """Read how long some process waited for memory; None where this kernel does not tell."""
        ...

    def pids(self) -> list[int]:
        """Read the processes of the group, those below it included, as the host numbers them."""
        ...

    def close(self) -> None:
        """Release the open files."""
        ...


# Lines of memory.stat: active file, inactive file, anonymous, shared, refaults, major faults,
# faults, and reclaimable slab where there is such a line.
_V1 = (
    *(b"total_active_file", b"total_inactive_file", b"total_rss", b"total_shmem"),
    *(b"total_workingset_refault_file", b"total_pgmajfault", b"total_pgfault"),
)
_V2 = (
    *(b"active_file", b"inactive_file", b"anon", b"shmem"),
    *(b"workingset_refault_file", b"pgmajfault", b"pgfault", b"slab_reclaimable"),
)


class _UsageFiles:
    """The two files of a usage, kept open: they are read hundreds of times a second."""

    def __init__(self, total: Path, stat: Path, lines: tuple[bytes, ...]) -> None:
        self._total = _open(total)
        self._stat = _open(stat)
        # A kernel writes the same lines in the same order each time; an old one lacks some.
        names = _read(self._stat).split()[::2]
        self._places = [_place(line, names) for line in lines]

    def read(self) -> Usage:
        total = int(_read(self._total))
        words = _read(self._stat).split()
        parts = [None if place is None else int(words[place]) for place in self._places]
        active, inactive, anon, shmem = [part or 0 for part in parts[:4]]
        return Usage(total, active + inactive, anon, shmem, *parts[4:])

    def close(self) -> None:
        os.close(self._total)
        os.close(self._stat)


def _place(line: bytes, names: list[bytes]) -> int | None:
    """Where the value of a line stands; before Linux 5.9 there is one kind of refault."""
    for name in (line, line.removesuffix(b"_file")):
        if name in names:
            return 2 * names.index(name) + 1
    return None


class _Number:
    """A file with one number, kept open; absent in some kernels."""

    def __init__(self, path: Path) -> None:
        self._file = _open(path) if path.exists() else None

    def read(self) -> int | None:
        if self._file is None:
            return None
        try:
            return int(_read(self._file))
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)


class CgroupV1:
    """A group of the v1 memory controller."""

    source = "cgroup v1"
    atomic = False
    peak_source = "memory.max_usage_in_bytes (cgroup v1)"

    def __init__(self, memory: Path) -> None:
        self._directory = memory
        self._usage = _UsageFiles(memory / "memory.usage_in_bytes", memory / "memory.stat", _V1)
        self._peak = _Number(memory / "memory.max_usage_in_bytes")

    def usage(self) -> Usage:
        """Read the present usage."""
        return self._usage.read()

    def peak(self) -> int | None:
        """Read the kernel's high-water mark, bytes."""
        return self._peak.read()

    def oom_kills(self) -> int | None:
        """Read the OOM-kill counter (Linux 4.13 and later)."""
        return _keyed(self._directory / "memory.oom_control", b"oom_kill")

    def stalled_s(self) -> float | None:
        """Return None: pressure is told of groups of cgroup v2 alone."""
        return None

    def pids(self) -> list[int]:
        """Read the processes of the group and of those below it."""
        return _pids(self._directory)

    def close(self) -> None:
        """Release the open files."""
        self._usage.close()
        self._peak.close()


class CgroupV2:
    """A group of the unified hierarchy."""

    source = "cgroup v2"
    atomic = False
    peak_source = "memory.peak (cgroup v2)"

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._usage = _UsageFiles(directory / "memory.current", directory / "memory.stat", _V2)
        self._peak = _Number(directory / "memory.peak")

    def usage(self) -> Usage:
        """Read the present usage."""
        return self._usage.read()

    def peak(self) -> int | None:
        """Read the kernel's high-water mark, bytes (Linux 5.19 and later)."""
        return self._peak.read()

    def oom_kills(self) -> int | None:
        """Read the OOM-kill counter, descendants included."""
        return _keyed(self._directory / "memory.events", b"oom_kill")

    def stalled_s(self) -> float | None:
        """Read the total of ``some`` in memory.pressure (Linux 4.20 with PSI), seconds."""
        return _pressure(self._directory / "memory.pressure")

    def pids(self) -> list[int]:
        """Read the processes of the group and of those below it."""
        return _pids(self._directory)

    def close(self) -> None:
        """Release the open files."""
        self._usage.close()
        self._peak.close()


def host_version(root: Path = CGROUP_ROOT) -> str:
    """Return ``v1`` or ``v2``: which hierarchy carries the memory controller here."""
    return "v2" if (root / "cgroup.controllers").exists() else "v1"


def cgroup_of(
    pid: int, named: str = "", root: Path = CGROUP_ROOT, proc: Path = Path("/proc")
) -> Cgroup | None:
    """Find the group of a process; None when the host's files for it cannot be read.

    ``named`` must be in the group's path: a number may mean another process here.
    """
    directory = directory_of(pid, named, root, proc)
    try:
        return None if directory is None else open_group(directory, root)
    except OSError:
        return None


def directory_of(
    pid: int, named: str = "", root: Path = CGROUP_ROOT, proc: Path = Path("/proc")
) -> Path | None:
    """Find where the memory files of a process's group are, as ``cgroup_of`` does."""
    try:
        lines = (proc / str(pid) / "cgroup").read_text().splitlines()
        paths = {names: path for _, names, path in (line.split(":", 2) for line in lines)}
        version = host_version(root)
        path = paths["" if version == "v2" else "memory"].lstrip("/")
    except (OSError, KeyError, ValueError):
        return None
    if named not in path:
        return None
    return root / path if version == "v2" else root / "memory" / path


def open_group(directory: Path, root: Path = CGROUP_ROOT) -> Cgroup:
    """Return the reader of a group. Raises OSError where its files cannot be read."""
    return CgroupV2(directory) if host_version(root) == "v2" else CgroupV1(directory)


def _pressure(path: Path) -> float | None:
    """The microseconds behind ``some avg10=... total=``: Documentation/accounting/psi.rst."""
    try:
        words = path.read_text(encoding="ascii").split()
        total = next(word for word in words if word.startswith("total="))
        return int(total.removeprefix("total=")) / 1e6
    except (OSError, ValueError, StopIteration):
        return None


def _pids(directory: Path) -> list[int]:
    pids = [int(pid) for pid in (directory / "cgroup.procs").read_text().split()]
    with os.scandir(directory) as entries:
        below = [Path(entry.path) for entry in entries if entry.is_dir()]
    for child in below:
        with suppress(OSError):  # it goes away at this moment
            pids += _pids(child)
    return pids


def _open(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _read(descriptor: int) -> bytes:
    return os.pread(descriptor, 16384, 0)


def _table(text: bytes) -> dict[bytes, int]:
    words = text.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


def _keyed(path: Path, key: bytes) -> int | None:
    try:
        return _table(path.read_bytes()).get(key)
    except (OSError, ValueError):
        return None
