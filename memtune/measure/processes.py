"""Resident memory of a changing set of processes, summed; knows nothing of containers."""

from collections.abc import Iterable

import psutil


class Processes:
    """Reads the memory of the processes it is told about, from /proc."""

    def __init__(self) -> None:
        self._known: dict[int, psutil.Process] = {}

    def follow(self, pids: Iterable[int]) -> None:
        """Set which processes to read; those that have ended are forgotten."""
        known = self._known
        self._known = {}
        for pid in pids:
            try:
                self._known[pid] = known.get(pid) or psutil.Process(pid)
            except psutil.NoSuchProcess:
                continue

    def rss(self) -> int:
        """Return the resident set sizes added up, bytes; a shared page counts more than once."""
        total = 0
        for process in self._known.values():
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return total

    def pss(self) -> int | None:
        """Return the proportional set sizes added up, bytes, from smaps_rollup.

        None without the right to read them: a sum that lacks one is no sum.
        """
        total = 0
        for process in self._known.values():
            try:
                total += process.memory_full_info().pss
            except psutil.NoSuchProcess:
                continue
            except psutil.AccessDenied:
                return None
        return total
