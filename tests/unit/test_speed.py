"""How fast a run was, as it printed or as long as it took."""

from dataclasses import replace

import pytest

from memtune.model import Figure, Measurement, Outcome, Run, Scalar, Settings, Unit

TOOK_4_S = Measurement(duration=Figure(4.0, Unit.SECONDS, "monotonic clock"))
RUN = Run("1", "demo", Settings(), 1, "docker", Outcome.COMPLETED, 0, TOOK_4_S)


@pytest.mark.parametrize(
    ("printed", "per_s", "source"),
    [
        ((("throughput_per_s", 7.5),), 7.5, "throughput_per_s"),
        ((), 0.25, "1 / duration"),
        ((("throughput_per_s", "fast"),), 0.25, "1 / duration"),
        ((("throughput_per_s", 0),), 0.25, "1 / duration"),
    ],
)
def test_what_a_run_prints_counts_and_else_how_often_it_could_be_executed(
    printed: tuple[tuple[str, Scalar], ...], per_s: float, source: str
) -> None:
    speed = replace(RUN, output=printed).speed

    assert speed == Figure(per_s, Unit.PER_SECOND, source)


def test_a_run_that_did_not_end_by_itself_or_was_not_timed_tells_no_speed() -> None:
    assert replace(RUN, outcome=Outcome.OOM_MAIN).speed is None
    assert replace(RUN, measurement=Measurement()).speed is None
