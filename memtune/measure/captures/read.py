"""Reads one memray capture: whose it is, its peaks, and which site held what at a moment."""

import os
import stat
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from memtune.measure.captures.libraries import APP, library
from memtune.model import Allocator

_ALL_RECORDS = 2**31 - 1  # FileReader thins snapshots to 10,000 otherwise, and peaks vanish
_MMAP = 14
"""memray.AllocatorType.MMAP, without loading memray."""
_FROZEN = "<frozen importlib"
_DEEP = 64
"""Frames that are looked at for the one which imports something."""
_FACTS = 200
"""Characters that facts have at most."""
_LATE_MS = 100
"""A capture whose last sign is older than the moment ended before it."""

Site = tuple[str, str, int]
"""Function, file and line."""


@dataclass
class Held:
    """What one site held."""

    bytes: int = 0
    count: int = 0
    mapped: int = 0
    """How much of it came from mmap itself, bytes."""
    since: int = 0
    """The snapshot before which the first of it was allocated."""
    callers: Counter[str] = field(default_factory=Counter)
    """Bytes by the app's line that led there; empty where the site is the app's."""


@dataclass(frozen=True)
class Capture:
    """One process's capture, as far as it can be told without its records."""

    path: Path
    pid: int
    started_ms: int
    ended_ms: int
    clean: bool
    """Whether the process closed it; otherwise it was killed, or left by os._exit or exec."""
    heap_peak: int
    rss_peak: int | None
    command: str
    forked_from: int
    """0 for a program that was started."""
    before: int
    """Private memory before memray came, bytes; 0 where the process could not tell."""
    after: int
    """Private memory once memray was there, bytes; 0 where the process could not tell."""
    times_ms: tuple[int, ...] = field(repr=False, default=())

    def covers(self, at_ms: int, *, python: bool) -> bool:
        """Whether it can be of the process of its number at that moment.

        A Python that ends stops its capture a while before it is gone, and holds on to what it
        held; another program has taken its place by exec.
        """
        return self.started_ms <= at_ms and (python or at_ms <= self.ended_ms + _LATE_MS)


def read(path: Path) -> Capture | str:
    """Return a capture, or in words why it is none."""
    from memray import FileReader

    if not is_file(path):
        return "not a file"
    if os.path.getsize(path) == 0:
        return "empty capture"
    pid, _, started_ns = path.stem.partition("-")
    if not pid.isdigit() or not started_ns.isdigit():
        return "not a capture of memtune's"
    try:
        with FileReader(path, max_memory_records=_ALL_RECORDS) as reader:
            snapshots = list(reader.get_memory_snapshots())
            meta = reader.metadata
    except (OSError, ValueError) as error:
        return f"unreadable capture: {error}"
    times = tuple(one.time for one in snapshots)
    ended_ms = round(meta.end_time.timestamp() * 1000)
    facts = _facts(path)
    clean = bool(facts.get("ended"))
    if meta.peak_memory == 0 and not clean:
        return "no allocation in it: killed as it began"
    return Capture(
        path=path,
        pid=int(pid),
        started_ms=int(started_ns) // 10**6,
        ended_ms=max(ended_ms, times[-1] if times else 0),
        clean=clean,
        heap_peak=meta.peak_memory,
        rss_peak=max((one.rss for one in snapshots), default=None),
        command=meta.command_line,
        forked_from=facts.get("forked_from", 0),
        before=facts.get("before", 0),
        after=facts.get("after", 0),
        times_ms=times,
    )


def is_file(path: Path) -> bool:
    """Whether it is a file and no link or pipe: the workload can put anything there."""
    return stat.S_ISREG(os.lstat(path).st_mode)


def held_at(capture: Capture, at_ms: int | None, had: int = 0) -> dict[Site, Held]:
    """Return what each site held at a moment, or at the peak of this heap without one.

    memray puts a snapshot into its records every 10 ms: so near the moment is met. What was
    allocated or freed between the two snapshots around it is told by ``had``, what the process had
    at the moment of private memory and mapped regions, in bytes: the nearer snapshot counts.
    """
    from memray import FileReader

    sites: dict[Site, Held] = {}
    with FileReader(capture.path, max_memory_records=_ALL_RECORDS) as reader:
        if at_ms is None:
            for record in reader.get_high_watermark_allocation_records(merge_threads=True):
                _add(sites, record, record.size, record.n_allocations, 0)
            return sites
        records = list(reader.get_temporal_allocation_records(merge_threads=True))
        index = min(
            _around(capture.times_ms, at_ms),
            key=lambda each: abs(had - sum(one.n_bytes for r in records for one in _live(r, each))),
        )
        for record in records:
            if live := _live(record, index):
                size = sum(one.n_bytes for one in live)
                count = sum(one.n_allocations for one in live)
                since = min(one.allocated_before_snapshot for one in live)
                _add(sites, record, size, count, since)
    return sites


def _live(record: Any, index: int) -> list[Any]:
    """Return the allocations of a record that were there at a snapshot."""
    return [
        one
        for one in record.intervals
        if one.allocated_before_snapshot <= index
        and (one.deallocated_before_snapshot is None or one.deallocated_before_snapshot > index)
    ]


def mapped_at(capture: Capture, starts: Collection[int]) -> dict[int, Site]:
    """Return which site mapped the regions that start at these addresses, last.

    Walks every record: for captures of processes that have such regions alone.
    """
    from memray import FileReader

    found: dict[int, Site] = {}
    with FileReader(capture.path, max_memory_records=_ALL_RECORDS) as reader:
        for record in reader.get_allocation_records():
            if record.allocator == _MMAP and record.address in starts:
                found[record.address] = site(record)[0]
    return found


def site(record: Any) -> tuple[Site, str]:
    """Return where a record was allocated, and the line of the app that led there; what an
    import holds counts for who imports."""
    stack = record.stack_trace(max_stacks=_DEEP)
    if not stack:
        return ("(outside Python)", "", 0), ""
    found = next((frame for frame in stack if not frame[1].startswith(_FROZEN)), stack[0])
    function, file, line = found
    if library(file) == APP:
        return (function, file, line), ""
    callers = (f"{file}:{line}" for _, file, line in stack if library(file) == APP)
    return (function, file, line), next(callers, "")


def as_allocators(sites: dict[Site, Held], top: int) -> tuple[Allocator, ...]:
    """Return the largest sites, largest first."""
    largest = sorted(sites.items(), key=lambda item: -item[1].bytes)[:top]
    return tuple(
        Allocator(*where, held.bytes, held.count, _most(held.callers)) for where, held in largest
    )


def _most(callers: Counter[str]) -> str:
    return callers.most_common(1)[0][0] if callers else ""


def _add(sites: dict[Site, Held], record: Any, size: int, count: int, since: int) -> None:
    where, caller = site(record)
    held = sites.setdefault(where, Held(since=since))
    held.bytes += size
    held.count += count
    if caller:
        held.callers[caller] += size
    held.since = min(held.since, since)
    if record.allocator == _MMAP:
        held.mapped += size


def _around(times_ms: tuple[int, ...], at_ms: int) -> list[int]:
    """Return the snapshots around a moment, the nearer first; one past the last where it is later
    than all."""
    after = bisect_right(times_ms, at_ms)
    if after == 0 or after == len(times_ms):
        return [after]
    near = times_ms[after] - at_ms < at_ms - times_ms[after - 1]
    return [after, after - 1] if near else [after - 1, after]


def _facts(path: Path) -> dict[str, int]:
    """What the process said of itself; the workload could have written anything there."""
    facts = path.with_suffix(".facts")
    try:
        if not is_file(facts):
            return {}
        with facts.open(errors="replace") as file:
            words = file.read(_FACTS).split()
    except OSError:
        return {}
    pairs = (word.partition("=")[::2] for word in words)
    return {name: int(value) for name, value in pairs if value.isascii() and value.isdigit()}
