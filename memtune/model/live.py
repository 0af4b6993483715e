"""A run while it goes on, for those who look on; no I/O."""

from collections.abc import Callable
from dataclasses import dataclass

from memtune.model.workload import Settings


@dataclass(frozen=True)
class Reading:
    """What one cap limits, at this moment."""

    need_bytes: int
    cap_bytes: int
    service: str = ""
    """Of which service, where each of several has a cap; empty for the whole run."""


@dataclass(frozen=True, eq=False)
class Going:
    """A run that goes on now."""

    settings: Settings
    reason: str
    """Why it is made."""
    readings: Callable[[], tuple[Reading, ...]]
    """Asked again and again: one reading for each cap, none for what cannot be seen from here."""
    more: int | None = None
    """How many runs are sure to begin after this one; None for a run that decides nothing."""
