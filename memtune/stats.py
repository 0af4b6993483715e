"""Samples -> summaries; pure, numpy only."""

from collections.abc import Sequence

from memtune.model import Summary


def summarize(values: Sequence[float]) -> Summary | None:
    """Return count, smallest, largest and median; None for no values."""
    import numpy as np  # loaded when the first runs are over: it would double memtune's own size

    if not values:
        return None
    samples = np.asarray(values, dtype=float)
    return Summary(
        count=len(samples),
        min=float(samples.min()),
        max=float(samples.max()),
        median=float(np.median(samples)),
    )
