"""What is taken from the output of a program that makes the load."""

from memtune.load.child import Tail


def test_the_scalars_of_the_last_line_are_figures_and_what_is_no_json_number_is_none() -> None:
    tail = Tail()
    tail.add(b'{"old": 1}\n{"p95_ms": 12.5, "tool": "k6", "bad": NaN, "worse": -Infinity, ')
    tail.add(b'"many": [1]}\n')

    assert tail.figures() == {"p95_ms": 12.5, "tool": "k6"}
