"""Runs -> a bill: which of them tell a need, and what the bill says of other settings."""

from collections.abc import Iterable, Sequence

from memtune.cost.fit import Fit, fitted
from memtune.cost.interval import Trusted, trusted
from memtune.cost.prices import costs, together
from memtune.cost.seen import Seen, itself
from memtune.model import Bias, Cause, Judged, Outcome, Role, Settings, Space
from memtune.model.bill import Bill, Limited, Prediction

FEWEST = 4
"""Settings that a bill takes."""


def is_known(judged: Judged) -> bool:
    """Whether a run tells what its settings need: it did all of its work, well or not."""
    run = judged.run
    need = run.measurement.need
    if need is None or need.bias is Bias.LOWER_BOUND or judged.verdict.cause is Cause.LIMIT:
        return False
    worked = run.outcome is Outcome.FAILED and bool(run.output)
    return run.outcome is Outcome.COMPLETED or worked


def seen(judged: Sequence[Judged]) -> list[Seen]:
    """Return the needs that runs tell, by settings."""
    needs: dict[Settings, list[float]] = {}
    for one in judged:
        need = one.run.measurement.need
        if need is not None and is_known(one):
            needs.setdefault(one.run.settings, []).append(need.value)
    return [Seen(settings, tuple(each)) for settings, each in needs.items()]


def told(space: Space, start: Settings, judged: Sequence[Judged]) -> Trusted | None:
    """Return the fit of the runs that tell a need; None where these are too few."""
    known = seen(judged)
    return trusted(*fitted(space, start, known)) if len(known) >= FEWEST else None


def itemized(
    space: Space,
    start: Settings,
    judged: Sequence[Judged],
    found: Trusted,
    questions: Sequence[Settings] = (),
) -> Bill:
    """Return the bill that a fit of runs makes; there is at least one run."""
    base = itself(start, found.data.seen) or found.fit.amount(found.fit.row(start))
    limits = tuple(_limits(space, found.fit, judged))
    return Bill(
        workload=judged[0].run.workload,
        settings=start,
        base=base,
        costs=costs(space, start, found.fit, found.data),
        together=together(start, found.fit),
        runs=len(judged),
        distinct=len(found.data.seen),
        residual_bytes=found.fit.sd * base.bytes,
        error=found.error,
        cut_short=sum(not is_known(one) for one in judged),
        limits=limits,
        predictions=tuple(_predicted(found.fit, limits, settings) for settings in questions),
    )


def _predicted(fit: Fit, limits: Sequence[Limited], settings: Settings) -> Prediction:
    beyond = tuple(
        f"{name}={value}"
        for name, value in settings
        if name in fit.codes and not fit.codes[name].reaches(value)
    )
    if beyond:
        return Prediction(settings, None, beyond)
    need = fit.need(settings)
    tight = [one for one in limits if dict(settings).get(one.knob) == one.value]
    return Prediction(
        settings, need, limits=tuple(one for one in tight if need.high >= one.from_bytes)
    )


def _limits(space: Space, fit: Fit, judged: Sequence[Judged]) -> Iterable[Limited]:
    """The values of limits at which runs ended, and what the least of them would have needed."""
    for knob in space.knobs:
        for value in knob.values if knob.role is Role.LIMIT else ():
            ended = [
                one.run.settings
                for one in judged
                if one.verdict.cause is Cause.LIMIT and dict(one.run.settings)[knob.name] == value
            ]
            needs = [
                fit.need(each).bytes
                for each in ended
                if all(fit.codes[name].reaches(v) for name, v in each if name in fit.codes)
            ]
            if needs:
                yield Limited(knob.name, value, len(ended), min(needs))
