"""Keeps all runs on this machine together, those of other memtunes too, within its memory:
a run starts when its cap fits beside the caps of those that go on, and one whose time is judged
when there are none."""

import fcntl
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from memtune.errors import HostError
from memtune.execute import owner
from memtune.units import format_bytes

SHARE = 0.9
"""Of the memory that is available, what runs may take together."""
_POLL_S = 0.05
_MEMINFO = Path("/proc/meminfo")


def available_bytes() -> int:
    """Return what the kernel could give to new processes without swapping."""
    for line in _MEMINFO.read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise HostError("this kernel does not tell MemAvailable", hint="Linux 3.14 or later is needed")


def ceiling_bytes() -> int:
    """Return the largest cap that a run on this machine can have."""
    return int(SHARE * available_bytes())


def fitting(size: int) -> int:
    """Return how many runs of ``size`` bytes may go on at the same time: one for each core, as far
    as memory allows, and one at least."""
    return max(1, min(len(os.sched_getaffinity(0)), ceiling_bytes() // size))


@contextmanager
def reserved(size: int, cancelled: Callable[[], bool], *, alone: bool = False) -> Iterator[None]:
    """Hold ``size`` bytes of this machine's memory while the block lasts; ``alone``, keep all other
    runs of memtune from its cores too.

    Waits for other runs to end, in no order; goes on without the reservation when ``cancelled``.
    Raises HostError when the machine is too small even with no other run.
    """
    entry = _directory() / f"{owner.me()}-{secrets.token_hex(4)}"
    try:
        while not _enter(entry, _Entry(size, alone)) and not cancelled():
            time.sleep(_POLL_S)
        yield
    finally:
        entry.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Entry:
    size: int
    alone: bool


def _enter(entry: Path, asked: _Entry) -> bool:
    """Write the reservation if it fits beside those of living memtunes."""
    with (entry.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        others = _reservations(entry.parent)
        if others and (asked.alone or any(one.alone for one in others)):
            return False
        budget = ceiling_bytes()
        if sum(one.size for one in others) + asked.size > budget:
            if not others:
                raise HostError(
                    f"a cap of {format_bytes(asked.size)} does not fit into this machine: "
                    f"{format_bytes(budget)} of memory can be used",
                    hint="lower the cap, or end other programs",
                )
            return False
        entry.write_text(f"{asked.size} {'alone' if asked.alone else ''}")
        return True


def _reservations(directory: Path) -> list[_Entry]:
    """Return what living memtunes hold; what dead ones left is removed."""
    found = []
    for path in directory.glob("*-*"):
        if owner.lives(path.name.rpartition("-")[0]):
            with suppress(FileNotFoundError):  # its run ends at this moment
                size, _, alone = path.read_text().partition(" ")
                found.append(_Entry(int(size or 0), bool(alone)))
        else:
            path.unlink(missing_ok=True)
    return found


def _directory() -> Path:
    """One directory for all memtunes of this user."""
    path = Path(tempfile.gettempdir()) / f"memtune-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.stat().st_uid != os.getuid():
        raise HostError(f"{path} belongs to somebody else", hint="remove it, or set TMPDIR")
    return path
