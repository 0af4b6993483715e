"""The search for the knee against that of the whole front, on programs whose front is known."""

import pytest

from memtune.model import Cause, Knob, OnFront, Settings, Space
from memtune.search.balanced import Balanced
from memtune.search.front import above, front, knee
from memtune.search.step import Step, Tried, noise_bytes
from tests.unit.search.made_up import MIB, Program, program, solved

CONFIRMATIONS = 8
NEARLY = 0.1
"""Of the front's extent: how much lower a knee may lie and still be one."""


def is_right(made: Program, pick: Settings | None) -> bool:
    """Whether the pick is the knee of the true front, equals it within the noise, or is as good."""
    points = front(made.passing, 0.05)
    best = knee(points)
    if pick is None or best is None:
        return False
    own = OnFront(pick, *made.true[pick], 1)
    lean = own.need_bytes <= best.need_bytes + noise_bytes(best.need_bytes)
    if lean and own.speed_per_s * 1.06 >= best.speed_per_s:
        return True
    if above(best, points) > 0:
        return above(own, points) >= above(best, points) - NEARLY
    return own.speed_per_s / own.need_bytes >= 0.93 * best.speed_per_s / best.need_bytes


@pytest.mark.parametrize("first", [0, 25, 50, 75])
def test_the_pick_is_the_knee_of_all_settings_in_fewer_runs(first: int) -> None:
    right, runs, size = 0, 0, 0
    for seed in range(first, first + 25):
        made = program(seed)
        answer, executed = solved(Balanced(made.space, CONFIRMATIONS), made, seed + 1)
        right += is_right(made, answer.pick)
        runs += len(executed) - CONFIRMATIONS
        size += made.space.size

    assert right >= 22
    assert runs < 0.35 * size


def test_the_knee_is_where_workers_stop_to_help() -> None:
    # given workers that help much up to four, and little beyond
    space = Space((Knob("workers", (1, 2, 4, 6, 8)),))
    speeds = {1: 1.0, 2: 2.0, 4: 4.0, 6: 4.3, 8: 4.6}
    search, runs = Balanced(space, 3), list[Tried]()

    while isinstance(step := search.advance(runs), Step):
        workers = int(step.settings.items[0][1])
        runs.append(Tried(step.settings, None, (60 + 20 * workers) * MIB, speeds[workers]))

    assert step.pick == Settings((("workers", 4),))
    assert "knee of the front" in step.why


def test_where_nothing_passes_the_answer_says_so() -> None:
    space = Space((Knob("workers", (1, 2, 4)),))
    search, runs = Balanced(space, 3), list[Tried]()

    while isinstance(step := search.advance(runs), Step):
        runs.append(Tried(step.settings, Cause.MEMORY, 900 * MIB))

    assert step.pick is None


def test_a_single_settings_that_passes_is_the_answer() -> None:
    space = Space((Knob("workers", (1, 2)),))
    search, runs = Balanced(space, 3), list[Tried]()

    while isinstance(step := search.advance(runs), Step):
        fits = step.settings == space.conservative
        runs.append(Tried(step.settings, None if fits else Cause.MEMORY, 100 * MIB, 2.0))

    assert step.pick == space.conservative
    assert "no settings that passed are faster" in step.why
