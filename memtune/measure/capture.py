"""Reads the memray captures that one run left behind; makes none."""

import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from memtune.model import Allocator, Explanation, Figure, Unit

INJECT_VARIABLE = "MEMTUNE_CAPTURES"
"""Environment variable that tells the injected sitecustomize where captures go."""
TOP = 10
_ALL_RECORDS = 2**31 - 1  # FileReader thins snapshots to 10,000 otherwise, and peaks vanish


def inject_directory() -> Path:
    """Return the directory to put on PYTHONPATH so that every Python process is captured."""
    return Path(str(files("memtune.measure.inject")))


def memray_version() -> str:
    """Return the version of memray, without loading it."""
    from importlib.metadata import version

    return version("memray")


@dataclass(frozen=True)
class _Capture:
    """One process's capture."""

    heap_peak: int
    rss_peak: int | None
    path: Path


def explain(directory: Path, top: int = TOP) -> Explanation:
    """Read all captures of a directory: peaks, and the ``top`` allocators of the largest process.

    A file that cannot be read is named in ``problems`` and never counted as zero.
    """
    problems = [
        f"a process could not be captured: {path.read_text(errors='replace')[:200]}"
        for path in sorted(directory.glob("*.error"))
    ]
    captures = []
    for path in sorted(directory.glob("*.bin")):
        capture = _read(path)
        if isinstance(capture, str):
            problems.append(f"{path.name}: {capture}")
        else:
            captures.append(capture)
    if not captures:
        problems.append("no Python process left a capture")
        return Explanation(None, None, (), 0, tuple(dict.fromkeys(problems)))
    largest = max(captures, key=lambda capture: capture.heap_peak)
    rss = [capture.rss_peak for capture in captures if capture.rss_peak is not None]
    return Explanation(
        rss_peak=Figure(max(rss), Unit.BYTES, "memray, RSS every 10 ms") if rss else None,
        heap_peak=Figure(largest.heap_peak, Unit.BYTES, "memray, high watermark"),
        allocators=_top(largest.path, top),
        processes=len(captures),
        problems=tuple(dict.fromkeys(problems)),
    )


def _read(path: Path) -> _Capture | str:
    from memray import FileReader

    if os.path.getsize(path) == 0:
        return "empty capture"
    try:
        with FileReader(path, max_memory_records=_ALL_RECORDS) as reader:
            rss = [snapshot.rss for snapshot in reader.get_memory_snapshots()]
            peak = reader.metadata.peak_memory
        return _Capture(peak, max(rss, default=None), path)
    except (OSError, ValueError) as error:
        return f"unreadable capture: {error}"


def _top(path: Path, top: int) -> tuple[Allocator, ...]:
    from memray import FileReader

    sites: dict[tuple[str, str, int], tuple[int, int]] = {}
    with FileReader(path, max_memory_records=_ALL_RECORDS) as reader:
        for record in reader.get_high_watermark_allocation_records(merge_threads=True):
            stack = record.stack_trace(max_stacks=1)
            site = stack[0] if stack else ("(outside Python)", "", 0)
            size, count = sites.get(site, (0, 0))
            sites[site] = (size + record.size, count + record.n_allocations)
    largest = sorted(sites.items(), key=lambda item: -item[1][0])[:top]
    return tuple(
        Allocator(function, file, line, size, count)
        for (function, file, line), (size, count) in largest
    )
