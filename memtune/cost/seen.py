"""What was seen: settings with the needs of their runs, their noise, and pairs of settings that
differ in one knob."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

from memtune.model import Scalar, Settings
from memtune.model.bill import Range
from memtune.units import KIB

LEAST_SD = 0.002
"""Least relative standard deviation that is believed: kernels charge memory in batches."""
LEAST_BYTES = 256 * KIB
"""The least cost that is believed, with all of its interval: a batch of Linux is 64 pages for each
CPU, and of many knobs chance lets one seem to cost a part of that."""


@dataclass(frozen=True)
class Seen:
    """Settings and the needs of their runs, in bytes; at least one."""

    settings: Settings
    needs: tuple[float, ...]

    @property
    def bytes(self) -> float:
        """Return their mean."""
        return sum(self.needs) / len(self.needs)


@dataclass(frozen=True)
class Noise:
    """How runs of the same settings differ."""

    sd: float
    """Relative to their mean."""
    freedom: int
    """Runs beyond the first of each settings."""


def noise(seen: Sequence[Seen]) -> Noise | None:
    """Return what all repeated runs say of the noise; None where none was repeated."""
    freedom = sum(len(one.needs) - 1 for one in seen)
    if not freedom:
        return None
    squares = sum((need / one.bytes - 1) ** 2 for one in seen for need in one.needs)
    return Noise(max(math.sqrt(squares / freedom), LEAST_SD), freedom)


def itself(settings: Settings, seen: Sequence[Seen]) -> Range | None:
    """Return what settings need on average, told from runs of themselves; None where there are
    none, or no settings were repeated."""
    one, spread = next((one for one in seen if one.settings == settings), None), noise(seen)
    if one is None or spread is None:
        return None
    reach = float(stdtrit(spread.freedom, 0.975)) * spread.sd * one.bytes / len(one.needs) ** 0.5
    return Range(one.bytes, one.bytes - reach, one.bytes + reach)


def alone(
    start: Settings, knob: str, value: Scalar, seen: Sequence[Seen], risk: float = 0.05
) -> Range | None:
    """Return what a value costs where nothing else is turned, told from runs that differ in
    nothing else; None where they were not made, or none was repeated."""
    there = Settings.of(start.as_dict() | {knob: value})
    known = {one.settings: one for one in seen}
    first, second, spread = known.get(start), known.get(there), noise(seen)
    if first is None or second is None or spread is None:
        return None
    change = second.bytes - first.bytes
    if there == start:
        return Range(0.0, 0.0, 0.0)
    deviation = spread.sd * math.hypot(
        *(one.bytes / math.sqrt(len(one.needs)) for one in (first, second))
    )
    reach = float(stdtrit(spread.freedom, 1 - risk / 2)) * deviation
    return Range(change, change - reach, change + reach)
