"""Which few settings to execute so that their needs tell what each knob costs; pure.

First each knob alone is turned to its far end and back, which shows small costs beside little
else; then all of them at once; then settings scattered over the space, which show what costs
something only together, and how well all of it is told.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from memtune.model import Knob, Role, Scalar, Settings, Space

ROUNDS = 2
"""How often each knob is turned alone, where runs suffice."""
BLOCK = 8
"""Scattered settings in which every value of a knob comes about as often as the others."""
_SEED = 6
_TRIES = 50


@dataclass(frozen=True)
class Planned:
    """A run to make, and why."""

    settings: Settings
    reason: str


def wide(space: Space, settings: Settings) -> Settings:
    """Return settings with every limit at its widest, so that none ends a run."""
    limits = {knob.name: knob.values[-1] for knob in space.knobs if knob.role is Role.LIMIT}
    return Settings.of(settings.as_dict() | limits)


def screening(space: Space, start: Settings, runs: int) -> tuple[Planned, ...]:
    """Return the runs that turn each knob alone: ``ROUNDS`` times, or once where ``runs`` would
    be used up by half."""
    turned = [
        Planned(_with(start, knob, value), f"{knob.name}={value} alone")
        for knob in space.knobs
        for value in _far(knob, start.as_dict()[knob.name])
    ]
    own = Planned(start, "the bill's own settings")
    if ROUNDS * (len(turned) + 1) <= runs / 2:
        return (*([own, *turned] * ROUNDS), own)
    half = (len(turned) + 1) // 2
    return (own, *turned[:half], own, *turned[half:], own)  # how runs differ has to be seen


def middles(space: Space, start: Settings, knobs: Sequence[str]) -> tuple[Planned, ...]:
    """Return the runs that turn each of these knobs alone to the values between its ends."""
    planned = []
    for knob in space.knobs:
        own = start.as_dict()[knob.name]
        between = [v for v in knob.values if v != own and v not in _far(knob, own)]
        if knob.name in knobs:
            planned += [Planned(_with(start, knob, v), f"{knob.name}={v} alone") for v in between]
    return tuple(planned)


def scattered(space: Space, start: Settings) -> Iterator[Planned]:
    """Yield settings all over the space, the far corner first, none twice; ends where the space
    does."""
    corner = wide(space, Settings.of({knob.name: _corner(knob, start) for knob in space.knobs}))
    met = {start}
    if corner not in met:
        met.add(corner)
        yield Planned(corner, "every knob at its far end")
    chance = random.Random(_SEED)
    lost = 0
    while len(met) < space.size and lost < _TRIES:
        fresh = [each for each in _block(space, chance) if each not in met]
        lost = 0 if fresh else lost + 1
        for each in dict.fromkeys(fresh):
            met.add(each)
            yield Planned(each, "scattered over the space")


def _block(space: Space, chance: random.Random) -> list[Settings]:
    """Settings in which each knob takes its values in turn, in an order of its own."""
    columns = {knob.name: _column(knob, chance) for knob in space.knobs}
    return [
        Settings.of({name: column[n] for name, column in columns.items()}) for n in range(BLOCK)
    ]


def _column(knob: Knob, chance: random.Random) -> list[Scalar]:
    """A limit is at its widest half of the time: where it ends a run, nothing is learnt."""
    wide = BLOCK // 2 if knob.role is Role.LIMIT else 0
    offset = chance.randrange(len(knob.values))  # or the first values would come more often
    turns = (knob.values[(n + offset) % len(knob.values)] for n in range(BLOCK - wide))
    column = [*turns, *([knob.values[-1]] * wide)]
    chance.shuffle(column)
    return column


def _corner(knob: Knob, start: Settings) -> Scalar:
    own = start.as_dict()[knob.name]
    return [own, *_far(knob, own)][-1]


def _far(knob: Knob, own: Scalar) -> list[Scalar]:
    """The ends of a knob that are not its own value; the farther one last."""
    ends = [knob.values[0], knob.values[-1]]
    place = knob.values.index(own)
    ends.sort(key=lambda end: abs(knob.values.index(end) - place))
    return [end for end in dict.fromkeys(ends) if end != own]


def _with(settings: Settings, knob: Knob, value: Scalar) -> Settings:
    return Settings.of(settings.as_dict() | {knob.name: value})
