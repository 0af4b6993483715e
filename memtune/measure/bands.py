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
LEAST_SHARE = 0.01
"""Of the largest sum: what never held so much is not told by itself."""


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
    least = LEAST_SHARE * max(sum(one.sizes.values()) for one in found)
    order = sorted(peaks, key=lambda pid: -peaks[pid])
    told = [pid for pid in order if peaks[pid] >= least][:PROCESSES]
    others = order[len(told) :]
    processes = [
        Band(pid, commands.get(pid, ""), tuple(one.sizes.get(pid, 0) for one in found))
        for pid in told
    ]
    if others:
        rest = tuple(sum(one.sizes.get(pid, 0) for pid in others) for one in found)
        processes.append(Band(None, f"{len(others)} more process{'es' * (len(others) != 1)}", rest))
    return Bands(source, tuple(round(one.at_s, 3) for one in found), tuple(processes))
