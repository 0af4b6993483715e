"""Runs of which none passed -> how near they came, and what would have made them pass; pure."""

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from memtune.judge.runs import judge, judge_all
from memtune.model import (
    Bias,
    Cause,
    Checks,
    Finding,
    Judged,
    Outcome,
    Platform,
    Ruling,
    Settings,
    Space,
    Verdict,
)
from memtune.model.infeasible import Held, Infeasible, MissedByAll, Needed, Short
from memtune.units import MIB


@dataclass(frozen=True)
class Asked:
    """What the runs were made for."""

    cap_bytes: int
    checks: Checks
    space: Space
    noise_bytes: Callable[[float], float]
    """By how much runs of this need may differ."""
    fixed: Collection[str] = ()
    """Services whose cap is their own, whatever the cap of the run."""


@dataclass(frozen=True)
class _Tried:
    """All runs of one settings under one cap."""

    settings: Settings
    runs: tuple[Judged, ...]
    seen_under_bytes: int
    missed: tuple[Finding, ...]
    """Of the checks under the study's cap."""
    need_bytes: float | None
    """Absent where one run does not tell it."""

    @property
    def completed(self) -> bool:
        return all(one.run.outcome is Outcome.COMPLETED for one in self.runs)

    @property
    def works(self) -> bool:
        """Whether every run did all of its work well, and nothing but memory was missed."""
        return self.completed and all(one.cause is Cause.MEMORY for one in self.missed)

    @property
    def is_short(self) -> bool:
        return any(is_short(one) for one in self.runs)


def is_short(judged: Judged) -> bool:
    """Whether a run ended for want of memory, so that nothing tells how well it works."""
    completed = judged.run.outcome is Outcome.COMPLETED
    return judged.verdict.cause is Cause.MEMORY and not completed


def apart_from_memory(judged: Judged) -> Cause | None:
    """Return why a run that ended for no want of memory would not pass under any cap."""
    causes = {finding.cause for finding in judged.verdict.findings}
    return next((c for c in Cause if c in causes and c is not Cause.MEMORY), None)


def tells_need(asked: Asked, judged: Sequence[Judged]) -> bool:
    """Whether some of the settings are seen to do their work, and what they need."""
    return _needed(asked, _tried(asked, judged)) is not None


def infeasible(asked: Asked, judged: Sequence[Judged], looks: Sequence[Judged] = ()) -> Infeasible:
    """Return why nothing passed in these runs under the study's cap, of which there is one at
    least, and what would have; ``looks`` are runs under a roomy cap, for their needs alone."""
    own, looked = _tried(asked, judged), _tried(asked, looks)
    decided = {one.settings for one in own if not one.is_short}
    again = {one.settings for one in looked} - decided
    known = [one for one in own if one.settings not in again]
    known += [one for one in looked if one.settings in again]
    needed = _needed(asked, known, {one.settings for one in own if one.is_short})
    nearest = _nearest(asked, known, needed)
    short = min((one for one in known if one.is_short), key=_generosity_in(asked), default=None)
    return Infeasible(
        nearest=nearest.settings,
        missed=nearest.missed,
        needed=needed,
        short=None if needed or not short else Short(short.settings, short.seen_under_bytes),
        missed_by_all=None if needed else _missed_by_all(nearest, known),
        looks=tuple(looks),
    )


def plans_that_hold(
    plans: Sequence[Platform], cap_bytes: int, provider: str | None
) -> tuple[Held, ...]:
    """Return the smallest plan with this much memory, the cheapest of those whose price is known,
    and the smallest of a provider that is asked for; each once, none where none is large enough."""
    fitting = [plan for plan in plans if plan.ram_bytes >= cap_bytes]
    reasons: dict[str, list[str]] = {}
    for plan, why in _choices(fitting, provider):
        reasons.setdefault(plan.name, []).append(why)
    named = {plan.name: plan for plan in fitting}
    return tuple(Held(named[name], ", ".join(why)) for name, why in reasons.items())


def _choices(fitting: list[Platform], provider: str | None) -> Iterator[tuple[Platform, str]]:
    def size(plan: Platform) -> tuple[float, float]:
        price = plan.price_usd_month
        return plan.ram_bytes, math.inf if price is None else price

    if fitting:
        yield min(fitting, key=size), "smallest"
    priced = [
        (plan.price_usd_month, plan.ram_bytes, n)
        for n, plan in enumerate(fitting)
        if plan.price_usd_month is not None
    ]
    if priced:
        yield fitting[min(priced)[2]], "cheapest known price"
    own = [plan for plan in fitting if plan.name.partition(":")[0] == provider]
    if own:
        yield min(own, key=size), f"smallest of {own[0].title}"


def _tried(asked: Asked, judged: Sequence[Judged]) -> list[_Tried]:
    runs: dict[Settings, list[Judged]] = {}
    for one in judged:
        if one.verdict.cause is not Cause.NO_EVIDENCE:
            runs.setdefault(one.run.settings, []).append(one)
    return [_summed_up(asked, settings, tuple(some)) for settings, some in runs.items()]


def _summed_up(asked: Asked, settings: Settings, runs: tuple[Judged, ...]) -> _Tried:
    findings = judge_all([_under(asked, one) for one in runs]).findings
    needs = [_need(one, asked.fixed) for one in runs]
    known = [need for need in needs if need is not None]
    return _Tried(
        settings,
        runs,
        max(one.run.cap_bytes for one in runs),
        tuple(finding for finding in findings if finding.ruling is not Ruling.PASS),
        max(known) if len(known) == len(needs) else None,
    )


def _under(asked: Asked, judged: Judged) -> Verdict:
    """The verdict under the study's cap, of a look too."""
    run, cap_bytes = judged.run, asked.cap_bytes
    if run.cap_bytes == cap_bytes:
        return judged.verdict
    parts = [p if p.service in asked.fixed else replace(p, cap_bytes=cap_bytes) for p in run.parts]
    return judge(replace(run, cap_bytes=cap_bytes, parts=tuple(parts)), asked.checks)


def _need(judged: Judged, fixed: Collection[str]) -> float | None:
    """What a cap has to hold: of several services that have one each, the largest need."""
    parts = [part for part in judged.run.capped if part.service not in fixed]
    needs = [part.measurement.need for part in parts]
    known = [n.value for n in needs if n is not None and n.bias in (Bias.NONE, Bias.AT_MOST)]
    return max(known) if known and len(known) == len(needs) else None


def _needed(
    asked: Asked, tried: Sequence[_Tried], killed: Collection[Settings] = ()
) -> Needed | None:
    """No cap helps a service whose cap is its own. A need that fits into a cap that it was killed
    under was seen too low, and tells nothing."""
    own = {f"headroom {service}".rstrip() for service in asked.fixed}
    needs = {
        one: one.need_bytes
        for one in tried
        if one.works and one.need_bytes is not None and not own & {f.check for f in one.missed}
    }
    if not needs:
        return None
    lowest = min(needs.values())
    alike = [one for one, need in needs.items() if need <= lowest + asked.noise_bytes(lowest)]
    least = min(alike, key=_generosity_in(asked))
    held = needs[least] + asked.noise_bytes(needs[least])
    cap_bytes = MIB * math.ceil(held / (1 - (asked.checks.headroom or 0.0)) / MIB)
    if cap_bytes <= asked.cap_bytes:
        return None
    left = math.floor(1000 * (1 - held / asked.cap_bytes)) / 1000
    return Needed(
        settings=least.settings,
        need_bytes=round(needs[least]),
        noise_bytes=round(held - needs[least]),
        seen_under_bytes=least.seen_under_bytes,
        cap_bytes=cap_bytes,
        headroom=left if left >= 0 and least.settings not in killed else None,
    )


def _nearest(asked: Asked, tried: Sequence[_Tried], needed: Needed | None) -> _Tried:
    """What needs least of all that does its work; else what does its work least badly; else what
    is short of memory."""

    def distance(one: _Tried) -> tuple[object, ...]:
        return (
            needed is not None and one.settings != needed.settings,
            not one.completed,
            len(one.missed),
            max((-finding.slack for finding in one.missed), default=0.0),
            not one.is_short,
            _generosity_in(asked)(one),
        )

    return min(tried, key=distance)


def _missed_by_all(nearest: _Tried, tried: Sequence[_Tried]) -> MissedByAll | None:
    """A check is named where it is all that the nearest settings miss and no others do better."""
    able = [one for one in tried if one.completed]
    if len(nearest.missed) != 1 or nearest not in able:
        return None
    check = nearest.missed[0].check
    if not all(check in {finding.check for finding in one.missed} for one in able):
        return None
    return MissedByAll(check, len(able))


def _generosity_in(asked: Asked) -> Callable[[_Tried], tuple[float, tuple[int, ...]]]:
    """How far the knobs are turned up, each over its own range, then in order of priority."""

    def generosity(one: _Tried) -> tuple[float, tuple[int, ...]]:
        turned = [
            (knob.values.index(value), len(knob.values) - 1)
            for knob, (_, value) in zip(asked.space.knobs, one.settings, strict=True)
        ]
        return sum(at / last for at, last in turned if last), tuple(at for at, _ in turned)

    return generosity
