"""The search on made-up spaces, held against trying everything."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from math import prod

import pytest

from memtune.model import Cause, Knob, Role, Settings, Space
from memtune.search.dominance import Search
from memtune.search.step import NOISE_BYTES, NOISE_SHARE, Answer, Step, Tried

MIB = 1024 * 1024
Point = tuple[int, ...]


@dataclass(frozen=True)
class World:
    """A space whose needs grow with every knob, and where function needs enough of each."""

    sizes: Point
    need: dict[Point, float]
    functional: dict[Point, bool]
    allowed: float

    @property
    def space(self) -> Space:
        return Space(tuple(Knob(f"k{n}", tuple(range(size))) for n, size in enumerate(self.sizes)))

    def cause(self, point: Point) -> Cause | None:
        if self.need[point] > self.allowed:
            return Cause.MEMORY
        return None if self.functional[point] else Cause.FUNCTION

    def tried(self, settings: Settings) -> Tried:
        point = tuple(int(value) for _, value in settings)
        return Tried(settings, self.cause(point), min(self.need[point], self.allowed))

    def exhaustive(self) -> Settings | None:
        """Least need; within noise the nearest to the conservative end, in order of priority."""
        passing = [point for point in self.need if self.cause(point) is None]
        if not passing:
            return None
        least = min(self.need[point] for point in passing)
        bar = least + max(NOISE_BYTES, NOISE_SHARE * least)
        pick = min(point for point in passing if self.need[point] <= bar)
        return Settings(tuple((f"k{n}", value) for n, value in enumerate(pick)))


def world(chance: random.Random) -> World:
    """Up to six knobs; needs with interactions; enough of some combination is functional."""
    sizes = tuple(chance.randint(1, 5) for _ in range(chance.choice([1, 2, 3, 4, 5, 5, 6, 6])))
    while prod(sizes) > 500:
        sizes = sizes[1:]
    points = list(product(*(range(size) for size in sizes)))
    steps = [[chance.choice([0, 0.2, 1, 5, 20]) * MIB for _ in range(5)] for _ in sizes]
    pairs = {
        (a, b): chance.choice([0, 0, 0.5, 8]) * MIB
        for a in range(len(sizes))
        for b in range(a)
        if chance.random() < 0.5
    }

    def need(point: Point) -> float:
        alone = sum(sum(steps[k][:value]) for k, value in enumerate(point))
        return 30 * MIB + alone + sum(cost * point[a] * point[b] for (a, b), cost in pairs.items())

    needs = {point: need(point) for point in points}
    corners = chance.sample(points, min(len(points), chance.randint(1, 4)))
    functional = {
        point: any(all(a >= b for a, b in zip(point, corner, strict=True)) for corner in corners)
        for point in points
    }
    return World(sizes, needs, functional, chance.choice(sorted(needs.values())))


@dataclass
class Course:
    """A whole search: its runs, the reason of each, its answer."""

    runs: list[Tried] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    answer: Answer | None = None

    @property
    def tried(self) -> set[Settings]:
        return {run.settings for run in self.runs}


def searched(
    search: Search, execute: Callable[[Settings], Tried], earlier: Sequence[Tried] = ()
) -> tuple[Course, Answer]:
    course = Course(list(earlier))
    while isinstance(step := search.advance(course.runs), Step):
        course.reasons.append(step.reason)
        course.runs.append(execute(step.settings))
        assert len(course.runs) < 50_000, "the search does not end"
    return course, step


WORLDS = [world(random.Random(seed)) for seed in range(300)]
CONFIRMATIONS = 3


@cache
def course_of(seed: int) -> tuple[Course, Answer]:
    here = WORLDS[seed]
    return searched(Search(here.space, CONFIRMATIONS), here.tried)


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_the_pick_is_the_one_of_trying_everything(first: int) -> None:
    for seed, here in enumerate(WORLDS[first : first + 50], first):
        _, answer = course_of(seed)

        assert answer.pick == here.exhaustive(), f"world {seed}"


def test_tried_and_skipped_settings_make_up_the_space() -> None:
    for seed, here in enumerate(WORLDS):
        course, answer = course_of(seed)

        skipped = sum(part.count for part in answer.skipped)
        assert skipped + len(course.tried) == here.space.size, f"world {seed}"
        assert all(part.count > 0 and part.reason for part in answer.skipped)


def test_every_run_has_a_reason_and_every_answer_a_why() -> None:
    for seed in range(len(WORLDS)):
        course, answer = course_of(seed)

        assert all(course.reasons)
        assert answer.why


def test_far_fewer_settings_are_tried_than_there_are() -> None:
    shares = [
        len(course_of(seed)[0].tried) / here.space.size
        for seed, here in enumerate(WORLDS)
        if here.space.size >= 200
    ]

    assert len(shares) > 50
    assert sum(shares) / len(shares) < 0.20
    assert max(shares) < 0.30


def test_nothing_is_tried_twice_but_the_pick_and_what_needs_hardly_less() -> None:
    for seed, here in enumerate(WORLDS):
        course, answer = course_of(seed)

        twice = {r.settings for n, r in enumerate(course.runs) if r in course.runs[:n]}
        times = sum(run.settings == answer.pick for run in course.runs)
        if answer.pick is None or twice <= {answer.pick}:
            assert times == (0 if answer.pick is None else CONFIRMATIONS), f"world {seed}"
            continue
        pick = here.tried(answer.pick).need_bytes or 0.0
        rivals = [here.tried(each).need_bytes or 0.0 for each in twice - {answer.pick}]
        assert times >= CONFIRMATIONS
        assert all(need < 0.995 * pick for need in rivals), f"world {seed}"


def test_the_next_step_depends_on_nothing_but_the_runs_so_far() -> None:
    for seed, here in enumerate(WORLDS[:40]):
        course, answer = course_of(seed)

        for made in range(len(course.runs) + 1):
            fresh = Search(here.space, CONFIRMATIONS).advance(course.runs[:made])
            if made == len(course.runs):
                assert fresh == answer
            else:
                assert isinstance(fresh, Step)
                assert fresh.settings == course.runs[made].settings
                assert fresh.reason == course.reasons[made]


def test_a_search_that_goes_on_ends_as_one_that_was_never_interrupted() -> None:
    chance = random.Random(3)
    for seed, here in enumerate(WORLDS[:100]):
        whole, answer = course_of(seed)

        earlier = whole.runs[: chance.randint(0, len(whole.runs))]
        again, same = searched(Search(here.space, CONFIRMATIONS), here.tried, earlier)

        assert again.runs == whole.runs
        assert same == answer


# Single stories


def space(**knobs: Sequence[int]) -> Space:
    return Space(tuple(Knob(name, tuple(values)) for name, values in knobs.items()))


def settings(**values: int) -> Settings:
    return Settings(tuple(values.items()))


def test_the_most_conservative_settings_come_first() -> None:
    step = Search(space(a=(1, 2), b=(5, 6)), 1).advance([])

    assert step == Step(settings(a=1, b=5), "the most conservative settings")


def test_where_the_most_conservative_settings_pass_nothing_else_is_tried() -> None:
    search = Search(space(a=range(8), b=range(8)), 3)

    course, answer = searched(search, lambda asked: Tried(asked, None, 50 * MIB))

    assert course.tried == {settings(a=0, b=0)}
    assert course.reasons[1:] == [
        "confirms the pick, 2 of 3 to go",
        "confirms the pick, 1 of 3 to go",
    ]
    assert answer.pick == settings(a=0, b=0)
    assert answer.runner_up is None
    assert answer.why == "the most conservative settings of the space pass"
    assert [part.count for part in answer.skipped] == [63]


def test_where_the_most_conservative_settings_need_too_much_nothing_passes() -> None:
    search = Search(space(a=range(8), b=range(8)), 3)

    course, answer = searched(search, lambda asked: Tried(asked, Cause.MEMORY, 50 * MIB))

    assert [run.settings for run in course.runs] == [
        settings(a=0, b=0),
        settings(a=1, b=0),
        settings(a=0, b=1),
    ]
    assert (answer.pick, answer.runner_up) == (None, None)
    assert answer.why == "nothing in the space passes"
    assert "needed too much" in answer.skipped[0].reason


@pytest.mark.parametrize("good", [1, 3])
def test_where_only_the_conservative_end_needs_too_much_the_search_goes_on(good: int) -> None:
    """Given a knob whose least value needs most, and work that takes some of the other knob."""

    def execute(asked: Settings) -> Tried:
        a, b = (int(value) for _, value in asked)
        need = ((200, 90, 60, 70)[a] + 5 * b) * MIB
        if need > 150 * MIB:
            return Tried(asked, Cause.MEMORY, 170 * MIB)
        return Tried(asked, None if b >= good else Cause.FUNCTION, need)

    course, answer = searched(Search(space(a=range(4), b=range(4)), 4), execute)

    assert any("whether more of a knob needs less" in reason for reason in course.reasons)
    assert answer.pick == settings(a=2, b=good)


def test_a_limit_is_not_looked_beyond_where_the_conservative_end_needs_too_much() -> None:
    knobs = (Knob("heap", (128, 256), role=Role.LIMIT), Knob("workers", (1, 2)))
    search = Search(Space(knobs), 3)

    course, answer = searched(search, lambda asked: Tried(asked, Cause.MEMORY, 50 * MIB))

    assert [str(run.settings) for run in course.runs] == [
        "heap=128 workers=1",
        "heap=128 workers=2",
    ]
    assert answer.pick is None


def test_where_nothing_works_the_most_generous_settings_prove_it() -> None:
    search = Search(space(a=range(4), b=range(4)), 3)

    course, answer = searched(search, lambda asked: Tried(asked, Cause.FUNCTION, 50 * MIB))

    assert settings(a=3, b=3) in course.tried
    assert answer.pick is None
    assert len(course.runs) < 16


def test_a_pick_that_fails_its_confirmation_is_dropped_and_the_search_goes_on() -> None:
    # Given settings a=1 that pass once and then do their work badly
    flaky = settings(a=1)
    count = 0

    def execute(asked: Settings) -> Tried:
        nonlocal count
        count += asked == flaky
        value = int(asked.as_dict()["a"])
        works = value >= 2 or (asked == flaky and count == 1)
        return Tried(asked, None if works else Cause.FUNCTION, (50 + 10 * value) * MIB)

    # When the space is searched
    course, answer = searched(Search(space(a=range(4)), 4), execute)

    # Then the next best is confirmed in its place
    assert answer.pick == settings(a=2)
    assert [run.settings for run in course.runs].count(settings(a=2)) == 4
    assert count == 2
    assert answer.runner_up != flaky


@pytest.mark.parametrize("cause", [Cause.MEMORY, Cause.FUNCTION])
def test_flaky_settings_never_win_however_late_they_fail(cause: Cause) -> None:
    for fails_at in range(2, 9):
        passes = 0

        def execute(asked: Settings, fails_at: int = fails_at) -> Tried:
            nonlocal passes
            passes += 1
            return Tried(asked, cause if passes == fails_at else None, 50 * MIB)

        course, answer = searched(Search(space(a=(0,)), 8), execute)

        assert answer.pick is None
        assert len(course.runs) == fails_at


def test_of_needs_within_noise_the_most_conservative_is_picked() -> None:
    # Given settings that trade one knob for the other, at almost the same need
    needs = {(0, 2): 101, (1, 1): 100.2, (2, 0): 100}

    def execute(asked: Settings) -> Tried:
        point = (int(asked.as_dict()["a"]), int(asked.as_dict()["b"]))
        functional = sum(point) >= 2
        need = needs.get(point, 100 + 5 * sum(point)) * MIB
        return Tried(asked, None if functional else Cause.FUNCTION, need if functional else MIB)

    _, answer = searched(Search(space(a=range(3), b=range(3)), 2), execute)

    # Then the first knob decides
    assert answer.pick == settings(a=0, b=2)
    assert answer.runner_up == settings(a=1, b=1)


def test_a_need_beyond_noise_beats_the_conservative_end() -> None:
    def execute(asked: Settings) -> Tried:
        a, b = (int(value) for _, value in asked)
        return Tried(asked, None if a + b >= 2 else Cause.FUNCTION, (100 + a + 20 * b) * MIB)

    _, answer = searched(Search(space(a=range(3), b=range(3)), 2), execute)

    assert answer.pick == settings(a=2, b=0)
    assert answer.why.startswith("least need of the")


def test_settings_that_cannot_beat_the_best_pass_are_skipped_with_the_figures() -> None:
    def execute(asked: Settings) -> Tried:
        a, b = (int(value) for _, value in asked)
        works = b >= 1 or a >= 3
        return Tried(asked, None if works else Cause.FUNCTION, (50 + 100 * a + b) * MIB)

    _, answer = searched(Search(space(a=range(8), b=range(2)), 1), execute)

    assert answer.pick == settings(a=0, b=1)
    reasons = " / ".join(part.reason for part in answer.skipped)
    assert "which passed" in reasons


def test_runs_without_evidence_are_as_if_they_had_not_been_made() -> None:
    search = Search(space(a=range(4)), 2)
    silent = Tried(settings(a=0), Cause.NO_EVIDENCE, None)
    passed = Tried(settings(a=0), None, 50 * MIB)

    assert search.advance([silent]) == search.advance([])
    assert search.advance([passed, silent, silent]) == search.advance([passed])


def test_all_repeated_needs_count() -> None:
    """A pick whose second run needs much more is overtaken by its rival."""
    search = Search(space(a=range(2), b=range(2)), 2)
    runs = [
        Tried(settings(a=0, b=0), Cause.FUNCTION, 10 * MIB),
        Tried(settings(a=0, b=1), None, 100 * MIB),
        Tried(settings(a=1, b=0), None, 110 * MIB),
    ]
    assert search.advance(runs) == Step(settings(a=0, b=1), "confirms the pick, 1 of 2 to go")

    runs.append(Tried(settings(a=0, b=1), None, 150 * MIB))

    assert search.advance(runs) == Step(settings(a=1, b=0), "confirms the pick, 1 of 2 to go")


def dipping(asked: Settings, dip: Sequence[int] = (140, 110, 80, 110)) -> Tried:
    """Given a knob that needs least at its third value, and work that takes enough of both."""
    a, b = (int(value) for _, value in asked)
    return Tried(asked, None if a + b >= 3 else Cause.FUNCTION, (dip[a] + 10 * b) * MIB)


def test_where_less_is_seen_to_need_more_it_is_believed_and_the_search_goes_on() -> None:
    course, answer = searched(Search(space(a=range(4), b=range(4)), 4), dipping)

    # then what monotone needs would have ruled out is found: 80 + 10 MiB
    assert answer.pick == settings(a=2, b=1)
    assert [run.settings for run in course.runs].count(settings(a=2, b=1)) == 4
    assert any("needs more where there is less of it" in reason for reason in course.reasons)
    assert sum(part.count for part in answer.skipped) + len(course.tried) == 16


def test_one_run_that_needed_more_by_chance_is_repeated_and_not_believed() -> None:
    first = set[Settings]()

    def execute(asked: Settings) -> Tried:
        exact = dipping(asked, (80, 90, 100, 110))
        by_chance = asked == settings(a=0, b=0) and asked not in first
        first.add(asked)
        return Tried(asked, exact.cause, 300 * MIB if by_chance else exact.need_bytes)

    course, answer = searched(Search(space(a=range(4), b=range(4)), 4), execute)

    # then the one run does not rule out all that is more generous
    assert [run.settings for run in course.runs].count(settings(a=0, b=0)) == 2
    assert answer.pick == settings(a=0, b=3)


def test_noisy_needs_still_end_with_a_confirmed_pick() -> None:
    for seed, here in enumerate(WORLDS[:60]):
        chance = random.Random(seed)

        def execute(asked: Settings, here: World = here, chance: random.Random = chance) -> Tried:
            exact = here.tried(asked)
            assert exact.need_bytes is not None
            need = exact.need_bytes * chance.uniform(0.95, 1.05)
            return Tried(asked, exact.cause, need)

        course, answer = searched(Search(here.space, 4), execute)

        if here.exhaustive() is None:
            assert answer.pick is None
        else:
            assert answer.pick is not None
            assert [run.settings for run in course.runs].count(answer.pick) >= 4
