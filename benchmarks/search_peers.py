"""Who searches: memtune, and what people do without it; each asks for runs and ends with a pick.

A contestant is a generator: it yields the settings to execute, is sent what the run taught, and
returns its pick.
"""

import random
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import product

from memtune.model import Settings, Space
from memtune.search.dominance import Search
from memtune.search.step import Step, Tried, noise_bytes

CONFIRMATIONS = 8
PATIENCE_SHARE = 0.1
PATIENCE_LEAST = 10
Exploring = Generator[Settings, Tried, None]
Searching = Generator[Settings, Tried, Settings | None]


@dataclass(frozen=True)
class Contestant:
    """A way to search."""

    name: str
    search: Callable[[Space, random.Random], Searching]
    replays_share: float = 1.0
    """How many of the replays it takes part in: the slow ones in few."""

    def count(self, replays: int) -> int:
        """Return how many of so many replays it takes part in."""
        return max(2, round(replays * self.replays_share))


def memtune(space: Space, luck: random.Random) -> Searching:
    """Ask memtune's own search, which confirms its pick itself."""
    del luck
    search = Search(space, CONFIRMATIONS)
    runs: list[Tried] = []
    while isinstance(step := search.advance(runs), Step):
        runs.append((yield step.settings))
    return step.pick


def confirmed(
    explore: Callable[[Space, random.Random], Exploring],
) -> Callable[[Space, random.Random], Searching]:
    """Let a peer explore by its own rule; then its best is repeated as memtune's is."""

    def search(space: Space, luck: random.Random) -> Searching:
        runs: list[Tried] = []
        exploring = explore(space, luck)
        asked = next(exploring, None)
        while asked is not None:
            runs.append((yield asked))
            try:
                asked = exploring.send(runs[-1])
            except StopIteration:
                break
        order = {settings: n for n, settings in enumerate(everything(space))}
        while (pick := best(runs, order)) is not None:
            if sum(run.settings == pick for run in runs) >= CONFIRMATIONS:
                return pick
            runs.append((yield pick))
        return None

    return search


def everything(space: Space) -> list[Settings]:
    """Return all settings, the most conservative first."""
    names = [knob.name for knob in space.knobs]
    return [
        Settings(tuple(zip(names, values, strict=True)))
        for values in product(*(knob.values for knob in space.knobs))
    ]


def best(runs: list[Tried], order: dict[Settings, int]) -> Settings | None:
    """Return what always passed with the least worst need; within noise the conservative one."""
    worst: dict[Settings, float] = {}
    failed = {run.settings for run in runs if run.cause is not None}
    for run in runs:
        if run.settings not in failed:
            worst[run.settings] = max(run.need_bytes or 0.0, worst.get(run.settings, 0.0))
    if not worst:
        return None
    least = min(worst.values())
    bar = least + noise_bytes(least)
    return min((each for each, need in worst.items() if need <= bar), key=order.__getitem__)


class Patience:
    """Ends what has no end of its own: once a tenth of the grid (10 runs or more) brought nothing
    better, after something passed."""

    def __init__(self, space: Space) -> None:
        self._most = max(PATIENCE_LEAST, round(PATIENCE_SHARE * space.size))
        self._least: float | None = None
        self._since = 0

    def lost(self, run: Tried) -> bool:
        """Take a run and return whether it is time to stop."""
        need = run.need_bytes or 0.0
        if run.cause is None and (self._least is None or need < self._least):
            self._least, self._since = need, 0
        else:
            self._since += 1
        return self._least is not None and self._since >= self._most


def grid(space: Space, luck: random.Random) -> Exploring:
    """Execute every setting once."""
    del luck
    for settings in everything(space):  # noqa: UP028  a list cannot be sent what was learnt
        yield settings


def scattered(space: Space, luck: random.Random) -> Exploring:
    """Execute settings at random, none twice, until patience is lost."""
    patience = Patience(space)
    for settings in luck.sample(everything(space), space.size):
        if patience.lost((yield settings)):
            return


def descent(space: Space, luck: random.Random) -> Exploring:
    """From settings that pass: all values of one knob after another, the best of them kept,
    until no knob brings anything better."""
    memory: dict[Settings, Tried] = {}
    start = yield from _passing(space, luck, memory)
    moved = start is not None
    here = start
    while moved and here is not None:
        moved = False
        for knob in space.knobs:
            line = [Settings.of(here.as_dict() | {knob.name: value}) for value in knob.values]
            for settings in line:
                if settings not in memory:
                    memory[settings] = yield settings
            passing = [memory[each] for each in line if memory[each].cause is None]
            least = min(passing, key=lambda run: run.need_bytes or 0.0)
            moved = moved or least.settings != here
            here = least.settings


def bisection(space: Space, luck: random.Random) -> Exploring:
    """From settings that pass: the smallest value of each knob in turn that still passes, found
    by halving."""
    memory: dict[Settings, Tried] = {}
    here = yield from _passing(space, luck, memory)
    if here is None:
        return
    for knob in space.knobs:
        low, high = -1, knob.values.index(here.as_dict()[knob.name])
        while high - low > 1:
            middle = (low + high) // 2
            settings = Settings.of(here.as_dict() | {knob.name: knob.values[middle]})
            if settings not in memory:
                memory[settings] = yield settings
            low, high = (low, middle) if memory[settings].cause is None else (middle, high)
        here = Settings.of(here.as_dict() | {knob.name: knob.values[high]})


def _passing(
    space: Space, luck: random.Random, memory: dict[Settings, Tried]
) -> Generator[Settings, Tried, Settings | None]:
    """The first settings that pass: all knobs turned up together, then anything."""
    for settings in _starts(space, luck):
        if settings not in memory:
            memory[settings] = yield settings
        if memory[settings].cause is None:
            return settings
    return None


def _starts(space: Space, luck: random.Random) -> Iterator[Settings]:
    longest = max(len(knob.values) for knob in space.knobs)
    for n in range(longest):
        share = n / max(1, longest - 1)
        yield Settings(
            tuple((k.name, k.values[round(share * (len(k.values) - 1))]) for k in space.knobs)
        )
    yield from luck.sample(everything(space), space.size)


PEERS = (
    Contestant("memtune", memtune),
    Contestant("exhaustive grid", confirmed(grid)),
    Contestant("random", confirmed(scattered)),
    Contestant("coordinate descent", confirmed(descent)),
    Contestant("bisection per knob", confirmed(bisection)),
)
