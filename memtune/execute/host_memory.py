"""Keeps all runs on this machine together, those of other memtunes too, within its memory:
a run starts when its cap fits beside the caps of those that go on, and one whose time is judged
when there are none."""

import fcntl
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from memtune.errors import HostError
from memtune.execute import owner
from memtune.units import format_bytes

SHARE = 0.9
"""Of the memory that is available, what runs may take together."""
_POLL_S = 0.05
_PATIENCE_S = 2.0
"""After so long without a look nobody waits any more for one that waits."""
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

    Waits for other runs to end, first come, first served; goes on without the reservation when
    ``cancelled``. Raises HostError when the machine is too small even with no other run.
    """
    path = _directory() / f"{owner.me()}-{secrets.token_hex(4)}"
    asked = _Entry(time.monotonic_ns(), size, alone, goes_on=False)
    try:
        while not _enter(path, asked):
            if cancelled():
                path.unlink()
                break
            time.sleep(_POLL_S)
        yield
    finally:
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Entry:
    came_ns: int
    """When it began to wait: the clock is the same for all processes."""
    size: int
    alone: bool
    goes_on: bool

    def __str__(self) -> str:
        return f"{self.came_ns} {self.size} {self.alone:d} {self.goes_on:d}"

    @classmethod
    def read(cls, text: str) -> "_Entry":
        came_ns, size, alone, goes_on = map(int, text.split())
        return cls(came_ns, size, bool(alone), bool(goes_on))


def _enter(path: Path, asked: _Entry) -> bool:
    """Write the reservation: of a run that goes on if it may, of one that waits if not."""
    with (path.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        others = _reservations(path)
        running = [one for one in others if one.goes_on]
        waits = any(not one.goes_on and one.came_ns < asked.came_ns for one in others)
        waits |= bool(running) if asked.alone else any(one.alone for one in running)
        waits = waits or not _fits(asked.size, running)
        path.write_text(str(replace(asked, goes_on=not waits)))
        return not waits


def _fits(size: int, running: Sequence[_Entry]) -> bool:
    budget = ceiling_bytes()
    if running or size <= budget:
        return sum(one.size for one in running) + size <= budget
    raise HostError(
        f"a cap of {format_bytes(size)} does not fit into this machine: "
        f"{format_bytes(budget)} of memory can be used",
        hint="lower the cap, or end other programs",
    )


def _reservations(own: Path) -> list[_Entry]:
    """Return the others of living memtunes; what dead ones left is removed, and of those that wait
    only those that still look: one may have been stopped."""
    found = []
    for path in own.parent.glob("*-*"):
        if path == own:
            continue
        if not owner.lives(path.name.rpartition("-")[0]):
            path.unlink(missing_ok=True)
            continue
        with suppress(FileNotFoundError, ValueError):  # its run ends, or begins, at this moment
            entry = _Entry.read(path.read_text(encoding="ascii"))
            if entry.goes_on or time.time() - path.stat().st_mtime < _PATIENCE_S:
                found.append(entry)
    return found


def _directory() -> Path:
    """One directory for all memtunes of this user."""
    path = Path(tempfile.gettempdir()) / f"memtune-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.stat().st_uid != os.getuid():
        raise HostError(f"{path} belongs to somebody else", hint="remove it, or set TMPDIR")
    return path
