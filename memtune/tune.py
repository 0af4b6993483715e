"""The loop of a tuning session: search <-> execute <-> judge -> study; decides nothing
itself."""

from collections.abc import Sequence
from dataclasses import replace

from memtune.errors import HostError
from memtune.execute.roomy import roomy_cap_bytes
from memtune.judge.infeasible import (
    Asked,
    apart_from_memory,
    infeasible,
    is_short,
    plans_that_hold,
    tells_need,
)
from memtune.model import (
    Cause,
    Judged,
    Platform,
    Recommendation,
    Space,
    Study,
)
from memtune.model.bill import Bill
from memtune.model.infeasible import Infeasible
from memtune.search.batch import together
from memtune.search.dominance import Search
from memtune.search.step import Answer, Step, Tried, noise_bytes
from memtune.trial import Session, as_trial
from memtune.units import format_bytes

TELLING = 12
"""Settings with a known need from which on a bill is told beside the recommendation."""
MOST_TOLD = 80
"""More would take longer to tell than a run."""
GOOD_ENOUGH = 0.05
"""Median error of settings left out at which such a bill is worth showing."""
MOST_LOOKS = 12
"""Runs for the need where nothing passes; the search for a pick takes about as many settings."""


def tune(
    session: Session,
    earlier: Sequence[Judged],
    confirmations: int,
    platform: Platform | None = None,
) -> Study:
    """Search the workload's space under the session's cap and return the whole study; where
    nothing passes, with what would, by a few more runs under a roomy cap if need be.

    ``earlier`` are the runs of the same study from before it was interrupted: they are
    not repeated. ``platform`` is the plan that named the cap. Raises what ``Session.run`` raises,
    and HostError where runs decide nothing.
    """
    space = session.workload.space.searched
    search = Search(space, confirmations)
    looks = [one for one in earlier if one.run.cap_bytes != session.cap_bytes]
    judged = [one for one in earlier if one not in looks]
    warm = False
    while isinstance(steps := together(search, list(map(_lesson, judged)), session.jobs), list):
        if not warm:  # a resumed session finds the page cache as it happens to be
            session.warm(space.conservative)
            warm = True
        made = session.runs([(step.settings, step.reason) for step in steps])
        _require_evidence(made)
        judged += made
    chosen = _recommendation(steps, judged)
    return Study(
        id=session.study,
        workload=session.workload.name,
        cap_bytes=session.cap_bytes,
        checks=session.workload.checks,
        space=space,
        page_cache=session.page_cache,
        environment=session.environment,
        judged=tuple(judged),
        skipped=steps.skipped,
        recommendation=chosen,
        bill=_bill(space, chosen, judged),
        programs=session.workload.programs,
        cap_for=session.workload.cap_for,
        platform=platform,
        infeasible=None if chosen else _infeasible(session, judged, looks, platform),
    )


def _require_evidence(made: Sequence[Judged]) -> None:
    """Refuse to go on where runs cannot be judged: the search would ask for the same again."""
    for one in made:
        if one.verdict.cause is Cause.NO_EVIDENCE:
            observed = [f.observed for f in one.verdict.findings if f.cause is Cause.NO_EVIDENCE]
            raise HostError(
                f"a run decides nothing: {', '.join(observed)}",
                hint="`memtune doctor` tells what this machine can measure",
            )


def _lesson(judged: Judged) -> Tried:
    need = judged.run.measurement.need
    return Tried(judged.run.settings, judged.verdict.cause, need.value if need else None)


def _infeasible(
    session: Session, judged: list[Judged], earlier: list[Judged], platform: Platform | None
) -> Infeasible:
    """What came nearest and what would pass; ``earlier`` are looks from before an interruption."""
    from memtune.config.platforms import platforms  # pydantic: only where nothing passes

    workload = session.workload
    asked = Asked(
        session.cap_bytes,
        workload.checks,
        workload.space.searched,
        noise_bytes,
        [one.name for one in workload.programs if one.cap_bytes is not None],
    )
    looks = earlier if tells_need(asked, judged) else _looks(session, judged, earlier)
    found = infeasible(asked, judged, looks)
    if found.needed is None:
        return found
    provider = platform.name.partition(":")[0] if platform else None
    return replace(found, plans=plans_that_hold(platforms(), found.needed.cap_bytes, provider))


def _looks(session: Session, judged: list[Judged], earlier: list[Judged]) -> list[Judged]:
    """Search on under a roomy cap from what is known of any cap, for the need that no run under the
    study's told; no more than a few runs, and none where this machine has no more room."""
    space = session.workload.space.searched
    room = session.maker.ceiling_bytes
    roomy = roomy_cap_bytes(session.workload, space.conservative, session.cap_bytes, room)
    if earlier:  # what is free by now does not matter: runs of one search have one cap
        roomy = earlier[0].run.cap_bytes
    if roomy <= session.cap_bytes:
        return earlier
    search = Search(space, 1)
    known = [
        replace(_lesson(one), cause=apart_from_memory(one)) for one in judged if not is_short(one)
    ]
    looks = list(earlier)
    while len(looks) < MOST_LOOKS:
        step = search.advance([*known, *map(_lesson, looks)])
        if not isinstance(step, Step):
            break
        reason = f"no evidence for a pick, a look under {format_bytes(roomy)}: {step.reason}"
        looks += session.runs([(step.settings, reason)], cap_bytes=roomy)
        _require_evidence(looks[-1:])
    return looks


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
