"""Which settings a bill is told from."""

from itertools import islice

from memtune.model import Knob, Role, Settings, Space
from memtune.search.design import BLOCK, middles, scattered, screening, wide

SPACE = Space(
    (
        Knob("heap", (128, 256, "unlimited"), role=Role.LIMIT),
        Knob("workers", (1, 2, 4, 8)),
        Knob("engine", ("lean", "full")),
        Knob("kind", ("thread",)),
    )
)
START = wide(SPACE, SPACE.conservative)


def test_limits_are_held_wide_so_that_they_end_no_run() -> None:
    assert START.as_dict() == {
        "heap": "unlimited",
        "workers": 1,
        "engine": "lean",
        "kind": "thread",
    }


def test_each_knob_is_turned_alone_to_its_far_end_and_the_bills_own_are_repeated() -> None:
    planned = [one.settings for one in screening(SPACE, START, 40)]

    turned = ["heap=128", "workers=8", "engine=full"]
    expected = ["", *turned, "", *turned, ""]
    assert [each.beside(START) for each in planned] == expected


def test_knobs_are_turned_once_where_runs_are_few_and_the_bills_own_are_still_repeated() -> None:
    planned = [one.settings.beside(START) for one in screening(SPACE, START, 8)]

    assert planned == ["", "heap=128", "workers=8", "", "engine=full", ""]


def test_a_knob_in_the_middle_is_turned_to_both_ends() -> None:
    start = Settings.of(START.as_dict() | {"workers": 2})

    planned = [one.settings.beside(start) for one in screening(SPACE, start, 8)]

    turned = [one for one in planned if one]
    assert turned == ["heap=128", "workers=1", "workers=8", "engine=full"]


def test_values_between_the_ends_are_turned_alone_for_knobs_that_cost_something() -> None:
    planned = [one.settings.beside(START) for one in middles(SPACE, START, ["workers"])]

    assert planned == ["workers=2", "workers=4"]


def test_scattered_settings_begin_at_the_far_corner_and_none_comes_twice() -> None:
    planned = [one.settings for one in scattered(SPACE, START)]

    assert planned[0].beside(START) == "workers=8 engine=full"
    assert len(set(planned)) == len(planned)
    assert START not in planned
    assert len(planned) == SPACE.size - 1


def test_every_value_comes_about_as_often_and_limits_are_mostly_wide() -> None:
    large = Space((*SPACE.knobs, *(Knob(f"more{n}", (0, 1, 2, 3)) for n in range(4))))
    start = wide(large, large.conservative)

    planned = [one.settings.as_dict() for one in islice(scattered(large, start), 1, 1 + 5 * BLOCK)]

    for value in (1, 2, 4, 8):
        assert sum(one["workers"] == value for one in planned) == 10
    assert sum(one["heap"] == "unlimited" for one in planned) >= 5 * BLOCK / 2


def test_the_plan_is_the_same_every_time_so_that_it_can_be_resumed() -> None:
    assert list(scattered(SPACE, START)) == list(scattered(SPACE, START))
