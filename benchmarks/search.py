"""How many runs a search takes, and how often its pick is wrong: memtune beside its peers."""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from statistics import median, quantiles
from typing import TypeVar

from benchmarks.machine import description
from benchmarks.search_face import family as recorded
from benchmarks.search_least import fewest
from benchmarks.search_peers import CONFIRMATIONS, PEERS, Contestant
from benchmarks.search_worlds import FAMILIES, MIB, Family, World
from memtune.model import Cause, Knob, Settings, Space
from memtune.search.dominance import Search
from memtune.search.step import Step, Tried

REPLAYS = 100
LARGE = (10, 10, 10, 10)
TOLD = (0, 1, 10, 100)
SEED = 7
_MOST_RUNS = 20_000
T = TypeVar("T")


@dataclass(frozen=True)
class Ended:
    """One search."""

    runs: int
    right: bool


@dataclass(frozen=True)
class Score:
    """All searches of one contestant in one family."""

    ended: tuple[Ended, ...]

    def __str__(self) -> str:
        runs = [one.runs for one in self.ended]
        wrong = sum(not one.right for one in self.ended) / len(self.ended)
        return f"{median(runs):.0f} / {quantiles(runs, n=10)[-1]:.0f}, {100 * wrong:.3g} %"


def searched(world: World, contestant: Contestant, luck: random.Random) -> Ended:
    """Execute what a contestant asks for until it has a pick."""
    searching = contestant.search(world.space, luck)
    runs = 0
    try:
        asked = next(searching)
        while runs < _MOST_RUNS:
            runs += 1
            asked = searching.send(world.draw(asked, luck))
    except StopIteration as end:
        return Ended(runs, end.value in world.right)
    raise AssertionError(f"{contestant.name} does not end")


def score(family: Family, contestant: Contestant, replays: int) -> Score:
    """Search one world after another; worlds and luck are the same each time."""
    return Score(
        tuple(
            searched(
                family.world(random.Random(f"{SEED} {family.name} {n}")),
                contestant,
                random.Random(n),
            )
            for n in range(contestant.count(replays))
        )
    )


def table(
    families: Iterable[Family], contestants: Sequence[Contestant], replays: int
) -> Iterator[str]:
    """Yield the lines of the table as they come about."""
    yield f"| family | {' | '.join(one.name for one in contestants)} |"
    yield "|---" * (len(contestants) + 1) + "|"
    for family in families:
        scores = [str(score(family, one, replays)) for one in contestants]
        yield f"| {family.name} | {' | '.join(scores)} |"


def least(families: Iterable[Family], replays: int) -> Iterator[str]:
    """Yield the lines of a table: the fewest runs that prove the picks, and those that confirm
    them, in the same programs."""
    yield "| family | median | 90 % within |\n|---|---|---|"
    for family in families:
        worlds = (family.world(random.Random(f"{SEED} {family.name} {n}")) for n in range(replays))
        found = [CONFIRMATIONS + count for one in worlds if (count := fewest(one)) is not None]
        unproven = "" if len(found) == replays else f" ({replays - len(found)} cannot be proven)"
        within = quantiles(found, n=10)[-1]
        yield f"| {family.name}{unproven} | {median(found):.0f} | {within:.0f} |"


def speed(sizes: Sequence[int]) -> Iterator[str]:
    """Yield the lines of a table: how long the next trial takes to choose in one search."""
    space = Space(tuple(Knob(f"k{n}", tuple(range(size))) for n, size in enumerate(sizes)))
    _, loaded = _timed(lambda: import_module("scipy.special"))
    search, built = _timed(lambda: Search(space, CONFIRMATIONS))
    runs: list[Tried] = []
    taken: list[float] = []
    while True:
        step, seconds = _timed(lambda: search.advance(runs))
        taken.append(1000 * seconds)
        if not isinstance(step, Step):
            break
        runs.append(_large(step.settings, sizes))
    told = [n for n in TOLD if n < len(taken)]
    heads = [*(f"{n} runs told" for n in told), f"longest of {len(runs)}"]
    heads += ["building the space", "loading numpy and scipy once"]
    cells = [*(taken[n] for n in told), max(taken), 1000 * built, 1000 * loaded]
    yield f"| {space.size:,} settings | {' | '.join(heads)} |"
    yield "|---" * (len(heads) + 1) + "|"
    yield f"| ms | {' | '.join(f'{cell:.0f}' for cell in cells)} |"


def _large(settings: Settings, sizes: Sequence[int]) -> Tried:
    """What a run teaches of a space of any size: all knobs cost, and the work asks for a mix."""
    point = [int(value) for _, value in settings]
    cost = sum((k + 2) * value for k, value in enumerate(point))
    works = sum((k % 3 + 1) * value for k, value in enumerate(point)) >= 0.7 * sum(sizes)
    return Tried(settings, None if works else Cause.FUNCTION, (100 + cost) * MIB)


def main(words: list[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search")
    parser.add_argument("--replays", type=int, default=REPLAYS, help="searches of each cell")
    parser.add_argument("--speed", action="store_true", help="print the last table alone")
    asked = parser.parse_args(words)
    if asked.speed:
        print(f"{description()}\n")
        print("\n".join(speed(LARGE)))
        return 0
    replays = max(2, asked.replays)
    try:
        from benchmarks.search_optuna import PEERS as OPTUNA
    except ModuleNotFoundError:
        print('Optuna is missing: pip install -e ".[benchmarks]"', file=sys.stderr)
        return 1
    print(f"{description()}\n")
    contestants = (*PEERS, *OPTUNA)
    for line in table((recorded(), *FAMILIES), contestants, replays):
        print(line, flush=True)
    few = [
        f"{one.name} {one.count(replays)}" for one in contestants if one.count(replays) < replays
    ]
    print(f"\n{replays} searches of each cell; {', '.join(few)}.\n")
    for line in least((recorded(), *FAMILIES), replays):
        print(line, flush=True)
    print()
    print("\n".join(speed(LARGE)))
    return 0


def _timed(make: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    made = make()
    return made, time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
