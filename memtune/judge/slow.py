"""Whether a run that passed thrashed."""

from memtune.model import Figure, Run

SLOWDOWN = 1.5
"""A pass that takes this many times as long as the reference run is slow ..."""
REFAULTS = 256
"""... if it also had to read at least this many file pages again (1 MiB of 4 KiB pages) ..."""
STALLED = 0.1
"""... or spent this share of its time waiting for memory."""


def is_slow(run: Run, slowdown: float | None) -> bool:
    """Whether a run took much longer than another, ``slowdown`` times, and memory is why."""
    if (slowdown or 0.0) <= SLOWDOWN:
        return False
    measured = run.measurement
    return _value(measured.refaults) >= REFAULTS or _stalled_share(run) >= STALLED


def _stalled_share(run: Run) -> float:
    duration = _value(run.measurement.duration)
    return _value(run.measurement.stalled) / duration if duration else 0.0


def _value(figure: Figure | None) -> float:
    return 0.0 if figure is None else figure.value
