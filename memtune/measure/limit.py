"""Finds the memory limit that holds for a control group, its own or one above; writes nothing.

Kernel documents: Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from memtune.measure.cgroup import CGROUP_ROOT, host_version

FILES = {"v1": "memory.limit_in_bytes", "v2": "memory.max"}
UNLIMITED_BYTES = 1 << 62
"""v1 says ``none`` as the largest number of whole pages that it can count."""


@dataclass(frozen=True)
class Limit:
    """A limit that the kernel enforces."""

    size_bytes: int
    group: Path
    """The directory of the group that it limits, with all that is below it."""
    source: str


def limit_of(directory: Path, root: Path = CGROUP_ROOT) -> Limit | None:
    """Return the smallest limit on the way up from a group; of equal ones the nearest.

    None where there is none.
    """
    version = host_version(root)
    top = root if version == "v2" else root / "memory"
    limits = []
    for group in (directory, *directory.parents):
        if not group.is_relative_to(top):
            break
        with suppress(OSError, ValueError):  # the root group has no such file; "max" is no limit
            size = int((group / FILES[version]).read_bytes())
            if size < UNLIMITED_BYTES:
                limits.append(Limit(size, group, f"{FILES[version]} (cgroup {version})"))
    return min(limits, key=lambda limit: limit.size_bytes, default=None)
