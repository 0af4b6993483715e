"""Sides of one workload set beside each other: executed in turn, so that what changes on the
machine meanwhile meets all of them, or stored earlier."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import geometric_mean

from memtune.execute.roomy import roomy_cap_bytes
from memtune.judge.environment import unlike
from memtune.judge.sites import changed
from memtune.model import Bias, Environment, Explanation, Judged, Outcome, SiteGrowth, Trial
from memtune.model.comparison import Compared, Comparison, Difference, Reduction
from memtune.side import Side
from memtune.stats import shift
from memtune.trial import explained, summed_up
from memtune.units import format_bytes

NOT_COMPARED = ("headroom", "samples", "enforced_cap")
"""Figures that follow from others, or are memtune's own."""
_ALL_SITES = 1_000_000


@dataclass(frozen=True)
class Stored:
    """A side whose runs were made earlier; at least one, of one settings under one cap."""

    label: str
    what: str
    """As in Compared."""
    environment: Environment
    judged: tuple[Judged, ...]


def compare(
    workload: str,
    sides: Sequence[Side | Stored],
    runs: int,
    *,
    impact: bool = False,
    explain: bool = False,
) -> Comparison:
    """Execute every side that was not stored ``runs`` times under its cap, in turn.

    With ``impact`` those that their cap cut short are executed once more under a roomy one: what
    they would have needed is part of the story. With ``explain`` each is executed once more under
    memray. Raises what ``Session.runs`` raises.
    """
    fresh = [side for side in sides if isinstance(side, Side)]
    judged = iter(_in_turn(fresh, runs))
    compared = [
        _executed(side, next(judged), impact) if isinstance(side, Side) else _stored(side)
        for side in sides
    ]
    first, *others = compared
    found = [first, *(_beside(first, other) for other in others)]
    if explain:
        found = list(_with_sites(sides, found))
    return Comparison(
        study=fresh[0].session.study if fresh else "",
        workload=workload,
        sides=tuple(found),
        explained=explain,
        reductions=reductions(first.fullest, compared[-1].fullest) if impact else (),
    )


def _in_turn(sides: Sequence[Side], runs: int) -> list[list[Judged]]:
    """Execute all sides once a turn; the order alternates: whoever comes second must not always be
    the same."""
    for side in sides:
        side.session.warm(side.settings)
    done: list[list[Judged]] = [[] for _ in sides]
    for turn in range(1, runs + 1):
        pairs = list(zip(sides, done, strict=True))
        for side, judged in pairs if turn % 2 else reversed(pairs):
            judged += side.session.runs([(side.settings, f"{side.label}, run {turn} of {runs}")])
    return done


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


def differences(first: Trial, other: Trial) -> tuple[Difference, ...]:
    """Return how the figures of one trial differ from another's: those that are known of both. Of
    runs that did not end by themselves none is."""
    if _was_cut_short(first) or _was_cut_short(other):
        return ()
    before, after = _values(first), _values(other)
    found = []
    for figure in first.figures:
        theirs = other.figure(figure.name)
        if theirs is None or figure.unit is not theirs.unit or figure.name in NOT_COMPARED:
            continue
        if figure.bias is not Bias.NONE or theirs.bias is not Bias.NONE:
            continue
        ours, its = before[figure.name], after[figure.name]
        grown = shift(ours, its) if len({*ours, *its}) > 1 else None
        ends = (
            (figure.summary.median, theirs.summary.median)
            if grown is None
            else (geometric_mean(ours), geometric_mean(its))  # so that both tell the same sign
        )
        found.append(Difference(figure.name, figure.unit, *ends, grown))
    return tuple(found)


def _values(trial: Trial) -> dict[str, list[float]]:
    values: dict[str, list[float]] = {}
    for one in trial.runs:
        for figure in summed_up(trial.settings, (one,)).figures:
            values.setdefault(figure.name, []).append(figure.summary.median)
    return values


def _stored(side: Stored) -> Compared:
    run = side.judged[0].run
    return Compared(
        label=side.label,
        what=side.what,
        cap_bytes=run.cap_bytes,
        environment=side.environment,
        page_cache=run.page_cache,
        trial=summed_up(run.settings, side.judged),
    )


def _executed(side: Side, judged: Sequence[Judged], impact: bool) -> Compared:
    trial = summed_up(side.settings, tuple(judged))
    compared = Compared(
        label=side.label,
        what=side.what,
        cap_bytes=side.session.cap_bytes,
        environment=side.session.environment,
        page_cache=side.session.page_cache,
        trial=trial,
    )
    if not impact or not _was_cut_short(trial):
        return compared
    session = side.session
    cap_bytes = roomy_cap_bytes(session.workload, side.settings, session.cap_bytes)
    if cap_bytes <= session.cap_bytes:  # this machine has no more room
        return compared
    reason = f"{side.label} under {format_bytes(cap_bytes)}, for its need"
    again = session.runs([(side.settings, reason)], cap_bytes)
    return replace(
        compared, roomy_cap_bytes=cap_bytes, roomy=summed_up(side.settings, tuple(again))
    )


def _beside(first: Compared, other: Compared) -> Compared:
    """Add how a side differs from the first one."""
    otherwise = unlike(first.environment, other.environment)
    if first.page_cache != other.page_cache:
        otherwise += (f"page cache {first.page_cache}, here {other.page_cache}",)
    return replace(
        other,
        unlike=otherwise,
        differences=differences(first.fullest, other.fullest),
    )


def _was_cut_short(trial: Trial) -> bool:
    return any(one.run.outcome is not Outcome.COMPLETED for one in trial.runs)


def _with_sites(sides: Sequence[Side | Stored], compared: Sequence[Compared]) -> Iterator[Compared]:
    """Execute each side once under memray, and add the allocation sites that changed."""
    explained = [_explained(*pair) for pair in zip(sides, compared, strict=True)]
    first = explained[0]
    for side, one, its in zip(sides, compared, explained, strict=True):
        # Without a capture nothing is known, which is no site that is gone.
        told = one is not compared[0] and first.processes and its.processes
        sites = _changed(sides[0], side, first, its) if told else ()
        yield replace(one, sites=sites, problems=its.problems)


def _changed(
    first: Side | Stored, side: Side | Stored, before: Explanation, after: Explanation
) -> tuple[SiteGrowth, ...]:
    roots = [one.session.workload.directory for one in (side, first) if isinstance(one, Side)]
    return changed(before.allocators, after.allocators, roots)


def _explained(side: Side | Stored, compared: Compared) -> Explanation:
    """What memray saw, or why there is nothing."""
    if isinstance(side, Stored):
        why = "executed earlier: it cannot be executed under memray"
        return Explanation(None, None, (), 0, (why,))
    return explained(side.session, compared.trial, _ALL_SITES)
