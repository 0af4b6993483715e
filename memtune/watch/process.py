"""A process and those that stem from it, looked at until the first of them has ended."""

from contextlib import suppress

from memtune.errors import UsageError
from memtune.measure.cgroup import directory_of
from memtune.measure.tree import Tree
from memtune.model.watch import Exit, Memory, Sight, State
from memtune.watch.charge import Charge

STEP_S = 0.25
"""Between two readings: those of processes cost more than those of a group."""


class ProcessSubject:
    """One process and its descendants."""

    step_s = STEP_S

    def __init__(self, pid: int) -> None:
        """Raise UsageError where there is no such process, or it has ended."""
        try:
            self._tree = Tree(pid)
        except LookupError as error:
            raise UsageError(str(error), hint="`ps` lists them; containers go by name") from error
        if self._tree.zombie:
            raise UsageError(
                f"the process {pid} ({self._tree.name}) has ended: as a zombie it holds no memory",
                hint="its parent has not asked for its exit status yet: watch that one",
            )
        self.name = f"{self._tree.name} {pid}"
        self._charge: Charge | None = None
        directory = directory_of(pid)
        with suppress(OSError):  # the root group of v2 has no figures
            self._charge = None if directory is None else Charge(directory)
        self._kills_before: int | None = None
        self._kills = 0

    def sight(self) -> Sight:
        """Look at it."""
        try:
            return Sight(State.RUNNING, self._memory())
        except ProcessLookupError:
            return Sight(State.ENDED, None, Exit(self._tree.exit_status(), self._killed()))

    def close(self) -> None:
        """Release the open files."""
        if self._charge is not None:
            self._charge.close()

    def _memory(self) -> Memory:
        usage = self._tree.usage()
        shares = usage.shares
        seen = Memory(
            source="/proc/PID/statm and smaps_rollup",
            rss_bytes=usage.rss,
            pss_bytes=None if shares is None else shares.pss,
            anon_bytes=None if shares is None else shares.anon,
            shmem_bytes=None if shares is None else shares.shmem,
            cache_bytes=None if shares is None else shares.file,
            processes=usage.processes,
            zombies=usage.zombies,
        )
        if self._charge is not None:
            with suppress(OSError):  # its group is gone: it was moved, or ends at this moment
                seen = self._charge.around(seen)
        if seen.oom_kills is not None:
            self._kills = seen.oom_kills
            self._kills_before = self._kills if self._kills_before is None else self._kills_before
        return seen

    def _killed(self) -> bool:
        """Whether somebody in its group was killed for memory; only of a group with a cap."""
        if self._charge is None or self._kills_before is None:
            return False
        return (self._charge.oom_kills() or self._kills) > self._kills_before
