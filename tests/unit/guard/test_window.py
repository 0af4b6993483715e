"""How much work may be in flight: what a shortage teaches, and when that is forgotten."""

from memtune.guard.level import Level
from memtune.guard.window import FORGET_S, GROWS_TO, SHRINKS_TO, Window


def filled(work: int, level: Level = Level.OK) -> Window:
    window = Window()
    for _ in range(work):
        assert window.begin(level, 0.0)
    return window


def admitted(window: Window, level: Level, now_s: float) -> int:
    """How many more pieces of work are admitted, up to 100."""
    count = 0
    while count < 100 and window.begin(level, now_s):
        count += 1
    return count


def test_all_work_is_admitted_while_there_is_memory() -> None:
    assert admitted(filled(20), Level.OK, 1.0) == 100


def test_from_a_warning_on_no_more_is_admitted_than_went_well() -> None:
    window = filled(20)
    for _ in range(5):
        window.end()

    assert admitted(window, Level.WARNING, 1.0) == 5


def test_a_critical_level_admits_one_and_a_full_one_none() -> None:
    assert admitted(Window(), Level.CRITICAL, 1.0) == 1
    assert admitted(Window(), Level.FULL, 1.0) == 0
    assert admitted(filled(2), Level.CRITICAL, 1.0) == 0


def test_a_critical_level_shrinks_what_is_admitted_after_it() -> None:
    window = filled(40)
    assert not window.begin(Level.CRITICAL, 1.0)
    for _ in range(40):
        window.end()

    assert admitted(window, Level.OK, 2.0) == SHRINKS_TO * 40


def test_the_ceiling_grows_while_it_goes_well_but_not_to_where_it_was_critical() -> None:
    window = filled(40)
    assert not window.begin(Level.CRITICAL, 1.0)
    for _ in range(40):
        window.end()
    for turn in range(60):
        work = admitted(window, Level.OK, 2.0 + turn / 10)
        for _ in range(work):
            window.end()

    assert SHRINKS_TO * 40 < admitted(window, Level.OK, 10.0) <= GROWS_TO * 40


def test_a_shortage_is_forgotten_after_a_while() -> None:
    window = filled(40)
    assert not window.begin(Level.CRITICAL, 1.0)
    assert admitted(window, Level.OK, 2.0) == 0

    assert admitted(window, Level.OK, 2.0 + FORGET_S) == 100
