"""Profiles of one workload side by side: executed in turn, so that what changes on the
machine meanwhile meets all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from memtune.execute.host_memory import ceiling_bytes
from memtune.execute.request import request
from memtune.model import (
    Bias,
    Compared,
    Comparison,
    Judged,
    Outcome,
    Reduction,
    Settings,
    Trial,
)
from memtune.trial import Session, summed_up
from memtune.units import GIB, format_bytes

ROOMY = 8
"""A roomy cap is this many times the cap, as far as the machine allows."""
ROOMY_LEAST_BYTES = 4 * GIB


@dataclass(frozen=True)
class Candidate:
    """One profile of a comparison."""

    profile: str
    settings: Settings
    cap_bytes: int


def compare(
    session: Session, candidates: Sequence[Candidate], runs: int, *, impact: bool
) -> Comparison:
    """Execute every candidate ``runs`` times under its cap, in turn.

    With ``impact`` those that their cap cut short are executed once more under a roomy one: what
    they would have needed is part of the story. Raises what ``Session.runs`` raises.
    """
    for candidate in candidates:
        session.warm(candidate.settings)
    done: list[list[Judged]] = [[] for _ in candidates]
    for turn in range(1, runs + 1):
        for candidate, judged in zip(candidates, done, strict=True):
            reasons = [f"{candidate.profile}, run {turn} of {runs}"]
            judged += session.runs(candidate.settings, reasons, candidate.cap_bytes)
    profiles = tuple(
        _compared(session, candidate, judged, impact)
        for candidate, judged in zip(candidates, done, strict=True)
    )
    return Comparison(
        study=session.study,
        workload=session.workload.name,
        environment=session.environment,
        page_cache=session.page_cache,
        profiles=profiles,
        reductions=reductions(profiles[0].fullest, profiles[-1].fullest),
    )


def reductions(first: Trial, last: Trial) -> tuple[Reduction, ...]:
    """Return by how much the last needs less than the first, where what it needs is known."""
    found = []
    for before in first.figures:
        after = last.figure(before.name)
        if before.name.split()[0] != "need" or after is None or after.bias is not Bias.NONE:
            continue
        share = 1 - after.summary.max / before.summary.max
        found.append(Reduction(before.name, share, before.bias is not Bias.NONE))
    return tuple(found)


def _compared(
    session: Session, candidate: Candidate, judged: list[Judged], impact: bool
) -> Compared:
    trial = summed_up(candidate.settings, tuple(judged))
    cap_bytes = _roomy_cap(session, candidate) if impact and _was_cut_short(trial) else None
    if cap_bytes is None:
        return Compared(candidate.profile, candidate.cap_bytes, trial)
    reason = f"{candidate.profile} under {format_bytes(cap_bytes)}, for its need"
    again = session.runs(candidate.settings, [reason], cap_bytes)
    roomy = summed_up(candidate.settings, tuple(again))
    return Compared(candidate.profile, candidate.cap_bytes, trial, cap_bytes, roomy)


def _was_cut_short(trial: Trial) -> bool:
    return any(one.run.outcome is not Outcome.COMPLETED for one in trial.runs)


def _roomy_cap(session: Session, candidate: Candidate) -> int | None:
    """The cap for a look at the whole need; None where this machine has no more room."""
    wanted = max(ROOMY * candidate.cap_bytes, ROOMY_LEAST_BYTES)
    asked = request(session.workload, candidate.settings, candidate.cap_bytes)
    fits = int(candidate.cap_bytes * ceiling_bytes() / asked.memory_bytes)
    roomy = min(wanted, fits)
    return roomy if roomy > candidate.cap_bytes else None
