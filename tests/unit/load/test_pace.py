"""Which request falls due when, on a clock that the test moves."""

from memtune.load.exchange import Message
from memtune.load.pace import Pace, measured, warm_up
from memtune.load.prepare import Request, Target
from memtune.model import Load


def messages(*names: str) -> list[Message]:
    return [Message(Request(name, "GET", Target("localhost", 80, "/")), {}, None) for name in names]


def taken(pace: Pace, *times: float) -> list[tuple[str, float | None]]:
    turns = [pace.take(now) for now in times]
    return [(turn.sent.request.name, turn.due) for turn in turns if turn is not None]


def test_calls_are_made_in_turn_until_their_number_is_reached() -> None:
    pace = measured(Load(requests=5), messages("a", "b"))

    assert taken(pace, *range(9)) == [(name, None) for name in "ababa"]


def test_the_closed_loop_ends_when_its_time_is_over() -> None:
    pace = measured(Load(duration_s=10), messages("a"))
    pace.start = 100

    assert len(taken(pace, 100, 109.9, 110, 111)) == 2


def test_in_the_open_loop_requests_fall_due_at_their_rate_however_late_they_are_taken() -> None:
    pace = measured(Load(requests=4, rate_per_s=2), messages("a"))
    pace.start = 100

    assert taken(pace, 100, 100, 250, 251, 252) == [
        ("a", 100.0),
        ("a", 100.5),
        ("a", 101.0),
        ("a", 101.5),
    ]


def test_all_that_fall_due_within_the_duration_are_made() -> None:
    pace = measured(Load(duration_s=2, rate_per_s=2), messages("a"))

    dues = [due for _, due in taken(pace, 0, 0, 0, 99, 99, 99)]

    assert dues == [0.0, 0.5, 1.0, 1.5]


def test_the_warm_up_has_its_own_number_at_the_same_rate() -> None:
    load = Load(duration_s=60, rate_per_s=10, warm_up=2)

    assert taken(warm_up(load, messages("a")), 0, 0, 0) == [("a", 0.0), ("a", 0.1)]
    assert taken(warm_up(Load(duration_s=60), messages("a")), 0, 0) == []


def test_how_long_a_load_lasts_at_least_is_known_of_an_open_loop_and_of_a_duration() -> None:
    assert Pace((), count=15, rate_per_s=5.0).planned_s == 3.0
    assert Pace((), duration_s=2.0, rate_per_s=1.0).planned_s == 2.0
    assert Pace((), duration_s=2.0).planned_s == 2.0
    assert Pace((), count=15).planned_s == 0.0
