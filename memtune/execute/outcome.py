"""Facts of a finished run -> its outcome, by exactly one rule each; pure."""

from dataclasses import dataclass

from memtune.model import Outcome

_SIGKILL_STATUS = 128 + 9


@dataclass(frozen=True)
class Ending:
    """What was seen of the end of a run."""

    exit_status: int | None
    """As the shim's ``wait`` gave it; absent when no report came."""
    oom_kills: int | None
    """The kernel's counter; absent when it could not be read."""
    pids_limit_hits: int | None
    """Forks that the kernel refused."""
    timed_out: bool = False
    cancelled: bool = False
    released: bool = False
    """Whether it was asked to end since nobody needed it any longer."""
    infra: str = ""
    """What broke outside the workload, such as the daemon."""
    stillborn: str = ""
    """How the kernel killed the container before the workload was there."""
    expected_exit: int = 0


def decide(ending: Ending) -> tuple[Outcome, str]:
    """Return the outcome and its reason in words; the rules stand in order of precedence.

    An OOM kill comes first: a time-out or a failed fork after it is its consequence
    (``multiprocessing.Pool`` waits for ever for a worker that the kernel killed).
    """
    if ending.stillborn:
        return Outcome.OOM_MAIN, ending.stillborn
    oom_kills = ending.oom_kills or 0
    forced = ending.timed_out or ending.released
    if oom_kills and ending.exit_status in (_SIGKILL_STATUS, None) and not forced:
        return Outcome.OOM_MAIN, "killed by the kernel for memory (exit status 137)"
    if oom_kills:
        return Outcome.OOM_CHILD, (
            f"the kernel killed {oom_kills} process(es) for memory; "
            + (
                "the main process hung"
                if ending.timed_out
                else f"the main process ended with {ending.exit_status}"
            )
        )
    if ending.cancelled:
        return Outcome.CANCELLED, "stopped by the user"
    if ending.infra:
        return Outcome.INFRA, ending.infra
    if ending.released:
        return Outcome.COMPLETED, _goodbye(ending.exit_status)
    if ending.timed_out:
        return Outcome.TIMEOUT, "the deadline passed"
    if ending.exit_status is None:
        return Outcome.INFRA, "the container ended without a report"
    if ending.exit_status == _SIGKILL_STATUS and ending.oom_kills is None:
        return Outcome.INFRA, "exit status 137, and no OOM counter could be read: was it memory?"
    if ending.pids_limit_hits and ending.exit_status != ending.expected_exit:
        return Outcome.PIDS_LIMIT, "the process limit was reached"
    if ending.exit_status != ending.expected_exit:
        return Outcome.FAILED, _words(ending.exit_status)
    return Outcome.COMPLETED, "ended by itself"


def _goodbye(status: int | None) -> str:
    if status in (_SIGKILL_STATUS, None):
        return "ended when asked to, but only by force"
    return "ended when asked to"


def _words(status: int) -> str:
    if status > 128:
        return f"exit status {status} (signal {status - 128}, or chosen by the program)"
    return f"exit status {status}"
