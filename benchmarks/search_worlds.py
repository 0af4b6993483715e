"""Made-up programs to search, of which it is known what each of their settings truly needs."""

import math
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, product
from statistics import quantiles

from memtune.model import Cause, Knob, Settings, Space
from memtune.search.step import Tried, noise_bytes

MIB = 1024 * 1024
SIZES: Mapping[int, tuple[int, ...]] = {
    48: (2, 4, 6),
    120: (2, 3, 4, 5),
    256: (4, 4, 4, 4),
    576: (3, 4, 6, 8),
    1000: (10, 10, 10),
}
HEADROOM = 0.1
_STEPS_MIB = (0, 0.2, 1, 5, 20)
_PAIRS_MIB = (0, 0, 0.5, 4)
_FACTORS = (0, 0.003, 0.02, 0.08, 0.3)
_CLIFF_MIB = 150
Point = tuple[int, ...]


@dataclass(frozen=True)
class World:
    """One program: a recorded grid is another way to make one."""

    space: Space
    draw: Callable[[Settings, random.Random], Tried]
    """What one run of these settings teaches."""
    right: frozenset[Settings]
    """What may be picked: passes, and needs as little as the best within the noise."""


@dataclass(frozen=True)
class Family:
    """Programs of one kind; a seed makes one."""

    name: str
    world: Callable[[random.Random], World]


@dataclass(frozen=True)
class Kind:
    """How the needs of a family go."""

    name: str
    noise: float
    """Deviation of the logarithm of a need from run to run."""
    cliff: bool = False
    """From one value of one knob on, and of a second, all of it needs 150 MiB more."""
    dip: bool = False
    """The dearest knob needs least somewhere between its ends."""
    factors: bool = False
    """Each step of a knob makes everything dearer by a share, not by so many MiB."""
    bottleneck: bool = False
    """The work is as good as the worst knob lets it be: none makes up for another."""

    def of(self, size: int) -> Family:
        """Return the family of spaces of this size."""
        return Family(f"{self.name}, {size} settings", partial(_world, self, SIZES[size]))


def right(needs: Mapping[Settings, float]) -> frozenset[Settings]:
    """Return those that need as little as the best, given the true needs of all that pass: no
    more than memtune's noise of 1 MiB or 2 % above it, however noisy the program is."""
    least = min(needs.values())
    bar = least + noise_bytes(least)
    return frozenset(settings for settings, need in needs.items() if need <= bar)


def _world(kind: Kind, sizes: Point, chance: random.Random) -> World:
    space = Space(tuple(Knob(f"k{n}", tuple(range(size))) for n, size in enumerate(sizes)))
    points = list(product(*(range(size) for size in sizes)))
    needs = _needs(kind, sizes, points, chance)
    works = _works(kind, sizes, points, chance)
    least = min(need for point, need in needs.items() if works[point])
    allowed = least * chance.uniform(1.05 + 4 * kind.noise, 2.5)
    true = {_settings(point): needs[point] for point in points}
    good = {_settings(point) for point in points if works[point]}

    def draw(settings: Settings, luck: random.Random) -> Tried:
        need = true[settings] * math.exp(luck.gauss(0, kind.noise))
        cause = None if settings in good else Cause.FUNCTION
        return Tried(
            settings,
            Cause.MEMORY if need > allowed else cause,
            min(need, allowed / (1 - HEADROOM)),
        )

    passing = {each: need for each, need in true.items() if each in good and need <= allowed}
    return World(space, draw, right(passing))


def _settings(point: Point) -> Settings:
    return Settings(tuple((f"k{n}", value) for n, value in enumerate(point)))


def _needs(
    kind: Kind, sizes: Point, points: list[Point], chance: random.Random
) -> dict[Point, float]:
    """The true needs: each step of a knob costs something, and some pairs of knobs together."""
    if kind.factors:
        logs = [_sums(chance.choice(_FACTORS) for _ in range(size - 1)) for size in sizes]
        return {p: 60 * MIB * math.exp(sum(logs[k][v] for k, v in enumerate(p))) for p in points}
    steps = [_sums(chance.choice(_STEPS_MIB) for _ in range(size - 1)) for size in sizes]
    pairs = {(a, b): chance.choice(_PAIRS_MIB) for a in range(len(sizes)) for b in range(a)}
    if kind.dip:
        dipping = chance.choice([k for k, size in enumerate(sizes) if size > 2])
        lowest = chance.randrange(1, sizes[dipping] - 1)
        depth = chance.uniform(10, 40)
        steps[dipping] = [depth * abs(value - lowest) for value in range(sizes[dipping])]
    first, second = chance.sample(range(len(sizes)), 2)
    edge = chance.randrange(1, sizes[first]), chance.randrange(1, sizes[second])

    def need(point: Point) -> float:
        alone = sum(steps[k][value] for k, value in enumerate(point))
        together = sum(cost * point[a] * point[b] for (a, b), cost in pairs.items())
        over = kind.cliff and point[first] >= edge[0] and point[second] >= edge[1]
        return (60 + alone + together + _CLIFF_MIB * over) * MIB

    return {point: need(point) for point in points}


def _works(
    kind: Kind, sizes: Point, points: list[Point], chance: random.Random
) -> dict[Point, bool]:
    """Whether the work is well done: with enough of all knobs together, one for another, or with
    enough of each."""
    gains = [_sums(chance.uniform(0, 1) / (step + 1) for step in range(size - 1)) for size in sizes]
    together = min if kind.bottleneck else sum
    quality = {p: together(gains[k][value] for k, value in enumerate(p)) for p in points}
    asked = chance.choice(quantiles(quality.values(), n=10)[2:8])
    if kind.bottleneck:
        asked = max(asked, min(done for done in quality.values() if done))
    return {point: done >= asked for point, done in quality.items()}


def _sums(steps: Iterable[float]) -> list[float]:
    return [0.0, *accumulate(steps)]


KINDS = (
    Kind("monotone, noise 0.5 %", 0.005),
    Kind("monotone, noise 2 %", 0.02),
    Kind("monotone, noise 5 %", 0.05),
    Kind("cliff, noise 0.5 %", 0.005, cliff=True),
    Kind("a knob not monotone, noise 0.5 %", 0.005, dip=True),
    Kind("costs multiply, noise 0.5 %", 0.005, factors=True),
    Kind("the worst knob decides, noise 0.5 %", 0.005, factors=True, bottleneck=True),
)
FAMILIES = (
    *(KINDS[0].of(size) for size in (48, 120, 256, 576)),
    *(kind.of(size) for kind in KINDS[1:5] for size in (256, 576)),
    *(kind.of(size) for kind in KINDS[5:] for size in (256, 1000)),
)
