"""What a workload's need consists of, told from few planned runs, and what other settings would
need."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from memtune.cost.fit import clear
from memtune.cost.interval import Trusted
from memtune.cost.prices import turned
from memtune.cost.tell import FEWEST, is_known, itemized, seen, told
from memtune.errors import UsageError
from memtune.execute.roomy import roomy_cap_bytes
from memtune.model import Judged, Settings, Space, Workload
from memtune.model.bill import Bill, BillResult
from memtune.search.design import BLOCK, Planned, middles, scattered, screening, wide
from memtune.trial import Session

ENOUGH = 2 * BLOCK
"""Scattered settings before it is asked whether the bill is good enough."""
GOOD_ERROR = 0.02
"""Median error of settings left out at which no more runs are made."""


@dataclass(frozen=True)
class Asked:
    """What a bill shall be told about."""

    space: Space
    """The knobs to turn; one that is held has one value."""
    start: Settings
    """The bill's settings: a value for each knob."""
    question: Settings | None = None
    """What else it shall tell the need of."""
    runs: int = 48
    """How many at most, those that verify not counted."""
    profile: str = ""


def asked(
    workload: Workload, settings: Settings, question: Settings, runs: int, profile: str = ""
) -> Asked:
    """Return what a bill is told about: ``settings`` are those of a profile, the others are at
    their conservative end; ``question`` names what shall be asked.

    Knobs that are searched are turned over the values searched and those that are named. The
    others are held at what the question or the profile says, and left alone where they say
    nothing. Raises UsageError where no knob can be turned, or the runs are too few.
    """
    named, given = question.as_dict(), settings.as_dict()
    knobs, start = [], {}
    for knob in workload.space.knobs:
        name = knob.name
        if not knob.searched:
            if name in named or name in given:
                start[name] = named.get(name, given.get(name, knob.values[0]))
                knobs.append(replace(knob, values=(start[name],)))
            continue
        start[name] = given.get(name, knob.searched[0])
        met = {*knob.searched, start[name], named.get(name, start[name])}
        knobs.append(replace(knob, values=tuple(v for v in knob.values if v in met)))
    space = Space(tuple(knobs))
    if space.size == 1:
        raise UsageError(
            f"the workload {workload.name!r} has no knobs to turn",
            hint="give it knobs with several values under `space:`",
        )
    if space.size < FEWEST:
        raise UsageError(
            f"the knobs of the workload {workload.name!r} have only {space.size} settings "
            f"together; a bill takes {FEWEST}",
            hint="give a knob more values under `space:`, or add another",
        )
    own = wide(space, Settings.of(start))
    least = len(screening(space, own, 0)) + 1
    if runs < least:
        raise UsageError(
            f"{runs} runs cannot tell of {sum(len(k.values) > 1 for k in knobs)} knobs",
            hint=f"use --runs {least} or more",
        )
    return Asked(space, own, turned(own, named) if named else None, runs, profile)


def bill(
    session: Session, earlier: Sequence[Judged], what: Asked, *, verify: bool = False
) -> BillResult:
    """Execute planned settings under a roomy cap until the bill is good or the runs are used up,
    and return it; with ``verify`` also execute what was asked about.

    ``earlier`` are runs of the same study from before it was interrupted. Raises what
    ``Session.runs`` raises, and UsageError where too few runs ended with their work done.
    """
    cap_bytes = roomy_cap_bytes(session.workload, what.start, session.cap_bytes)
    roomy = replace(session, cap_bytes=cap_bytes)
    store = list(earlier)
    if not store:
        roomy.warm(what.start)
    judged = _made(roomy, screening(what.space, what.start, what.runs), store)
    dear = clear(what.space, what.start, seen(judged))
    between = middles(what.space, what.start, dear)
    judged += _made(roomy, between[: max((what.runs - len(judged)) // 2, 0)], store)
    more = scattered(what.space, what.start)
    batch = ENOUGH
    while left := what.runs - len(judged):
        planned = list(islice(more, min(left, batch)))
        judged += _made(roomy, planned, store)
        if len(planned) < batch or _is_good(_told(what, judged)):
            break
        batch = BLOCK
    questions = [] if what.question is None else [what.question]
    found = itemized(what.space, what.start, judged, _told(what, judged), questions)
    return BillResult(
        study=session.study,
        profile=what.profile,
        cap_bytes=cap_bytes,
        environment=session.environment,
        page_cache=session.page_cache,
        bill=_verified(roomy, found) if verify else found,
    )


def _told(what: Asked, judged: Sequence[Judged]) -> Trusted:
    found = told(what.space, what.start, judged)
    if found is None:
        raise UsageError(
            f"only {len(seen(judged))} of {len({one.run.settings for one in judged})} settings "
            "ended with their work done: that tells no bill",
            hint="`memtune profile` shows how they end; raise `timeout`, or take other values",
        )
    return found


def _made(session: Session, planned: Iterable[Planned], store: list[Judged]) -> list[Judged]:
    """The runs of these settings: from the store as long as there are some, else executed."""
    made = []
    for one in planned:
        kept = next((each for each in store if each.run.settings == one.settings), None)
        if kept is None:
            kept = session.run(one.settings, one.reason)
        else:
            store.remove(kept)
        made.append(kept)
    return made


def _is_good(found: Trusted) -> bool:
    return found.error is not None and found.error <= GOOD_ERROR


def _verified(session: Session, found: Bill) -> Bill:
    """Execute what was asked about and say whether the bill held."""
    predictions = []
    for one in found.predictions:
        judged = session.run(one.settings, "verifies the bill")
        need = judged.run.measurement.need
        holds = None
        if one.need is not None and need is not None and is_known(judged):
            holds = one.need.low <= need.value <= one.need.high
        predictions.append(replace(one, measured=judged, holds=holds))
    return replace(found, predictions=tuple(predictions))
