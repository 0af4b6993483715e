"""How sure a pick is: what a further run of it may need, and whose needs are told apart; knows
no order of settings.

Needs are compared on logarithms, as noise grows with what is needed. What the runs of one
settings vary by tells little while they are few, so all settings that were executed more than
once are put together. The bounds are Student's:
https://en.wikipedia.org/wiki/Prediction_interval#Unknown_mean,_unknown_variance
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, log, sqrt

from memtune.model import Cause, Settings
from memtune.search.step import Step, Tried, noise_bytes

RISK = 0.01
"""Highest chance that a further run of the pick needs more than is allowed."""
ENOUGH = 8
"""Runs whose own spread is believed though others vary more."""
MOST_PASSES = 24
"""A pick that is not sure enough by then is passed over, or stays if it is the surest."""
MOST_PASSED_OVER = 2
LEAST_SD = 0.002
"""Smallest standard deviation of a logarithm that is believed: kernels charge memory in
batches of pages."""


@dataclass(frozen=True)
class Spread:
    """How much the logarithm of a need varies from run to run."""

    deviation: float
    freedom: int


@dataclass(frozen=True)
class Confirmed:
    """A pick that passed often enough, every time."""

    settings: Settings
    risk: float | None
    """Upper bound of the chance that a further run needs more than is allowed; None where
    nothing limits the need, or it is not known."""


def confirm(
    ranked: Sequence[Settings], runs: Sequence[Tried], passes: int, allowed_bytes: float | None
) -> Step | Confirmed:
    """Return the next run of the best of the ranked, or that which is confirmed.

    ``ranked`` are settings that always passed, best first, at least one. One is confirmed after
    so many ``passes``, and once a further run needs more than ``allowed_bytes`` with a chance of
    ``RISK`` at most. Where that cannot be reached its next is confirmed in its place; where none
    of the first few is that sure, the surest of them is the answer, and says how sure it is.
    """
    needs, passed = _evidence(runs)
    spread = pooled(needs.values())
    unsure: list[Confirmed] = []
    for settings in ranked[: MOST_PASSED_OVER + 1]:
        own, count = needs.get(settings, ()), passed.get(settings, 0)
        if count < passes:
            missing = passes - count
            reason = f"confirms the pick, {missing} of {passes} to go"
            return Step(settings, reason, missing)
        if allowed_bytes is None or not own:
            return Confirmed(settings, None)
        chance = chance_over(own, allowed_bytes, spread)
        if chance is not None and chance <= RISK:
            return Confirmed(settings, chance)
        if count < MOST_PASSES and not _hopeless(own, allowed_bytes):
            return Step(settings, _doubt(chance))
        unsure.append(Confirmed(settings, chance))
    return min(unsure, key=lambda one: 1.0 if one.risk is None else one.risk)


def pooled(needs: Iterable[Sequence[float]]) -> Spread | None:
    """Return what the needs of one settings vary by, from all that were executed more than once;
    None where none was."""
    squares, freedom = [], 0
    for some in needs:
        if len(some) > 1:
            mean = typical(some)
            squares += [log(need / mean) ** 2 for need in some]
            freedom += len(some) - 1
    if not freedom:
        return None
    return Spread(sqrt(fsum(squares) / freedom), freedom)


def typical(needs: Sequence[float]) -> float:
    """Return the geometric mean of the needs of repeated runs: what settings are ranked by. The
    worst would grow with the number of runs, and what was repeated would lose to what was not."""
    mean = exp(fsum(map(log, needs)) / len(needs))
    return min(max(mean, min(needs)), max(needs))


def chance_over(
    needs: Sequence[float], allowed_bytes: float, spread: Spread | None
) -> float | None:
    """Return an upper bound of the chance that one further run needs more than is allowed; None
    where nothing was repeated. Takes what varies more of the runs' own spread and that of all,
    and the own alone where it rests on ``ENOUGH`` runs."""
    own = pooled([needs])
    known = [own] if own and len(needs) >= ENOUGH else [one for one in (own, spread) if one]
    room = log(allowed_bytes / typical(needs))
    return max((_over(room, one, 1 + 1 / len(needs)) for one in known), default=None)


def surely_no_less(
    needs: Sequence[float], pick: Sequence[float], spread: Spread | None, doubt: float
) -> bool:
    """Tell whether needs are surely not below those of the pick by more than noise: the chance
    that runs look like these though they are is at most ``doubt``."""
    if spread is None:
        return typical(needs) >= typical(pick)
    least = typical(pick)
    over = log(typical(needs) / max(least - noise_bytes(least), 1.0))
    return _over(over, spread, 1 / len(needs) + 1 / len(pick)) <= doubt


def surely_alike(
    needs: Sequence[float], least: Sequence[float], spread: Spread | None, doubt: float
) -> bool:
    """Tell whether needs are no more than noise above the least; surely so, as far as is known
    what they vary by."""
    bar = typical(least) + noise_bytes(typical(least))
    room = log(bar / typical(needs))
    if room < 0 or spread is None or not spread.deviation:
        return room >= 0
    return _over(room, spread, 1 / len(needs) + 1 / len(least)) <= doubt


def _over(distance: float, spread: Spread, share: float) -> float:
    """The chance of going beyond a distance, for a difference of so large a share of the
    variance of one run."""
    from scipy.special import stdtr  # not before something was repeated: it takes a while

    deviation = max(spread.deviation, LEAST_SD)
    return float(stdtr(spread.freedom, -distance / (deviation * sqrt(share))))


def _hopeless(needs: Sequence[float], allowed_bytes: float) -> bool:
    """Whether any number of further runs like these would still leave too high a chance."""
    own = pooled([needs])
    if own is None or len(needs) < ENOUGH:
        return False
    known = Spread(own.deviation, 10**6)
    return _over(log(allowed_bytes / typical(needs)), known, 1.0) > RISK


def _doubt(chance: float | None) -> str:
    if chance is None:
        return "tells how much the need of the pick varies"
    return f"confirms the pick: a further run may need too much with a chance of {chance:.2g}"


def _evidence(
    runs: Sequence[Tried],
) -> tuple[Mapping[Settings, Sequence[float]], Mapping[Settings, int]]:
    needs: dict[Settings, list[float]] = {}
    passed: dict[Settings, int] = {}
    for run in runs:
        if run.cause is Cause.NO_EVIDENCE:
            continue
        if run.need_bytes:
            needs.setdefault(run.settings, []).append(run.need_bytes)
        if run.cause is None:
            passed[run.settings] = passed.get(run.settings, 0) + 1
    return needs, passed
