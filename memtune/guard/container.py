"""Finds the control group that limits this process, v1 or v2, and its memory; writes nothing.

Kernel documents: Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst;
/proc/PID/mountinfo: proc_pid_mountinfo(5).
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from memtune.guard.files import read

PROC = Path("/proc")


@dataclass(frozen=True)
class Version:
    """The names that one version of the memory controller uses."""

    name: str
    limit: str
    usage: str
    reclaimable: tuple[bytes, ...]
    """Lines of memory.stat with what the kernel takes back rather than kill a process."""


V1 = Version(
    "cgroup v1",
    "memory.limit_in_bytes",
    "memory.usage_in_bytes",
    (b"total_active_file", b"total_inactive_file"),
)
V2 = Version(
    "cgroup v2",
    "memory.max",
    "memory.current",
    (b"active_file", b"inactive_file", b"slab_reclaimable"),
)


@dataclass(frozen=True)
class Container:
    """What limits this process."""

    limit_bytes: int
    source: str
    """Where the limit is from, for people."""
    version: Version
    group: Path | None
    """The directory whose usage counts against the limit; None where there is no such group."""

    def need_bytes(self) -> int:
        """Read what the kernel cannot reclaim. Raises OSError or ValueError if it cannot be."""
        if self.group is None:
            raise FileNotFoundError("no memory control group of this process can be seen")
        total = int(read(self.group / self.version.usage))
        stat = _stat(self.group)
        return max(0, total - sum(_line(stat, name) or 0 for name in self.version.reclaimable))


def find(proc: Path = PROC, machine_bytes: int | None = None) -> Container:
    """Return the smallest limit on the way up from this process's group, or the machine's memory.

    Seen from inside a container the way ends at the container's own group; on the host it
    ends at the root. `machine_bytes` replaces what the machine says of itself.
    """
    machine = machine_bytes or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    version, groups = _way_up(proc)
    limits = [limit for group in groups for limit in _limit(version, group)]
    limits += [limit for group in groups[:1] for limit in _limit_above(version, group)]
    limit_bytes, source, group = min(
        limits, key=lambda limit: limit[0], default=(machine, "", None)
    )
    if limit_bytes < machine:
        return Container(limit_bytes, source, version, group)
    own = next((group for group in groups if _has_usage(version, group)), None)
    return Container(machine, "no limit set: the machine's memory", version, own)


def _limit(version: Version, group: Path) -> Iterator[tuple[int, str, Path]]:
    """Yield (bytes, source, group) for a group that has a limit of its own."""
    with suppress(OSError, ValueError):  # absent in the root group; "max" is no limit
        yield int(read(group / version.limit)), f"{version.name} {version.limit}", group


def _limit_above(version: Version, group: Path) -> Iterator[tuple[int, str, Path]]:
    """Yield the same for what v1 tells of the groups above, which a container cannot see."""
    name = b"hierarchical_memory_limit"
    with suppress(OSError, ValueError):
        above = _line(_stat(group), name)
        if above is not None:
            yield above, f"{version.name} {name.decode()}", group


def _has_usage(version: Version, group: Path) -> bool:
    """Tell whether a group says how much it uses; v1's root group speaks for the machine."""
    return (group / version.usage).exists() and not (group / "cgroup.sane_behavior").exists()


def _way_up(proc: Path) -> tuple[Version, list[Path]]:
    """Return the version that carries the memory controller, and the groups, own first."""
    try:
        lines = (proc / "self/cgroup").read_text().splitlines()
        mounts = (proc / "self/mountinfo").read_text().splitlines()
    except OSError:
        return V2, []
    paths = {names: path for _, names, path in (line.split(":", 2) for line in lines)}
    joint = next((path for names, path in paths.items() if "memory" in names.split(",")), None)
    version = V2 if joint is None else V1
    path = paths.get("", "/") if joint is None else joint
    for root, mount in _mounts(mounts, version):
        return version, _existing(mount, _below(path, root))
    return version, []


def _mounts(lines: list[str], version: Version) -> Iterator[tuple[str, Path]]:
    """Yield (root within the hierarchy, mount point) of the mounts with a memory controller."""
    for line in lines:
        before, _, after = line.partition(" - ")
        root, mount = (_unescaped(word) for word in before.split()[3:5])
        kind, _, options = after.split(" ", 2)
        if (kind == "cgroup2") if version is V2 else ("memory" in re.split(r"[, ]", options)):
            yield root, Path(mount)


def _unescaped(word: str) -> str:
    return re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), word)


def _below(path: str, root: str) -> str:
    """Return a group's path relative to what is mounted; "" where it lies outside of that."""
    if root == "/":
        return "" if ".." in path.split("/") else path.strip("/")
    inside = path == root or path.startswith(f"{root}/")
    return path[len(root) :].strip("/") if inside else ""


def _existing(mount: Path, below: str) -> list[Path]:
    """Return the directories from the group up to the mount point, those that can be seen."""
    groups = [mount / below, *(mount / below).parents]
    return [group for group in groups if group.is_relative_to(mount) and group.is_dir()]


def _stat(group: Path) -> bytes:
    return b"\n" + read(group / "memory.stat")


def _line(stat: bytes, name: bytes) -> int | None:
    """Return the value of a line of memory.stat, None where this kernel has no such line."""
    begin = stat.find(b"\n" + name + b" ")
    if begin < 0:
        return None
    begin += len(name) + 2
    return int(stat[begin : stat.find(b"\n", begin)])
