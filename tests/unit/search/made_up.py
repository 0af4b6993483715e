"""Made-up programs whose speed and need are known for each of their settings: some knobs make them
faster and some better, workers help up to a number of cores, and all of it takes memory."""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, product
from typing import Protocol

from memtune.model import Cause, Knob, OnFront, Role, Settings, Space
from memtune.search.step import Answer, Step, Tried

MIB = 1024 * 1024
HEADROOM = 0.1
SHAPES = ((4, 4, 3), (4, 3, 2, 3), (4, 2, 4, 2, 2))
_SPEEDUPS = (0, 0, 0.05, 0.3, 0.6, -0.05)
_SLOWDOWNS = (0.02, 0.1, 0.4, 0.8)
_STEPS_MIB = (0, 0.2, 1, 5, 20, 40)
_ENDLESS = 300


class Searching(Protocol):
    def advance(self, runs: Sequence[Tried]) -> Step | Answer: ...


@dataclass(frozen=True)
class Program:
    space: Space
    true: dict[Settings, tuple[float, float]]
    """Need in bytes and speed per second."""
    good: frozenset[Settings]
    """Those that do their work well."""
    allowed: float
    """Bytes beyond which a run fails for memory."""
    noise: tuple[float, float]
    """Standard deviations of the logarithms of need and speed."""

    @property
    def passing(self) -> list[OnFront]:
        """What passes, save what would only now and then."""
        safe = self.allowed * (1 - 3 * self.noise[0])
        return [
            OnFront(settings, need, speed, 1)
            for settings, (need, speed) in self.true.items()
            if settings in self.good and need <= safe
        ]

    def run(self, settings: Settings, luck: random.Random) -> Tried:
        need, speed = self.true[settings]
        need *= math.exp(luck.gauss(0, self.noise[0]))
        speed *= math.exp(luck.gauss(0, self.noise[1]))
        cause = None if settings in self.good else Cause.FUNCTION
        killed = need > self.allowed / (1 - HEADROOM)
        return Tried(
            settings,
            Cause.MEMORY if need > self.allowed else cause,
            min(need, self.allowed / (1 - HEADROOM)),
            None if killed or cause else speed,
        )


def program(seed: int, noise: tuple[float, float] = (0.005, 0.03)) -> Program:
    """Return one program, with something that passes for sure."""
    chance = random.Random(seed)
    made = _program(chance, noise)
    while not made.passing:
        made = _program(chance, noise)
    return made


def solved(search: Searching, made: Program, seed: int) -> tuple[Answer, list[Tried]]:
    """Let a search end, and return its answer with its runs."""
    luck, runs = random.Random(seed), list[Tried]()
    while isinstance(step := search.advance(runs), Step):
        runs.append(made.run(step.settings, luck))
        assert len(runs) < _ENDLESS, step.reason
    return step, runs


def _program(chance: random.Random, noise: tuple[float, float]) -> Program:
    shape = chance.choice(SHAPES)
    kinds = [Role.SIZE, Role.QUALITY, *(chance.choice(list(Role)[:2]) for _ in shape[2:])]
    knobs = [
        Knob(f"k{n}", tuple(range(size)), role=role)
        for n, (size, role) in enumerate(zip(shape, kinds, strict=True))
    ]
    logs = [_speeds(knob, chance) for knob in knobs]
    cores = chance.randrange(1, shape[0])
    logs[0] = [min(v, cores) * 0.6 - max(0, v - cores) * chance.choice((0, 0.1)) for v in range(4)]
    costs = [_sums(chance.choice(_STEPS_MIB) for _ in knob.values[1:]) for knob in knobs]
    gains = [
        _sums(chance.random() if knob.role is Role.QUALITY else 0.0 for _ in knob.values[1:])
        for knob in knobs
    ]
    together_mib, together = chance.choice((0, 0, 2, 8)), chance.choice((0, 0, 0.03))
    points = list(product(*(range(size) for size in shape)))
    quality = {p: sum(gains[k][v] for k, v in enumerate(p)) for p in points}
    asked = chance.choice(sorted(quality.values())[: len(points) * 4 // 5])
    true = {}
    for point in points:
        alone = sum(costs[k][v] for k, v in enumerate(point))
        speed = sum(logs[k][v] for k, v in enumerate(point)) + together * point[0] * point[-1]
        need = (60 + alone + together_mib * point[0] * point[1]) * MIB
        true[_settings(point)] = need, 5 * math.exp(speed)
    good = frozenset(_settings(p) for p in points if quality[p] >= asked)
    least = min(true[settings][0] for settings in good)
    return Program(Space(tuple(knobs)), true, good, least * chance.uniform(1.1, 2.5), noise)


def _speeds(knob: Knob, chance: random.Random) -> list[float]:
    if knob.role is Role.QUALITY:
        return _sums(-chance.choice(_SLOWDOWNS) for _ in knob.values[1:])
    return _sums(chance.choice(_SPEEDUPS) for _ in knob.values[1:])


def _sums(steps: Iterable[float]) -> list[float]:
    return [0.0, *accumulate(steps)]


def _settings(point: Sequence[int]) -> Settings:
    return Settings(tuple((f"k{n}", value) for n, value in enumerate(point)))
