"""How far a fit can be trusted: each settings in turn is left out and predicted from the others."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from memtune.cost.fit import Data, Fit, refitted
from memtune.cost.seen import Seen
from memtune.model import Scalar

SHARE = 0.95
"""Of settings, how many shall lie inside their interval."""
LEAST = 6
"""Settings left out that it takes to say anything."""


@dataclass(frozen=True)
class Trusted:
    """A fit whose intervals hold for settings that were left out."""

    fit: Fit
    data: Data
    error: float | None
    """Median error of settings that were left out and have several knobs turned, a share; None for
    too few of them."""


def trusted(fit: Fit, data: Data) -> Trusted:
    """Return the fit with its intervals as wide as settings that it was not told of demand.

    Terms are selected anew without each: what the selection itself adds is in the error. The
    intervals are those of the fit, times what makes 95 % of the settings left out lie inside
    (the jackknife; Barber et al. 2021, Annals of Statistics 49, 486-507).
    """
    errors, ratios, easy = [], [], []
    for position, one in enumerate(data.seen):
        others = data.without(position)
        if not _told(fit, one, others.seen):
            continue
        without = refitted(fit, others)
        off = abs(without.need(one.settings).bytes - one.bytes)
        ratio = off / (without.spread(one.settings) * without.reach)
        if sum(value != fit.codes[knob].start for knob, value in _turnable(fit, one)) > 1:
            errors.append(off / one.bytes)
            ratios.append(ratio)
        else:
            easy.append(ratio)
    if len(errors) < LEAST:
        return Trusted(replace(fit, widened=_outermost([*ratios, *easy])), data, None)
    return Trusted(replace(fit, widened=_outermost(ratios)), data, median(errors))


def _outermost(ratios: Sequence[float]) -> float:
    """What most of the ratios are within, the widest of few; at least one."""
    rank = min(math.ceil(SHARE * (len(ratios) + 1)), len(ratios))
    return max([1.0, *sorted(ratios)[rank - 1 : rank]])


def _turnable(fit: Fit, one: Seen) -> list[tuple[str, Scalar]]:
    """The values of its knobs that were turned at all; one knob alone is easy to predict."""
    return [(knob, value) for knob, value in one.settings if knob in fit.codes]


def _told(fit: Fit, one: Seen, others: Sequence[Seen]) -> bool:
    """Whether the others tell of each of its values."""
    return all(
        any(other.settings.as_dict()[knob] == value for other in others)
        for knob, value in _turnable(fit, one)
    )
