"""What charts and the tables beside them share, looked up in the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from memtune.model import Judged, OnFront, Peak, Ruling, Scalar, SettingsTried, Study, Trial
from memtune.model.bill import Bill, Range
from memtune.report.console.explain import LEAST_SHARE
from memtune.report.html.words import short
from memtune.units import MIB, format_bytes

MOST_CELLS = 400
"""Of one pair of knobs: more cannot be read."""


class State(StrEnum):
    """What is known of settings."""

    PASS = "one passes"
    FAIL = "tried, none passes"
    INFERRED = "inferred, not executed"
    OPEN = "open"


@dataclass(frozen=True)
class Point:
    """One settings, memory against speed."""

    need_bytes: float
    speed_per_s: float
    kind: str
    on_front: bool
    settings: str


@dataclass(frozen=True)
class HeldRow:
    """What one library held in one process at the peak."""

    who: str
    what: str
    bytes: int


@dataclass(frozen=True)
class CostRow:
    """What one change of a knob costs."""

    what: str
    cost: Range
    is_sure: bool
    """Whether it surely costs or saves what kernels' batches do not explain."""


@dataclass(frozen=True)
class MapCell:
    """The settings with two values of two knobs."""

    across: str
    down: str
    x: str
    x_index: int
    y: str
    y_index: int
    tried: int
    passed: int
    rest: int
    """Settings that were not executed."""
    state: State
    says: str

    @property
    def pair(self) -> str:
        """Return its knobs in words."""
        return f"{self.across} across, {self.down} down"


def mib(size: float) -> float:
    """Return bytes as MiB with the digits that a chart can show."""
    return round(size / MIB, 2)


def asked_headroom(runs: Sequence[Judged]) -> float | None:
    """Return the share of the cap that had to stay free, to the byte of what runs were judged by;
    None where none was asked for, and where each of several services has a cap."""
    return next((share for one in runs if (share := _headroom(one))), None)


def _headroom(one: Judged) -> float | None:
    if len(one.run.capped) != 1:
        return None
    (held,) = one.run.capped
    check, need = f"headroom {held.service}".rstrip(), held.measurement.need
    found = next((finding for finding in one.verdict.findings if finding.check == check), None)
    if found is None or need is None:
        return None
    return round(1 - (need.value + found.slack) / held.cap_bytes, 9)


def points(study: Study, passed: Sequence[OnFront]) -> list[Point]:
    """Return memory against speed of the settings that passed, each once, the least need first."""
    chosen = study.recommendation
    kinds = {one.settings: "on the front" for one in study.front}
    if study.knee is not None:
        kinds[study.knee] = "knee of the front"
    if chosen is not None and chosen.runner_up is not None:
        kinds[chosen.runner_up.settings] = "runner-up"
    if chosen is not None:
        kinds[chosen.settings] = "the pick"
    fronts = {one.settings for one in study.front}
    known = {one.settings: one for one in (*passed, *study.front)}
    found = [
        Point(
            one.need_bytes,
            one.speed_per_s,
            kinds.get(one.settings, "passes"),
            one.settings in fronts,
            str(one.settings),
        )
        for one in known.values()
    ]
    return sorted(found, key=lambda point: point.need_bytes)


def held(peak: Peak) -> list[HeldRow]:
    """Return what the processes held, and what belongs to none; what is small is added up."""
    rows = []
    for one in peak.families:
        who = _who(one.command, one.alike)
        large = [part for part in one.parts if abs(part.bytes) >= LEAST_SHARE * peak.need_bytes]
        rest = one.bytes - sum(part.bytes for part in large)
        rows += [HeldRow(who, part.name, part.bytes) for part in large]
        rows += [HeldRow(who, "smaller parts", rest)] if rest else []
    return [*rows, *(HeldRow("no process", part.name, part.bytes) for part in peak.rest)]


def _who(command: str, alike: int) -> str:
    return f"{alike} x {command}" if alike > 1 else command


def costs(bill: Bill) -> list[CostRow]:
    """Return the changes that are known to cost or to save, and those that could not be told."""
    return [
        CostRow(
            what=f"{cost.knob} {cost.start} to {step.value}",
            cost=step.cost,
            is_sure=cost.matters and step.cost.is_known,
        )
        for cost in bill.costs
        for step in cost.steps
    ]


def cells(study: Study) -> list[MapCell]:
    """Return every pair of values of any two knobs, with what became of their settings."""
    inside = [one for one in study.tried if one.settings in study.space]
    known = sum(skip.count for skip in study.skipped) + len(inside) >= study.space.size
    rest = State.INFERRED if known else State.OPEN
    found: list[MapCell] = []
    values = {knob.name: knob.values for knob in study.space.knobs if len(knob.values) > 1}
    for across, down in combinations(values, 2):
        if len(values[across]) * len(values[down]) > MOST_CELLS:
            continue
        at: dict[tuple[Scalar, Scalar], list[SettingsTried]] = {}
        for one in inside:
            chosen = one.settings.as_dict()
            at.setdefault((chosen[across], chosen[down]), []).append(one)
        each = study.space.size // (len(values[across]) * len(values[down]))
        found += [
            _cell(across, down, (i, x), (j, y), at.get((x, y), []), each, rest)
            for i, x in enumerate(values[across])
            for j, y in enumerate(values[down])
        ]
    return found


def _cell(
    across: str,
    down: str,
    x: tuple[int, Scalar],
    y: tuple[int, Scalar],
    here: list[SettingsTried],
    each: int,
    rest: State,
) -> MapCell:
    passing = [one for one in here if one.ruling is Ruling.PASS]
    needs = [one.need_bytes for one in passing if one.need_bytes is not None]
    state = State.PASS if passing else State.FAIL if here else rest
    missed = here[0].decisive if here and not passing else None
    says = format_bytes(min(needs)) if needs else short(missed) if missed else ""
    return MapCell(
        across, down, str(x[1]), x[0], str(y[1]), y[0],
        len(here), len(passing), each - len(here), state, says,
    )  # fmt: skip


def split_of(trial: Trial) -> list[tuple[str, int]]:
    """Return what the need consisted of, where that was seen."""
    if trial.split is None:
        return []
    split = trial.split
    return [("anon", split.anon), ("shmem", split.shmem), ("kernel", split.kernel)]
