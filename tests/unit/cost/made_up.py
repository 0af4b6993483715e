"""Needs by a formula, with noise that is the same every time."""

import random
from collections.abc import Callable, Iterable
from itertools import product

from memtune.cost.seen import Seen
from memtune.model import Knob, Scalar, Settings, Space
from memtune.units import MIB

SPACE = Space(
    (
        Knob("workers", (1, 2, 4, 8)),
        Knob("side", (320, 640, 1200)),
        Knob("engine", ("lean", "full")),
        Knob("cache", (250, 500, 2000)),
        Knob("threads", (1, "unlimited")),
    )
)
START = SPACE.conservative
Need = Callable[..., float]


def need(workers: int, side: int, engine: str, cache: int, threads: Scalar) -> float:
    """69 MiB, 5 a worker, 20 a megapixel and worker, 80 for an engine, 1 KiB a cache entry."""
    del threads
    pixels = workers * 20 * side**2 / 1e6
    return 69 + 5 * workers + pixels + 80 * (engine == "full") + cache / 1024


def seen(
    settings: Iterable[Settings], formula: Need = need, noise: float = 0.002, runs: int = 1
) -> list[Seen]:
    """What runs of these settings would show."""
    chance = random.Random(1)
    return [
        Seen(
            one,
            tuple(
                formula(**one.as_dict()) * MIB * (1 + chance.gauss(0, noise)) for _ in range(runs)
            ),
        )
        for one in dict.fromkeys(settings)
    ]


def every(space: Space = SPACE) -> list[Settings]:
    """All settings of a space."""
    names = [knob.name for knob in space.knobs]
    points = product(*(knob.values for knob in space.knobs))
    return [Settings(tuple(zip(names, point, strict=True))) for point in points]


def alone(space: Space = SPACE) -> list[Settings]:
    """The bill's own settings, and each knob turned alone to each value."""
    own = START.as_dict()
    return [
        START,
        *(Settings.of(own | {k.name: value}) for k in space.knobs for value in k.values[1:]),
    ]
