"""How containers ended, from the events that the daemon keeps; the daemon itself is asked in
tests/integration/test_watch.py."""

from typing import Any

from memtune.execute.running import Last, last_life


def event(action: str, at_s: float = 0, **attributes: str) -> dict[str, Any]:
    return {
        "Action": action,
        "Actor": {"Attributes": attributes},
        "timeNano": round(at_s * 1e9),
    }


def test_an_end_from_outside_has_its_signal() -> None:
    events = [event("start"), event("kill", signal="15"), event("die", exitCode="143")]

    assert last_life(events, 0) == Last(143, "15")


def test_a_signal_that_asks_for_something_else_is_no_end_from_outside() -> None:
    events = [event("start"), event("kill", signal="1"), event("die", exitCode="1")]

    assert last_life(events, 0) == Last(1)


def test_what_goes_on_again_is_told_by_its_life_before() -> None:
    events = [
        event("start", 1),
        event("oom", 2),
        event("die", 3, exitCode="137"),
        event("start", 4),
    ]

    assert last_life(events, 0) == Last(137, oom=True)


def test_an_oom_kill_before_the_watch_is_none_of_it() -> None:
    events = [event("start", 1), event("oom", 2), event("die", 9, exitCode="0")]

    assert last_life(events, 3) == Last(0)


def test_of_no_events_nothing_is_told() -> None:
    assert last_life([], 0) == Last()
