"""Memory of a process and of all that stem from it, read from /proc; knows no control groups.

Kernel document: Documentation/filesystems/proc.rst.
"""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from memtune.measure.captures.smaps import rollup

SHARE = 0.01
"""Of one core, for either: finding the descendants looks at every process of the machine, and PSS
walks page tables and holds up a process that maps."""
_EXIT_CODE = 52
"""Which field of /proc/PID/stat it is."""


@dataclass(frozen=True)
class Shares:
    """The proportional set size of processes, summed, and its parts, bytes."""

    pss: int
    anon: int
    file: int
    shmem: int


@dataclass(frozen=True)
class TreeUsage:
    """One reading of a tree of processes."""

    rss: int
    shares: Shares | None
    """None without the right to read them; a sum that lacks one is no sum. Maybe some seconds
    old, where reading them takes long."""
    processes: int
    zombies: int


class Tree:
    """A process, told by its number and its start from a later one of the same number."""

    def __init__(self, pid: int) -> None:
        """Raise LookupError where there is no such process."""
        try:
            self._process = psutil.Process(pid)
            self.name = self._process.name()
        except (psutil.NoSuchProcess, psutil.AccessDenied) as error:
            raise LookupError(f"there is no process {pid}") from error
        self.pid = pid
        self._shares: Shares | None = None
        self._descendants: list[psutil.Process] = []
        self._shares_due_s = self._descendants_due_s = 0.0

    @property
    def zombie(self) -> bool:
        """Whether it has ended and its parent has not asked how."""
        try:
            return self._process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    @property
    def lives(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_running() and not self.zombie

    def exit_status(self) -> int | None:
        """Return a zombie's exit status, 128 and more for a signal; None where it is not told."""
        with suppress(OSError, IndexError, ValueError, psutil.NoSuchProcess):
            text = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8", errors="replace")
            fields = text.rpartition(")")[2].split()  # a name may have spaces and brackets
            if self.zombie:
                code = int(fields[_EXIT_CODE - 3])
                if not code and os.geteuid() not in (0, self._process.uids().real):
                    return None  # the kernel writes 0 for those that may not know
                return 128 + (code & 0x7F) if code & 0x7F else code >> 8
        return None

    def usage(self) -> TreeUsage:
        """Read the tree. Raises ProcessLookupError once its first process has ended."""
        if not self.lives:
            raise ProcessLookupError(self.pid)
        self._find_descendants()
        members = [self._process, *self._descendants]
        rss = zombies = processes = 0
        for member in members:
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                zombies += member.status() == psutil.STATUS_ZOMBIE
                rss += member.memory_info().rss
                processes += 1
        self._read_shares(members)
        return TreeUsage(rss, self._shares, processes, zombies)

    def _find_descendants(self) -> None:
        begun = time.monotonic()
        if begun >= self._descendants_due_s:
            with suppress(psutil.NoSuchProcess):
                self._descendants = self._process.children(recursive=True)
            self._descendants_due_s = _due(begun)

    def _read_shares(self, members: list[psutil.Process]) -> None:
        begun = time.monotonic()
        if begun >= self._shares_due_s:
            self._shares = _shares([member.pid for member in members])
            self._shares_due_s = _due(begun)


def _due(begun_s: float) -> float:
    """Return when what began then may be done again."""
    now = time.monotonic()
    return now + (now - begun_s) / SHARE


def _shares(pids: list[int]) -> Shares | None:
    total = {"Pss": 0, "Pss_Anon": 0, "Pss_File": 0, "Pss_Shmem": 0}
    for pid in pids:
        try:
            read = rollup(Path(f"/proc/{pid}/smaps_rollup").read_bytes())
        except (FileNotFoundError, ProcessLookupError):  # it ended, or is a zombie
            continue
        except OSError:
            return None
        if read and "Pss_Anon" not in read:  # before Linux 5.3
            return None
        total = {name: total[name] + read.get(name, 0) for name in total}
    return Shares(total["Pss"], total["Pss_Anon"], total["Pss_File"], total["Pss_Shmem"])
