"""What a control group holds, and what counts against the limit that holds for it."""

from dataclasses import replace
from pathlib import Path

from memtune.measure.cgroup import Cgroup, Usage, open_group
from memtune.measure.limit import limit_of
from memtune.model.watch import Memory


class Charge:
    """The files of one group and, where that has the limit, of one above."""

    def __init__(self, directory: Path) -> None:
        """Raise OSError where they cannot be read."""
        self._directory = directory
        self._own = open_group(directory)
        self._above: tuple[Path, Cgroup] | None = None

    def memory(self) -> Memory:
        """Return the group's memory and the cap. Raises OSError once it is gone."""
        usage = self._own.usage()
        return self._capped(replace(of_usage(usage, self._own.source), oom_kills=self.oom_kills()))

    def around(self, seen: Memory) -> Memory:
        """Add the cap, and what counts against it, to what was seen of some processes in the group.

        Without a cap nothing is added. Raises OSError once the group is gone.
        """
        capped = self._capped(seen)
        return capped if capped is seen else replace(capped, oom_kills=self.oom_kills())

    def _capped(self, seen: Memory) -> Memory:
        """Add the cap, read again each time: somebody may change it."""
        limit = limit_of(self._directory)
        if limit is None or limit.group != self._directory:
            self._directory.stat()  # a group that is gone meanwhile has lost no cap
        if limit is None:
            return seen
        alone = limit.group == self._directory and seen.need_bytes is not None
        return replace(
            seen,
            cap_bytes=limit.size_bytes,
            cap_source=limit.source,
            cap_group=str(limit.group),
            charged_bytes=seen.need_bytes if alone else self._reader(limit.group).usage().need,
            shared=not alone,
        )

    def oom_kills(self) -> int | None:
        """Return how many processes were killed in the group, as far as is known."""
        return self._own.oom_kills()

    def close(self) -> None:
        """Release the open files."""
        self._own.close()
        if self._above is not None:
            self._above[1].close()

    def _reader(self, group: Path) -> Cgroup:
        if group == self._directory:
            return self._own
        if self._above is None or self._above[0] != group:
            if self._above is not None:
                self._above[1].close()
            self._above = group, open_group(group)
        return self._above[1]


def of_usage(usage: Usage, source: str) -> Memory:
    """Return a reading of a group as it is shown: its parts add up to the need."""
    shmem = min(usage.shmem, usage.need)
    anon = min(usage.anon, usage.need - shmem)
    told = "file pages" if usage.slab is None else "file pages and reclaimable slab"
    return Memory(
        source=f"usage - {told}, {source}",
        need_bytes=usage.need,
        anon_bytes=anon,
        shmem_bytes=shmem,
        kernel_bytes=usage.need - anon - shmem,
        cache_bytes=usage.reclaimable,
    )
