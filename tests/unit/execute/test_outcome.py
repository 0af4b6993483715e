"""How a run ended: one rule each, in order of precedence."""

import pytest

from memtune.execute.outcome import Ending, decide
from memtune.model import Outcome


def ending(
    exit_status: int | None = 0,
    oom_kills: int | None = 0,
    pids_limit_hits: int | None = 0,
    **more: bool | str | int,
) -> Ending:
    return Ending(exit_status, oom_kills, pids_limit_hits, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("end", "outcome", "reason"),
    [
        (ending(), Outcome.COMPLETED, "ended by itself"),
        (ending(3, expected_exit=3), Outcome.COMPLETED, "ended by itself"),
        (ending(0, expected_exit=3), Outcome.FAILED, "exit status 0"),
        (ending(1), Outcome.FAILED, "exit status 1"),
        (ending(139), Outcome.FAILED, "signal 11"),
        # Never 137 => OOM: only the kernel's counter tells.
        (ending(137), Outcome.FAILED, "signal 9, or chosen by the program"),
        (ending(137, oom_kills=None), Outcome.INFRA, "no OOM counter"),
        (ending(137, oom_kills=1), Outcome.OOM_MAIN, "for memory"),
        (ending(None, oom_kills=1), Outcome.OOM_MAIN, "for memory"),
        (ending(None, oom_kills=None, stillborn="before"), Outcome.OOM_MAIN, "before"),
        (ending(0, oom_kills=1), Outcome.OOM_CHILD, "the main process ended with 0"),
        (ending(3, oom_kills=2), Outcome.OOM_CHILD, "killed 2 process(es)"),
        (ending(137, oom_kills=137, expected_exit=137), Outcome.OOM_MAIN, "for memory"),
        (ending(0, oom_kills=None), Outcome.COMPLETED, "ended by itself"),
        # A pool waits for ever for a worker that the kernel killed.
        (ending(143, oom_kills=1, timed_out=True), Outcome.OOM_CHILD, "the main process hung"),
        (ending(137, oom_kills=1, timed_out=True), Outcome.OOM_CHILD, "the main process hung"),
        (ending(143, timed_out=True), Outcome.TIMEOUT, "the deadline passed"),
        (ending(0, timed_out=True), Outcome.TIMEOUT, "the deadline passed"),
        (ending(None, timed_out=True), Outcome.TIMEOUT, "the deadline passed"),
        (ending(143, cancelled=True), Outcome.CANCELLED, "stopped by the user"),
        (ending(0, infra="it broke"), Outcome.INFRA, "it broke"),
        (ending(None), Outcome.INFRA, "without a report"),
        (ending(None, oom_kills=None, pids_limit_hits=None), Outcome.INFRA, "without a report"),
        (ending(1, pids_limit_hits=3), Outcome.PIDS_LIMIT, "the process limit was reached"),
        (ending(0, pids_limit_hits=3), Outcome.COMPLETED, "ended by itself"),
        (ending(3, pids_limit_hits=1, expected_exit=3), Outcome.COMPLETED, "ended by itself"),
        (ending(1, pids_limit_hits=None), Outcome.FAILED, "exit status 1"),
    ],
)
def test_each_ending_is_one_outcome(end: Ending, outcome: Outcome, reason: str) -> None:
    decided, words = decide(end)

    assert decided is outcome
    assert reason in words


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (
            ending(137, 1, 1, timed_out=False, cancelled=True, infra="gone"),
            Outcome.OOM_MAIN,
        ),
        (ending(1, 1, 1, timed_out=True, cancelled=True, infra="gone"), Outcome.OOM_CHILD),
        (ending(1, 0, 1, timed_out=True, cancelled=True, infra="gone"), Outcome.CANCELLED),
        (ending(1, 0, 1, timed_out=True, infra="gone"), Outcome.INFRA),
        (ending(1, 0, 1, timed_out=True), Outcome.TIMEOUT),
        (ending(1, 0, 1), Outcome.PIDS_LIMIT),
        (ending(1, 0, 0), Outcome.FAILED),
        (ending(0, 0, 0), Outcome.COMPLETED),
    ],
)
def test_the_first_cause_wins(end: Ending, outcome: Outcome) -> None:
    assert decide(end)[0] is outcome


def test_every_outcome_can_be_reached() -> None:
    reached = {
        decide(end)[0]
        for end in (
            ending(),
            ending(1),
            ending(137, 1),
            ending(1, 1),
            ending(timed_out=True),
            ending(1, 0, 1),
            ending(infra="x"),
            ending(cancelled=True),
        )
    }

    assert reached == set(Outcome)
