"""memtune's rule beside others' on the same needs: how often each fails what grew, and what has
not, and after how many runs."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from benchmarks import gate_peers, gate_replay
from benchmarks.gate_replay import Checked
from benchmarks.gate_samples import SIMULATED_SDS, Needs, Noise, Series, Source, recordings
from memtune.model import Ruling

GROWTHS = (0.0, 0.02, 0.05, 0.10)
"""By how much the head needs more."""
LEAST = 0.05
"""The growth that has to be caught."""
FALSE_ALARMS = 0.01
CATCHES = 0.95
CATCHES_SD = 0.02
"""The noise up to which the catches are promised; false alarms are at any."""
SCENARIOS = 5
"""Of one check, for the division of the risk."""

IN_TURN = "memtune"
STORED = "memtune; growth is confirmed in turn"
UNCONFIRMED = "memtune, not confirmed (the baseline's commit is gone)"


@dataclass(frozen=True)
class Rates:
    """What a rule did in all checks of one kind, shares."""

    failed: float
    undecided: float
    head_runs: float
    """Mean."""
    executed: float
    """Mean runs of both arms; stored ones not counted."""


@dataclass(frozen=True)
class Row:
    """One rule in one mode."""

    label: str
    runs: str
    """Of each arm, as the table shows it."""
    cells: dict[tuple[str, float], Rates] = field(default_factory=dict)
    """By the source's label and the growth."""

    def reaches(self, sources: Sequence[Source]) -> bool:
        """Whether it keeps the goal on all of them."""
        return all(
            self.cells[one.label, 0.0].failed <= FALSE_ALARMS
            and (one.sd > CATCHES_SD or self.cells[one.label, LEAST].failed >= CATCHES)
            for one in sources
        )


@dataclass(frozen=True)
class Results:
    """Everything that the tables show."""

    checks: int
    sources: list[Source]
    in_turn: list[Row]
    """memtune's first."""
    stored: list[Row]
    """memtune's first, confirmed and not."""
    several: dict[tuple[str, str, bool], float]
    """By mode and source: how often a check of several scenarios fails, with and without the
    growth that has to be caught in one of them."""


def measure(checks: int) -> Results:
    """Apply every rule to every source; progress goes to stderr."""
    sources: list[Source] = [*map(Noise, SIMULATED_SDS), *recordings()]
    in_turn = [Row(IN_TURN, "3 to 12")]
    stored = [Row(STORED, "3 to 12, then of each arm 3 to 12"), Row(UNCONFIRMED, "3 to 12")]
    in_turn += [Row(rule.label, str(rule.head_runs)) for rule in gate_peers.IN_TURN]
    stored += [Row(rule.label, str(rule.head_runs)) for rule in gate_peers.STORED]
    several: dict[tuple[str, str, bool], float] = {}
    for source in sources:
        print(f"{source.label}: {checks} checks of each kind", file=sys.stderr)
        series = source.series(checks)
        for growth in GROWTHS:
            key = (source.label, growth)
            in_turn[0].cells[key] = rates(_in_turn(series, growth))
            alone, confirmed = zip(*_stored(series, growth), strict=True)
            stored[0].cells[key], stored[1].cells[key] = rates(confirmed), rates(alone)
            for row, rule in zip(in_turn[1:], gate_peers.IN_TURN, strict=True):
                row.cells[key] = _fixed(rule, gate_peers.in_turn(rule, series.new, 1 + growth), 2)
            for row, rule in zip(stored[2:], gate_peers.STORED, strict=True):
                fails = gate_peers.beside_stored(rule, series.stored, series.new, 1 + growth)
                row.cells[key] = _fixed(rule, fails, 1)
        for grown in (False, True):
            several["in turn", source.label, grown] = _several(
                list(_in_turn(series, 0.0, SCENARIOS)),
                list(_in_turn(series, LEAST, SCENARIOS)) if grown else [],
            )
            several["stored", source.label, grown] = _several(
                [ended for _, ended in _stored(series, 0.0, SCENARIOS)],
                [ended for _, ended in _stored(series, LEAST, SCENARIOS)] if grown else [],
            )
    return Results(checks, sources, in_turn, stored, several)


def rates(checked: Sequence[Checked] | Iterator[Checked]) -> Rates:
    """Return the shares and the mean numbers of runs of many checks."""
    ended = list(checked)
    return Rates(
        failed=fmean(one.ruling is Ruling.FAIL for one in ended),
        undecided=fmean(one.ruling is Ruling.INCONCLUSIVE for one in ended),
        head_runs=fmean(one.head_runs for one in ended),
        executed=fmean(one.head_runs + one.base_runs for one in ended),
    )


def _in_turn(series: Series, growth: float, scenarios: int = 1) -> Iterator[Checked]:
    for new in series.new:
        yield gate_replay.in_turn(_runs(new), 1 + growth, scenarios)


def _stored(series: Series, growth: float, scenarios: int = 1) -> Iterator[tuple[Checked, Checked]]:
    for stored, new in zip(series.stored, series.new, strict=True):
        yield gate_replay.beside_stored(stored, _runs(new), 1 + growth, scenarios)


def _runs(new: Needs) -> Iterator[float]:
    return iter(new.tolist())


def _fixed(rule: gate_peers.Rule, fails: gate_peers.Fails, arms: int) -> Rates:
    return Rates(float(fails.mean()), 0.0, rule.head_runs, rule.head_runs * arms)


def _several(same: list[Checked], grown: list[Checked]) -> float:
    """Return how often a check of several scenarios fails; one of them has grown, or none."""
    groups = [same[at : at + SCENARIOS] for at in range(0, len(same), SCENARIOS)]
    if grown:
        groups = [[*group[1:], one] for group, one in zip(groups, grown, strict=False)]
    return fmean(any(one.ruling is Ruling.FAIL for one in group) for group in groups)
