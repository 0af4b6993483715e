"""One scenario against its budget and its baseline: what it is compared with, its runs, and why
it failed."""

import shlex
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from memtune.errors import CancelledError, MemtuneError, Place
from memtune.gate import course as courses
from memtune.gate.base import Base, Project, checked_out, choose, redefined
from memtune.gate.course import Course
from memtune.judge import combined
from memtune.judge.growth import warns
from memtune.judge.sites import changed
from memtune.model import (
    Arm,
    Baseline,
    Budget,
    Cause,
    Explanation,
    Finding,
    Gated,
    How,
    Judged,
    Ruling,
    Scenario,
    Settings,
    SiteGrowth,
)
from memtune.side import SHORT, Side
from memtune.trial import Session, explained, summed_up

WORKING_TREE = "working tree"
SITES = 10
"""How many allocation sites a failure names."""
_ALL_SITES = 1_000_000


@dataclass(frozen=True)
class Asked:
    """What one check was asked for, beside its scenario."""

    project: Project
    against: str | None = None
    scenarios: int = 1
    """Among how many the risk of a false alarm is divided."""
    label: str = WORKING_TREE
    images: tuple[str, ...] = ()
    """That are checked in place of the working tree's."""
    options: tuple[str, ...] = ()
    """Of the command line, repeated in the commands that a result names."""

    def command(self, *words: str) -> str:
        """Return a command of memtune's with the options of this one."""
        return shlex.join(["memtune", *words, *self.options])


def check(session: Session, scenario: Scenario, asked: Asked) -> Gated:
    """Execute a scenario until it is known to be within its budget, or not.

    A growth over stored samples is a failure only when both commits, executed in turn, show it
    again. Raises what ``Session.run`` raises, and HostError and UsageError for a base that cannot
    be had.
    """
    base = choose(asked.project, scenario, session.environment, asked.against)
    if base is None:
        return _without_baseline(scenario, asked)
    for note in base.notes:
        session.observer.note(f"{scenario.name}: {note}")
    head = Side(asked.label, session, scenario.settings)
    with ExitStack() as stack:
        side: Side | None = None
        # Stored samples are sure enough for all scenarios; what confirms them is for one.
        scenarios = 1 if base.how is How.STORED else asked.scenarios
        if base.how is How.STORED:
            base, course = _beside_stored(head, scenario, asked, base)
        elif base.how is How.CEILING:
            course = courses.ceiling_only(head, scenario.budget)
        if base.how is How.AB:
            side = stack.enter_context(
                checked_out(asked.project, scenario.name, base.commit, session)
            )
            cap_bytes = side.session.cap_bytes
            other = redefined(side.label, str(side.settings), cap_bytes, scenario)
            for note in other:
                session.observer.note(f"{scenario.name}: {note}")
            base = replace(base, notes=(*base.notes, *other))
            course = courses.in_turn(head, side, scenario.budget, scenarios)
        if _ruling(course) is Ruling.FAIL:
            sites = _sites(course, side or _side(stack, scenario, asked, base, course))
        else:
            sites = ()
    return gated(scenario, asked, base, course, sites)


def _beside_stored(head: Side, scenario: Scenario, asked: Asked, base: Base) -> tuple[Base, Course]:
    """Compare with stored samples; where that says growth, ask for both commits in turn."""
    assert base.baseline is not None  # there are no stored samples without it
    stored = base.baseline.need_bytes
    course = courses.beside_stored(head, stored, scenario.budget, asked.scenarios)
    grown = [f for f in course.findings if f.check == "growth" and f.ruling is Ruling.FAIL]
    if not grown:
        return base, course
    seen = f"beside stored samples the growth was {grown[0].observed}"
    if not base.commit:
        course.notes.append("not confirmed: the commit of the baseline is not here")
        return base, course
    note = f"{seen}; both commits are executed to confirm it"
    head.session.observer.note(f"{scenario.name}: {note}")
    return replace(base, how=How.AB, notes=(*base.notes, note)), course


def _side(
    stack: ExitStack, scenario: Scenario, asked: Asked, base: Base, course: Course
) -> Side | None:
    """The commit of the baseline, only to explain what grew; None where it cannot be had."""
    if not base.commit:
        return None
    try:
        return stack.enter_context(
            checked_out(asked.project, scenario.name, base.commit, course.head.session)
        )
    except CancelledError:
        raise
    except MemtuneError as error:
        course.notes.append(error.message)
        return None


def _sites(course: Course, base: Side | None) -> tuple[SiteGrowth, ...]:
    """Execute each side once under memray and return what changed; a problem is a note."""
    head = course.head
    after = _explained(head, course.heads)
    before = _explained(base, []) if base and after.processes else None
    for explanation in (after, before):
        course.notes += explanation.problems if explanation else ()
    held = before.allocators if before and before.processes else None
    roots = [side.session.workload.directory for side in (head, base) if side]
    return guilty(changed(held, after.allocators, roots))


def guilty(sites: Sequence[SiteGrowth]) -> tuple[SiteGrowth, ...]:
    """Return those that explain most of a growth, of sites with the largest growth first.

    Python takes small objects' memory a MiB at a time, which counts for whichever line happens
    to need it: beside a large growth such lines come and go.
    """
    growths = [site.after_bytes - (site.before_bytes or 0) for site in sites]
    least = max(growths, default=0) / 8
    return tuple(site for site, growth in zip(sites, growths, strict=True) if growth > least)[
        :SITES
    ]


def _explained(side: Side, runs: Sequence[Judged]) -> Explanation:
    trial = summed_up(side.settings, tuple(runs))
    return explained(side.session, trial, _ALL_SITES)


def gated(
    scenario: Scenario, asked: Asked, base: Base, course: Course, sites: tuple[SiteGrowth, ...]
) -> Gated:
    """Return what the runs of a scenario say, with the commands that go on from there."""
    ruling = _ruling(course)
    images = [word for image in asked.images for word in ("--image", image)]
    refused = any(f.ruling is Ruling.FAIL and f.check != "growth" for f in course.findings)
    if any(f.ruling is Ruling.FAIL and f.check == "ceiling" for f in course.findings):
        where = f"line {scenario.place.line} of {asked.project.file.name}"
        course.notes.append(f"if so much is meant, raise max in {where}")
    against = base.commit[:SHORT] if base.how is How.AB else ""
    return Gated(
        scenario=scenario.name,
        ruling=ruling,
        warned=ruling is Ruling.PASS and _warned(course),
        budget=scenario.budget,
        place=scenario.growth_place if _grew(course) else scenario.place,
        findings=tuple(course.findings),
        how=base.how,
        cap_bytes=scenario.cap_bytes,
        settings=scenario.settings,
        environment=course.head.session.environment,
        base=_base_arm(base, course),
        head=Arm(asked.label, tuple(course.head_bytes)),
        estimate=course.estimate,
        sites=sites,
        notes=(*base.notes, *dict.fromkeys(course.notes)),
        reproduce=asked.command(
            "check", scenario.name, *(["--against", against] if against else []), *images
        ),
        accept=""
        if refused or scenario.budget.growth is None
        else asked.command("baseline", "accept", scenario.name, "--reason", "..."),
    )


def _grew(course: Course) -> bool:
    """Whether what is to be said is about growth."""
    told = [f.check for f in course.findings if f.ruling is not Ruling.PASS]
    return told == ["growth"] or (not told and _warned(course))


def _warned(course: Course) -> bool:
    growth, estimate = course.budget.growth, course.estimate
    if growth is None or estimate is None:
        return False
    return warns(estimate, course.base_bytes, growth)


def _base_arm(base: Base, course: Course) -> Arm | None:
    if not course.base_bytes:
        return None
    label = f"commit {base.commit[:SHORT]}" if base.how is How.AB else _label(base.baseline)
    return Arm(label, tuple(course.base_bytes))


def _label(baseline: Baseline | None) -> str:
    assert baseline is not None  # stored samples are a baseline's
    commit = f", {baseline.commit[:SHORT]}" if baseline.commit else ""
    return f"baseline of {baseline.recorded}{commit}"


def _ruling(course: Course) -> Ruling:
    """Fail where one finding fails; runs that nothing is said against pass."""
    rulings = [finding.ruling for finding in course.findings]
    return combined(rulings) if rulings else Ruling.PASS


def _without_baseline(scenario: Scenario, asked: Asked) -> Gated:
    finding = Finding(
        "baseline",
        Ruling.FAIL,
        f"none for {scenario.name!r} in {asked.project.lock.name}",
        "one for each scenario whose growth counts",
        Cause.NO_EVIDENCE,
    )
    return _unexecuted_scenario(
        scenario, finding, asked.command("baseline", "update", scenario.name)
    )


def orphans(asked: Asked, scenarios: Collection[str]) -> list[Gated]:
    """Return a failure for each baseline whose scenario is gone: nothing watches it any more."""
    found = []
    for name, baseline in asked.project.baselines.items():
        if name not in scenarios:
            finding = Finding(
                "scenario",
                Ruling.FAIL,
                f"{name!r} is gone from {asked.project.file.name}",
                "each baseline has a scenario; was it renamed?",
                Cause.NO_EVIDENCE,
            )
            place = Place(str(asked.project.lock))
            drop = asked.command("baseline", "update")
            found.append(
                _unexecuted(name, finding, Budget(), place, baseline.cap_bytes, Settings(), drop)
            )
    return found


def unreached(scenario: Scenario, why: str) -> Gated:
    """Return what is said of a scenario that an error kept from being checked."""
    finding = Finding("executed", Ruling.INCONCLUSIVE, why, "a decision", Cause.NO_EVIDENCE)
    return _unexecuted_scenario(scenario, finding, "")


def _unexecuted_scenario(scenario: Scenario, finding: Finding, accept: str) -> Gated:
    budget, place, settings = scenario.budget, scenario.place, scenario.settings
    return _unexecuted(scenario.name, finding, budget, place, scenario.cap_bytes, settings, accept)


def _unexecuted(
    name: str,
    finding: Finding,
    budget: Budget,
    place: Place,
    cap_bytes: int,
    settings: Settings,
    accept: str,
) -> Gated:
    return Gated(
        scenario=name,
        ruling=finding.ruling,
        warned=False,
        budget=budget,
        place=place,
        findings=(finding,),
        how=How.STORED,
        cap_bytes=cap_bytes,
        settings=settings,
        environment=None,
        base=None,
        head=Arm("not executed", ()),
        estimate=None,
        accept=accept,
    )
