"""A workload, executed a few times -> what it may need from now on."""

import math
from dataclasses import dataclass

from memtune.config.budgets import room_bytes
from memtune.model import Judged, Ruling, Settings, Trial, Workload
from memtune.trial import Session, as_trial
from memtune.units import MIB

MARGIN = 0.25
"""Of the budget over the measured need."""
RUNS = 3


@dataclass(frozen=True)
class Budgeted:
    """A measured need and the budget made of it."""

    runs: int
    need_bytes: float
    """The largest of the runs."""
    max_bytes: int
    is_capped: bool
    """Whether the budget is the cap, which leaves less than the margin."""
    cap_bytes: int
    names_cap: bool
    """Whether the cap has to stand with the budget, since the workload names none."""


def measured(session: Session) -> Trial:
    """Execute the workload as it is, once to warm the page cache and a few times that count.

    The first run that does not pass is the last: it may have taken all of its time limit. Raises
    what ``Session.runs`` raises.
    """
    first = session.run(Settings(), "warms the page cache, not counted if it passes")
    if first.verdict.ruling is not Ruling.PASS:
        return as_trial(Settings(), [first])
    counted: list[Judged] = []
    for number in range(1, RUNS + 1):
        counted.append(session.run(Settings(), f"run {number} of {RUNS}"))
        if counted[-1].verdict.ruling is not Ruling.PASS:
            break
    return as_trial(Settings(), counted)


def budgeted(workload: Workload, trial: Trial, cap_bytes: int) -> Budgeted | None:
    """Return the need and a quarter more, as far as the cap allows; None for no figure."""
    need = trial.figure("need")
    if need is None:
        return None
    room = room_bytes(workload, cap_bytes)
    wanted = math.ceil(need.summary.max * (1 + MARGIN) / MIB) * MIB
    return Budgeted(
        runs=len(trial.runs),
        need_bytes=need.summary.max,
        max_bytes=min(wanted, room),
        is_capped=wanted > room,
        cap_bytes=cap_bytes,
        names_cap=workload.default_cap_bytes is None,
    )
