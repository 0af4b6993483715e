"""What a search is told and what it answers, whatever it looks for."""

from dataclasses import dataclass

from memtune.model import Cause, Settings, Skipped

NOISE_SHARE = 0.02
NOISE_BYTES = 1024 * 1024
"""Needs that differ by less than the larger of the two count as equal."""

ENDLESS_BYTES = 2.0**60
"""What a run that is not made yet is taken to need; teaches nothing of others' needs."""


@dataclass(frozen=True)
class Tried:
    """What one run taught."""

    settings: Settings
    cause: Cause | None
    """Why it did not pass; None when it did."""
    need_bytes: float | None
    speed_per_s: float | None = None
    """Work done per second, where the run told it."""


@dataclass(frozen=True)
class Step:
    """The settings to execute next, and why."""

    settings: Settings
    reason: str
    repeats: int = 1
    """How often, where runs can be made at the same time."""


@dataclass(frozen=True)
class Answer:
    """The end of the search."""

    pick: Settings | None
    """None when nothing in the space passes."""
    runner_up: Settings | None
    """The best other settings that passed."""
    skipped: tuple[Skipped, ...]
    why: str
    risk: float | None = None
    """Upper bound of the chance that a further run of the pick needs more than is allowed; None
    where nothing limits the need, or it is not known."""


def noise_bytes(need: float) -> float:
    """Return by how much two needs of about this size may differ and still count as equal."""
    return max(NOISE_BYTES, NOISE_SHARE * need)
