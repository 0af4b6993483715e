"""The fewest runs that prove a pick, for who knows the answer: what any search that proves could
reach at best, and none will."""

import random
from statistics import median

from benchmarks.search_worlds import World
from memtune.model import Cause
from memtune.search.lattice import Lattice
from memtune.search.step import Tried, noise_bytes

_DRAWN = 3


def fewest(world: World) -> int | None:
    """Return how many settings have to be executed, beside the pick, so that each of the others is
    ruled out by the order of the space; None where that takes more than the order.

    The covering is greedy, see ``memtune.search.promise``: it may be above the true minimum.
    """
    lattice = Lattice(world.space)
    luck = random.Random(0)
    runs = {
        n: [world.draw(each, luck) for _ in range(_DRAWN)]
        for n, each in enumerate(lattice.settings)
    }
    need = {n: median(run.need_bytes or 0.0 for run in each) for n, each in runs.items()}
    right = [n for n, each in enumerate(lattice.settings) if each in world.right]
    pick = min(right, key=need.__getitem__)
    bar = need[pick] + noise_bytes(need[pick])
    left = lattice.all & ~lattice.up[pick]
    for n in right:
        left &= ~(1 << n)
    covers = {n: _ruled_out(lattice, n, each, need[n] > bar) for n, each in runs.items()}
    count = 0
    while left:
        best = max(covers.values(), key=lambda mask: (mask & left).bit_count())
        if not best & left:
            return None
        left &= ~best
        count += 1
    return count


def _ruled_out(lattice: Lattice, n: int, runs: list[Tried], dear: bool) -> int:
    cause = next((run.cause for run in runs if run.cause is not None), None)
    mask = 1 << n
    if dear or cause in (None, Cause.MEMORY):
        mask |= lattice.up[n]
    if cause is Cause.FUNCTION:
        mask |= lattice.down[n]
    if cause is Cause.LIMIT:
        mask |= lattice.tighter[n]
    return mask
