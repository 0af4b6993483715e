"""The search for speed against trying everything, on programs whose speed is known."""

import random
import re

import pytest

from memtune.model import Cause, Knob, Settings, Space
from memtune.search.balanced import Balanced
from memtune.search.fastest import CHANCE, PATIENCE, Fastest
from memtune.search.front import fastest
from memtune.search.step import Answer, Step, Tried, noise_bytes
from tests.unit.search.made_up import MIB, Program, program, solved

CONFIRMATIONS = 8
WITHIN = 1.06
"""Speeds count as equal within 5 %, of medians of few runs."""


def is_right(made: Program, pick: Settings | None) -> bool:
    """Whether no setting that passes is clearly faster, nor is the fastest clearly leaner."""
    best = fastest(made.passing, made.space, 0.001)
    if pick is None:
        return False
    need, speed = made.true[pick]
    lean = need <= best.need_bytes + noise_bytes(best.need_bytes)
    return lean and speed * WITHIN >= best.speed_per_s


@pytest.mark.parametrize("first", [0, 25, 50, 75])
def test_the_pick_is_that_of_trying_everything_in_fewer_runs(first: int) -> None:
    right, runs, size = 0, 0, 0
    for seed in range(first, first + 25):
        made = program(seed)
        answer, executed = solved(Fastest(made.space, CONFIRMATIONS), made, seed + 1)
        right += is_right(made, answer.pick)
        runs += len(executed) - CONFIRMATIONS
        size += made.space.size

    assert right >= 22
    assert runs < 0.32 * size


def test_an_answer_accounts_for_every_settings_and_does_not_say_proven() -> None:
    made = program(3)

    answer, executed = solved(Fastest(made.space, CONFIRMATIONS), made, 4)

    tried = {run.settings for run in executed}
    assert len(tried) + sum(skip.count for skip in answer.skipped) == made.space.size
    assert sum(run.settings == answer.pick for run in executed) >= CONFIRMATIONS
    assert "not proven" in answer.why
    assert answer.runner_up in tried


@pytest.mark.parametrize("objective", [Fastest, Balanced])
def test_an_answer_says_what_chance_patience_left(objective: type[Fastest | Balanced]) -> None:
    # given a program whose speed nothing tells before it is executed
    space = Space((Knob("a", tuple(range(10))), Knob("b", tuple(range(10)))))

    def run(settings: Settings) -> Tried:
        speed = random.Random(str(settings)).uniform(5, 10)
        return Tried(settings, None, 100 * MIB, speed)

    # when the search ends because nothing was better for long
    search, runs = objective(space, 2), list[Tried]()
    while not isinstance(step := search.advance(runs), Answer):
        runs.append(run(step.settings))

    # then it does not say that none is expected to be faster, but what chance there is
    left = space.size - len({one.settings for one in runs})
    assert f"the last {PATIENCE} settings were no better; of {left} that" in step.why
    assert "expects none" not in step.why
    found = re.search(r"a chance of up to ([\d.]+) % to be faster", step.why)
    assert found is not None
    assert CHANCE <= float(found[1]) / 100 < 1
    assert step.skipped[-1].count == left
    assert step.skipped[-1].reason.startswith(f"may be faster with a chance of up to {found[1]} %")


def test_more_workers_than_cores_are_not_picked_though_their_role_is_size() -> None:
    # given workers of which two are best, each with memory of its own
    space = Space((Knob("workers", (1, 2, 4, 8)), Knob("cache", (0, 1))))
    speeds = {1: 4.2, 2: 8.0, 4: 7.8, 8: 7.0}

    def run(settings: Settings) -> Tried:
        workers, cache = (int(value) for _, value in settings)
        return Tried(settings, None, (60 + 35 * workers + cache) * MIB, speeds[workers])

    # when the fastest is searched
    search, runs = Fastest(space, 3), list[Tried]()
    while not isinstance(step := search.advance(runs), Answer):
        runs.append(run(step.settings))

    # then it is two, the first within the noise of the fastest, with the lesser cache
    assert step.pick == Settings((("workers", 2), ("cache", 0)))


def test_where_nothing_passes_the_answer_says_so() -> None:
    space = Space((Knob("workers", (1, 2, 4)),))
    search, runs = Fastest(space, 3), list[Tried]()

    while isinstance(step := search.advance(runs), Step):
        runs.append(Tried(step.settings, Cause.MEMORY, 900 * MIB))

    assert step.pick is None
    assert [run.settings.as_dict()["workers"] for run in runs] == [1, 2]


def test_a_lucky_run_is_not_what_counts() -> None:
    # given four settings of one speed, the dearest of which was lucky once
    space = Space((Knob("workers", (1, 2, 3, 4)),))
    search, runs = Fastest(space, 3), list[Tried]()

    while isinstance(step := search.advance(runs), Step):
        workers = int(step.settings.items[0][1])
        lucky = workers == 4 and not any(run.settings == step.settings for run in runs)
        need = (50 + 10 * workers) * MIB
        runs.append(Tried(step.settings, None, need, 13.0 if lucky else 10.0))

    assert step.pick == space.conservative


def test_programs_that_need_less_than_the_noise_are_searched_too() -> None:
    space = Space((Knob("a", tuple(range(8))), Knob("b", tuple(range(6)))))
    search, runs = Fastest(space, 2), list[Tried]()

    while isinstance(step := search.advance(runs), Step):
        a, b = (int(value) for _, value in step.settings)
        runs.append(Tried(step.settings, None, (0.6 + 0.01 * (a + b)) * MIB, 1.0 + a))

    assert step.pick is not None
