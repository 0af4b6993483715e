"""When a run that passed is said to have thrashed."""

import pytest

from memtune.judge import is_slow
from memtune.model import Figure, Measurement, Outcome, Run, Settings, Unit


def run(refaults: int | None = None, stalled_s: float | None = None) -> Run:
    measurement = Measurement(
        duration=Figure(10.0, Unit.SECONDS, "clock"),
        refaults=None if refaults is None else Figure(refaults, Unit.COUNT, "memory.stat"),
        stalled=None if stalled_s is None else Figure(stalled_s, Unit.SECONDS, "memory.pressure"),
    )
    return Run("run-1", "demo", Settings(), 2**26, "fake", Outcome.COMPLETED, 0, measurement)


@pytest.mark.parametrize(
    ("slowdown", "refaults", "stalled_s", "slow"),
    [
        (2.0, 1000, None, True),
        (2.0, None, 1.0, True),
        (1.5, 1000, 9.0, False),  # not much longer
        (2.0, 255, 0.9, False),  # longer, and memory is not why
        (2.0, None, None, False),
        (None, 1000, 9.0, False),  # nothing to compare with
    ],
)
def test_a_run_is_slow_that_took_longer_and_waited_for_memory(
    slowdown: float | None, refaults: int | None, stalled_s: float | None, slow: bool
) -> None:
    assert is_slow(run(refaults, stalled_s), slowdown) is slow
