"""What each process held over time, in bounded space; reads nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from memtune.measure.timeline import Thinned
from memtune.model import Band, Bands

MOMENTS = 80
"""Kept at most: they lie in every run."""
PROCESSES = 8
"""That are told one by one, those that held most; the others are summed."""
FEWEST = 6
"""Readings of PSS: a run so short that there were fewer is told by its RSS."""
OTHERS = "{count} more processes"


@dataclass(frozen=True)
class Reading:
    """All processes at one moment."""

    at_s: float
    sizes: Mapping[int, int]
    """Bytes of each, by its number."""


def readings() -> Thinned[Reading]:
    """Return what collects readings, of which those of the larger sum stay."""
    return Thinned(MOMENTS, lambda reading: sum(reading.sizes.values()))


def bands(found: Sequence[Reading], source: str, commands: Mapping[int, str]) -> Bands | None:
    """Return what the processes held by these readings; None where there were none."""
    peaks: dict[int, int] = {}
    for reading in found:
        for pid, size in reading.sizes.items():
            peaks[pid] = max(size, peaks.get(pid, 0))
    if not peaks:
        return None
    order = sorted(peaks, key=lambda pid: -peaks[pid])
    told, others = order[:PROCESSES], order[PROCESSES:]
    processes = [
        Band(pid, commands.get(pid, ""), tuple(one.sizes.get(pid, 0) for one in found))
        for pid in told
    ]
    if others:
        rest = tuple(sum(one.sizes.get(pid, 0) for pid in others) for one in found)
        processes.append(Band(None, OTHERS.format(count=len(others)), rest))
    return Bands(source, tuple(round(one.at_s, 3) for one in found), tuple(processes))
