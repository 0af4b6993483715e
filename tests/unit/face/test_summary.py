"""The JSON object adds up, and what was not measured is absent."""

import json

import pytest

from memtune.face.load import Operation
from memtune.face.settings import settings_from
from memtune.face.summary import Ended, Ending, Served, percentile, summarise

LOGIN, REGISTER = Operation.LOGIN, Operation.REGISTER


def ended(*served: Served, **environment: str) -> Ended:
    return Ended(settings_from(environment), served, 0.5, 2.0, strangers=10)


def test_every_operation_is_counted_once() -> None:
    summary = summarise(
        ended(
            Served(REGISTER, Ending.REGISTERED, 100, faces=2),
            Served(LOGIN, Ending.RIGHT, 200, faces=1),
            Served(LOGIN, Ending.RIGHT, 1, cached=True),
            Served(LOGIN, Ending.FAILED, 9_000, error="MemoryError"),
        )
    )

    assert summary["operations"] == 4
    assert (summary["registrations"], summary["logins"]) == (1, 3)
    assert (summary["registered"], summary["right"], summary["failed"]) == (1, 2, 1)
    assert (summary["faces_found"], summary["cache_hits"]) == (3, 1)
    # Times are those of answers: an error may come fast.
    assert (summary["p50_ms"], summary["p95_ms"], summary["throughput_per_s"]) == (100, 200, 1.5)


def test_without_an_answer_there_are_no_latencies() -> None:
    summary = summarise(ended(Served(LOGIN, Ending.FAILED, 5, error="MemoryError")))

    assert not {"p50_ms", "p95_ms", "throughput_per_s"} & summary.keys()


def test_no_limit_is_told_in_the_word_that_asks_for_it() -> None:
    summary = summarise(ended(FACE_CACHE_TTL_S="unlimited"))

    for name in ("cache_ttl_s", "heap_mb", "max_side_px", "slots"):
        assert summary[name] == "unlimited"
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


@pytest.mark.parametrize("bad", [Ending.WRONG, Ending.MISSED, Ending.FAILED])
def test_one_bad_ending_spoils_the_run(bad: Ending) -> None:
    good = [Served(LOGIN, each, 1) for each in (Ending.RIGHT, Ending.REFUSED_RIGHTLY)]

    assert ended(*good).ok
    assert not ended(*good, Served(LOGIN, bad, 1)).ok


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2), (0.95, 4), (0.0, 1), (1.0, 4)])
def test_a_percentile_is_one_of_the_values(share: float, expected: float) -> None:
    assert percentile([4, 1, 3, 2], share) == expected
