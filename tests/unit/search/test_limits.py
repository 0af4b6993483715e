"""A knob that limits memory fails in its own direction: with less of the others it may do."""

import random
from itertools import product

import pytest

from memtune.model import Cause, Knob, Role, Settings, Space
from memtune.search.dominance import Search
from memtune.search.step import Answer, Tried

MIB = 1024 * 1024
SPACE = Space(
    (
        Knob("heap", (128, 256, 512), role=Role.LIMIT),
        Knob("workers", (1, 2, 4, 8)),
        Knob("quality", (0, 1, 2)),
    )
)


def need_mib(workers: int, quality: int) -> int:
    return 40 + 25 * workers + 20 * quality


def executed(settings: Settings, good_enough: int, cap_mib: int) -> Tried:
    """What a run of these settings teaches, in a world where quality decides."""
    heap, workers, quality = (int(value) for _, value in settings)
    need = need_mib(workers, quality)
    if min(need, heap) > cap_mib:
        return Tried(settings, Cause.MEMORY, cap_mib * MIB)
    if need > heap:
        return Tried(settings, Cause.LIMIT, heap * MIB)
    return Tried(settings, None if quality >= good_enough else Cause.FUNCTION, need * MIB)


@pytest.mark.parametrize("good_enough", [0, 1, 2])
@pytest.mark.parametrize("cap_mib", [120, 200, 400])
def test_the_tightest_limit_that_does_is_picked(good_enough: int, cap_mib: int) -> None:
    search = Search(SPACE, confirmations=1)
    runs: list[Tried] = []
    while not isinstance(step := search.advance(runs), Answer):
        runs.append(executed(step.settings, good_enough, cap_mib))

    everything = [
        executed(Settings((("heap", h), ("workers", w), ("quality", q))), good_enough, cap_mib)
        for h, w, q in product(*(knob.values for knob in SPACE.knobs))
    ]
    passing = [tried for tried in everything if tried.cause is None]
    best = min(passing, key=lambda tried: (tried.need_bytes, everything.index(tried)))
    assert step.pick == best.settings
    assert step.pick.as_dict()["heap"] == 128


def test_hitting_a_limit_rules_out_only_what_has_no_more_room() -> None:
    # given eight workers that do not fit into a heap of 256
    search = Search(SPACE, confirmations=1)
    rng = random.Random(2)
    hit = Settings((("heap", 256), ("workers", 8), ("quality", 1)))
    runs = [Tried(hit, Cause.LIMIT, 256 * MIB)]

    # when the search goes on, then one worker in the same heap is still open
    seen = set()
    for _ in range(40):
        step = search.advance(runs)
        if isinstance(step, Answer):
            break
        seen.add(step.settings)
        runs.append(Tried(step.settings, Cause.FUNCTION, rng.randrange(50, 60) * MIB))

    assert Settings((("heap", 256), ("workers", 8), ("quality", 2))) not in seen
    assert Settings((("heap", 128), ("workers", 8), ("quality", 1))) not in seen
    assert any(dict(s)["heap"] == 512 for s in seen)
