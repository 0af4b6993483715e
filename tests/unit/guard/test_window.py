"""How much work may be in flight, as a function of levels and of a clock."""

import math

from memtune.guard.level import Level
from memtune.guard.window import FORGET_S, PEAK_S, Window

OK, WARNING, CRITICAL, FULL = Level


def admitted(window: Window, level: Level, asked: int, now_s: float = 0.0) -> int:
    return sum(window.begin(level, now_s) for _ in range(asked))


def end(window: Window, count: int) -> None:
    for _ in range(count):
        window.end()


def test_without_a_shortage_there_is_no_ceiling() -> None:
    assert admitted(Window(), OK, 1000) == 1000


def test_from_the_warning_on_no_more_than_before() -> None:
    window = Window()
    admitted(window, OK, 20)

    assert admitted(window, WARNING, 10) == 0
    end(window, 5)
    assert admitted(window, WARNING, 10) == 5


def test_what_went_well_a_moment_ago_counts_and_not_what_happens_to_be_in_flight() -> None:
    window = Window()
    admitted(window, OK, 20)
    end(window, 19)

    assert admitted(window, WARNING, 40, now_s=1) == 19


def test_a_peak_of_long_ago_does_not_count() -> None:
    window = Window()
    admitted(window, OK, 20)
    end(window, 20)
    for now_s in (PEAK_S + 1, 2 * PEAK_S + 2, 3 * PEAK_S + 3):
        admitted(window, OK, 2, now_s)
        end(window, 2)

    assert admitted(window, WARNING, 40, now_s=3 * PEAK_S + 4) == 2


def test_a_service_that_only_starts_is_slow_and_not_shut() -> None:
    assert admitted(Window(), WARNING, 10) == 1


def test_each_round_that_goes_well_lets_in_one_more() -> None:
    window = Window()
    admitted(window, OK, 10)
    sizes = []
    for _ in range(3):
        admitted(window, WARNING, 40)
        sizes.append(window.in_flight)
        end(window, window.in_flight)

    assert sizes == [10, 10, 11]


def test_a_ceiling_that_is_not_used_does_not_rise() -> None:
    window = Window()
    admitted(window, OK, 10)
    admitted(window, WARNING, 1)
    end(window, 10)
    ceiling = window.ceiling

    for _ in range(100):
        admitted(window, OK, 2)
        end(window, 2)

    assert window.ceiling == ceiling


def test_while_it_is_critical_one_at_a_time() -> None:
    window = Window()
    admitted(window, OK, 20)

    assert admitted(window, CRITICAL, 5) == 0
    end(window, 20)
    assert admitted(window, CRITICAL, 5) == 1


def test_a_full_container_takes_nothing() -> None:
    assert admitted(Window(), FULL, 5) == 0


def test_after_a_critical_moment_three_quarters_then_a_little_more_but_never_as_much() -> None:
    window = Window()
    admitted(window, OK, 20)
    admitted(window, CRITICAL, 1)
    end(window, 20)

    assert admitted(window, OK, 40, now_s=1) == 15
    for _ in range(100):
        end(window, window.in_flight)
        admitted(window, OK, 40, now_s=2)
    assert window.in_flight == 18


def test_few_workers_keep_one() -> None:
    window = Window()
    admitted(window, OK, 1)
    admitted(window, CRITICAL, 1)
    end(window, 1)

    assert admitted(window, OK, 5, now_s=1) == 1


def test_shortages_are_forgotten_after_a_while() -> None:
    window = Window()
    admitted(window, OK, 4)
    admitted(window, CRITICAL, 1)
    end(window, 4)

    admitted(window, OK, 0, now_s=1)
    assert window.begin(OK, now_s=FORGET_S - 1)
    assert window.ceiling < 4
    assert window.begin(OK, now_s=FORGET_S + 1)
    assert window.ceiling == math.inf


def test_a_service_that_always_stands_at_the_warning_gets_all_its_work_done_in_the_end() -> None:
    window = Window()
    window.begin(WARNING, 0.0)
    window.end()

    for second in range(30):
        admitted(window, WARNING, 20, float(second))
        end(window, window.in_flight)

    assert admitted(window, WARNING, 20, 31.0) == 20
