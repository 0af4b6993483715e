"""The loop of a tuning session: search <-> execute <-> judge -> study; decides nothing
itself."""

from collections.abc import Sequence
from dataclasses import replace

from memtune.aim import CONSERVATIVE, Aim, front_of
from memtune.errors import HostError
from memtune.execute.roomy import roomy_cap_bytes
from memtune.judge import allowed_bytes
from memtune.judge.infeasible import (
    Asked,
    apart_from_memory,
    infeasible,
    is_short,
    plans_that_hold,
    tells_need,
)
from memtune.model import (
    CapFor,
    Cause,
    Judged,
    Platform,
    Recommendation,
    Rung,
    Settings,
    Study,
    Trial,
)
from memtune.model.bill import Bill
from memtune.model.infeasible import Infeasible
from memtune.search.batch import together
from memtune.search.dominance import Search
from memtune.search.front import knee
from memtune.search.ladder import Fallback, climb, rungs
from memtune.search.step import Answer, Step, Tried, noise_bytes
from memtune.trial import Session, summed_up
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
    session: Session, confirmations: int, platform: Platform | None = None, aim: Aim = CONSERVATIVE
) -> Study:
    """Search the workload's space under the session's cap and return the whole study; where
    nothing passes, with what would, by a few more runs under a roomy cap if need be.

    Runs of the same study from before it was interrupted are not repeated. Of those in the store
    only what the answer needs is read. ``platform`` is the plan that named the cap. Raises what
    ``Session.run`` raises, and HostError where runs decide nothing.
    """
    space = session.workload.space.searched
    allowed = _allowed_bytes(session)
    ladder, warm = _climbed(session, aim)
    search = Fallback(
        aim.searching(space, confirmations, allowed), space, ladder, confirmations, allowed
    )
    lessons = _learned(session, aim, ladder)
    while isinstance(steps := together(search, lessons, session.jobs), list):
        if not warm:  # a resumed session finds the page cache as it happens to be
            session.warm(space.conservative)
            warm = True
        made = session.runs([(step.settings, step.reason) for step in steps])
        _require_evidence(made)
        aim.require_told(made)
        lessons += map(_lesson, made)
    chosen = _recommendation(session, steps)
    points = front_of(lessons, chosen.settings if chosen else None)
    return Study(
        id=session.study,
        workload=session.workload.name,
        cap_bytes=session.cap_bytes,
        checks=session.workload.checks,
        space=space,
        page_cache=session.page_cache,
        environment=session.environment,
        tried=session.store.searched(session.study, session.cap_bytes),
        skipped=steps.skipped,
        recommendation=chosen,
        bill=_bill(session, chosen, lessons),
        programs=session.workload.programs,
        cap_for=session.workload.cap_for,
        platform=platform,
        objective=aim.objective,
        front=points,
        knee=bend.settings if (bend := knee(points)) and len(points) > 1 else None,
        ladder=ladder,
        infeasible=None if chosen else _infeasible(session, platform),
        jobs=1 if session.alone else session.jobs,
    )


def _learned(session: Session, aim: Aim, ladder: Sequence[Rung]) -> list[Tried]:
    """Return what the runs so far taught, of the settings that are searched and of the ladder's."""
    space, rungs_too = session.workload.space.searched, {one.settings for one in ladder}
    lessons = [
        Tried(one.settings, one.cause, one.need_bytes, one.speed_per_s)
        for one in session.store.lessons(session.study, session.cap_bytes)
        if one.settings in space or one.settings in rungs_too
    ]
    if lessons:  # the run that showed what is not told was kept, and ended the session
        aim.require_told(
            session.store.judged(session.study, lessons[-1].settings, session.cap_bytes)
        )
    return lessons


def _allowed_bytes(session: Session) -> float | None:
    """The most that a run may need to pass; None where caps of their own limit parts of it."""
    workload = session.workload
    several = len(workload.programs) > 1 and workload.cap_for is CapFor.EACH
    if several or any(program.cap_bytes is not None for program in workload.programs):
        return None
    return allowed_bytes(session.cap_bytes, workload.checks.headroom)


def _climbed(session: Session, aim: Aim) -> tuple[tuple[Rung, ...], bool]:
    """Execute the ladder up to the first rung that passes; return the rungs that were executed,
    and whether the page cache was made warm for that."""
    if aim.start is None:
        return (), False
    ladder = rungs(session.workload.space, aim.start)
    passed: dict[Settings, bool] = {}
    for one in ladder:
        runs = session.store.judged(session.study, one.settings, session.cap_bytes)
        aim.require_told(runs)
        causes = [run.verdict.cause for run in runs if run.verdict.cause is not Cause.NO_EVIDENCE]
        if causes:
            passed[one.settings] = causes[0] is None
    warm = False
    while (rung := climb(ladder, passed)) is not None:
        if not warm:
            session.warm(rung.settings)
            warm = True
        reason = f"ladder: turns {rung.turned}" if rung.turned else "ladder: the present settings"
        made = session.runs([(rung.settings, reason)])
        _require_evidence(made)
        aim.require_told(made)
        passed[rung.settings] = made[0].verdict.cause is None
    return tuple(one for one in ladder if one.settings in passed), warm


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
    speed = judged.run.speed
    return Tried(
        judged.run.settings,
        judged.verdict.cause,
        need.value if need else None,
        speed.value if speed else None,
    )


def _infeasible(session: Session, platform: Platform | None) -> Infeasible:
    """What came nearest and what would pass."""
    from memtune.config.platforms import platforms  # pydantic: only where nothing passes

    workload = session.workload
    asked = Asked(
        session.cap_bytes,
        workload.checks,
        workload.space.searched,
        noise_bytes,
        [one.name for one in workload.programs if one.cap_bytes is not None],
    )
    own = workload.space.searched
    every = [one for one in session.store.judged(session.study) if one.run.settings in own]
    judged = [one for one in every if one.run.cap_bytes == session.cap_bytes]
    earlier = [one for one in every if one.run.cap_bytes != session.cap_bytes]
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


def _bill(session: Session, chosen: Recommendation | None, lessons: Sequence[Tried]) -> Bill | None:
    """What knobs cost, counted from what is recommended, where the search's own runs tell it: it
    chose them for another end, so the bill has to predict what is left out of it."""
    from memtune.cost.tell import is_known, itemized, told  # scipy: after the runs, see stats

    measured = [one for one in lessons if one.need_bytes is not None]
    passed = {one.settings for one in measured if one.cause is None}
    if len({one.settings for one in measured}) < TELLING or len(passed) > MOST_TOLD:
        return None  # as below, but told without reading the runs
    space = session.workload.space.searched
    every = session.store.judged(session.study, cap_bytes=session.cap_bytes)
    judged = [one for one in every if one.run.settings in space]
    start = chosen.settings if chosen and chosen.settings in space else space.conservative
    counted = {one.run.settings for one in judged if is_known(one)}
    if not TELLING <= len(counted) <= MOST_TOLD:
        return None
    found = told(space, start, judged)
    if found is None or found.error is None or found.error > GOOD_ENOUGH:
        return None
    return itemized(space, start, judged, found)


def _recommendation(session: Session, answer: Answer) -> Recommendation | None:
    if answer.pick is None:
        return None
    return Recommendation(
        settings=answer.pick,
        evidence=_trial(session, answer.pick),
        runner_up=_trial(session, answer.runner_up) if answer.runner_up else None,
        why=answer.why,
        risk=answer.risk,
    )


def _trial(session: Session, settings: Settings) -> Trial:
    runs = session.store.judged(session.study, settings, session.cap_bytes)
    return summed_up(settings, tuple(runs))
