"""The loop of a tuning session: search <-> execute <-> judge -> study; decides nothing
itself."""

from collections.abc import Sequence

from memtune.errors import HostError
from memtune.model import (
    Cause,
    Judged,
    Recommendation,
    Space,
    Study,
)
from memtune.model.bill import Bill
from memtune.search.dominance import Answer, Search, Step, Tried
from memtune.trial import Session, as_trial

TELLING = 12
"""Settings with a known need from which on a bill is told beside the recommendation."""
MOST_TOLD = 80
"""More would take longer to tell than a run."""
GOOD_ENOUGH = 0.05
"""Median error of settings left out at which such a bill is worth showing."""


def tune(session: Session, earlier: Sequence[Judged], confirmations: int) -> Study:
    """Search the workload's space under the session's cap and return the whole study.

    ``earlier`` are the runs of the same study from before it was interrupted: they are
    not repeated. Raises what ``Session.run`` raises, and HostError where runs decide nothing.
    """
    space = session.workload.space.searched
    search = Search(space, confirmations)
    judged = list(earlier)
    warm = False
    while isinstance(step := search.advance([_lesson(one) for one in judged]), Step):
        if not warm:  # a resumed session finds the page cache as it happens to be
            session.warm(space.conservative)
            warm = True
        repeats = min(step.repeats, session.jobs)
        judged += session.runs(step.settings, [step.reason] * repeats)
        _require_evidence(judged[-1])
    chosen = _recommendation(step, judged)
    return Study(
        id=session.study,
        workload=session.workload.name,
        cap_bytes=session.cap_bytes,
        checks=session.workload.checks,
        space=space,
        page_cache=session.page_cache,
        environment=session.environment,
        judged=tuple(judged),
        skipped=step.skipped,
        recommendation=chosen,
        bill=_bill(space, chosen, judged),
        programs=session.workload.programs,
        cap_for=session.workload.cap_for,
    )


def _require_evidence(judged: Judged) -> None:
    """Refuse to go on where runs cannot be judged: the search would ask for the same again."""
    if judged.verdict.cause is Cause.NO_EVIDENCE:
        observed = [f.observed for f in judged.verdict.findings if f.cause is Cause.NO_EVIDENCE]
        raise HostError(
            f"a run decides nothing: {', '.join(observed)}",
            hint="`memtune doctor` tells what this machine can measure",
        )


def _lesson(judged: Judged) -> Tried:
    need = judged.run.measurement.need
    return Tried(judged.run.settings, judged.verdict.cause, need.value if need else None)


def _bill(space: Space, chosen: Recommendation | None, judged: Sequence[Judged]) -> Bill | None:
    """What knobs cost, counted from what is recommended, where the search's own runs tell it: it
    chose them for another end, so the bill has to predict what is left out of it."""
    from memtune.cost.tell import is_known, itemized, told  # scipy: after the runs, see stats

    start = space.conservative if chosen is None else chosen.settings
    counted = {one.run.settings for one in judged if is_known(one)}
    if not TELLING <= len(counted) <= MOST_TOLD:
        return None
    found = told(space, start, judged)
    if found is None or found.error is None or found.error > GOOD_ENOUGH:
        return None
    return itemized(space, start, judged, found)


def _recommendation(answer: Answer, judged: Sequence[Judged]) -> Recommendation | None:
    if answer.pick is None:
        return None
    return Recommendation(
        settings=answer.pick,
        evidence=as_trial(answer.pick, judged),
        runner_up=as_trial(answer.runner_up, judged) if answer.runner_up else None,
        why=answer.why,
    )
