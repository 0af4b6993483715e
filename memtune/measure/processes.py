"""Resident memory of a changing set of processes; knows nothing of containers."""

from collections.abc import Iterable, Mapping

import psutil

from memtune.measure.names import label

MOST_NAMED = 4096
"""Processes of which the command is known, the latest: some programs start them without end."""
RENAMED = 2
"""A process that holds so many times what it held when its command was read may have become another
program by exec since."""


class Processes:
    """Reads the memory of the processes it is told about, from /proc."""

    def __init__(self) -> None:
        self._known: dict[int, psutil.Process] = {}
        self._commands: dict[int, str] = {}
        self._named_at: dict[int, int] = {}

    @property
    def commands(self) -> Mapping[int, str]:
        """The command lines of all that were read, those that have ended, too."""
        return self._commands

    def follow(self, pids: Iterable[int]) -> None:
        """Set which processes to read; those that have ended are forgotten."""
        known = self._known
        self._known = {}
        for pid in pids:
            if pid not in known:
                self._named_at.pop(pid, None)
            try:
                self._known[pid] = known.get(pid) or psutil.Process(pid)
            except psutil.NoSuchProcess:
                continue

    def rss(self) -> dict[int, int]:
        """Return the resident set size of each, bytes; a shared page counts more than once."""
        sizes = {}
        for pid, process in self._known.items():
            try:
                sizes[pid] = process.memory_info().rss
                self._name(pid, process, sizes[pid])
            except psutil.Error:
                continue
        return sizes

    def pss(self) -> dict[int, int] | None:
        """Return the proportional set size of each, bytes, from smaps_rollup.

        None without the right to read them: a sum that lacks one is no sum.
        """
        sizes = {}
        for pid, process in self._known.items():
            try:
                sizes[pid] = process.memory_full_info().pss
            except psutil.NoSuchProcess:
                continue
            except psutil.AccessDenied:
                return None
        return sizes

    def _name(self, pid: int, process: psutil.Process, size: int) -> None:
        """Read its command, once and after each time that it has grown much: seldom.

        Within exec Linux tells none for a moment: then the former stays, and it is read again.
        """
        if size <= RENAMED * self._named_at.get(pid, -1):
            return
        command = label(" ".join(process.cmdline()))
        if command:
            self._named_at[pid] = size
        self._commands[pid] = command or self._commands.get(pid, "")
        if len(self._commands) > MOST_NAMED:
            del self._commands[next(iter(self._commands))]
