"""Memory of processes, for where no control group tells it: never that of the machine."""

import time
from collections.abc import Iterable
from contextlib import suppress

import psutil


def family_bytes() -> int:
    """Return the memory of this program: all processes below its oldest one.

    PSS where it may be read, which does not count what forked processes share more than
    once; else RSS, which does. Raises psutil.Error when they cannot be found.
    """
    oldest = _oldest(psutil.Process())
    return sum(_memory(process, "pss") for process in [oldest, *oldest.children(recursive=True)])


def own_bytes(pid: int) -> int:
    """Return what would be freed if a process ended now: its USS, or RSS without the right to.

    0 for a process that is gone.
    """
    try:
        return _memory(psutil.Process(pid), "uss")
    except psutil.NoSuchProcess:
        return 0


def is_largest(own: int, parent: int, youngest_s: float) -> bool:
    """Tell whether `own` has more memory of its own than its siblings of at least that age."""
    born_s = time.time() - youngest_s
    try:
        siblings = psutil.Process(parent).children()
    except psutil.NoSuchProcess:
        return True
    older = [sibling.pid for sibling in siblings if sibling.create_time() <= born_s]
    return max(_sizes([own, *older]))[1] == own


def _sizes(pids: Iterable[int]) -> list[tuple[int, int]]:
    return [(own_bytes(pid), pid) for pid in set(pids)]


def _oldest(process: psutil.Process) -> psutil.Process:
    """Return the highest ancestor that executes the same program: of a worker, its master."""
    try:
        program = process.exe()
        while (parent := process.parent()) is not None and parent.exe() == program:
            process = parent
    except psutil.AccessDenied:
        pass
    return process


def _memory(process: psutil.Process, figure: str) -> int:
    try:
        with suppress(psutil.AccessDenied):
            return int(getattr(process.memory_full_info(), figure))
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
