"""The figures of a workload: the JSON object that it prints last."""

import json
import random

import pytest

from memtune.execute.output import printed
from memtune.model import Scalar


@pytest.mark.parametrize(
    ("stdout", "found"),
    [
        (
            b'{"faces": 5, "rate": 0.5, "engine": "lean"}',
            {"faces": 5, "rate": 0.5, "engine": "lean"},
        ),
        (b'noise\n{"faces": 5}\n', {"faces": 5}),
        (b'noise\r\n{"faces": 5}\r\n\n  \n', {"faces": 5}),
        (b'{"faces": 4}\n{"faces": 5}', {"faces": 5}),
        (b'{"faces": 1, "faces": 2}', {"faces": 2}),
        (b"{}", {}),
        # Only the last line counts.
        (b'{"faces": 5}\ndone', {}),
        (b'{"faces":\n5}', {}),
        (b'log: {"faces": 5}', {}),
        # Only scalars of an object are figures.
        (b"[1, 2]", {}),
        (b"5", {}),
        (b'"text"', {}),
        (b"null", {}),
        (b'{"a": [1], "b": {"c": 1}, "d": null, "e": 1}', {"e": 1}),
        # What is no number stays a word, so that no bound is met by it.
        (b'{"a": true, "b": false}', {"a": "true", "b": "false"}),
        (
            b'{"a": NaN, "b": -Infinity, "c": 1e999}',
            {"a": "NaN", "b": "-Infinity", "c": "Infinity"},
        ),
        (b'{"a": ' + b"9" * 400 + b"}", {"a": "9" * 400}),
        (b'{"a": ' + b"9" * 5000 + b"}", {}),
        (b'{"a": 5.0, "b": 1e3, "c": -0.0}', {"a": 5.0, "b": 1000.0, "c": -0.0}),
        # Half of a character can be spelled, but not stored.
        (rb'{"a": "x\ud800y", "\udfff": 1}', {"a": "x?y", "?": 1}),
        (rb'{"a": "\ud83d\ude00"}', {"a": "\U0001f600"}),
        # Characters that some take for ends of lines.
        ('{"a": "x\u2028y\x85z"}'.encode(), {"a": "x\u2028y\x85z"}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b"", {}),
        (b"\n\n", {}),
        (b"\x00\xff\xfe", {}),
        (b"[" * 60_000, {}),
        (b'{"a":' * 20_000, {}),
    ],
)
def test_figures_are_the_scalars_of_the_last_line(stdout: bytes, found: dict[str, Scalar]) -> None:
    read = dict(printed(stdout))

    assert read == found
    assert {name: type(value) for name, value in read.items()} == {
        name: type(value) for name, value in found.items()
    }


def test_whatever_is_printed_can_be_computed_with_or_stored() -> None:
    chance = random.Random(5)
    parts = ["{", "}", '"a"', ":", ",", "1", "NaN", "1e400", "true", "[", "]", '"\\ud800"', "\n"]
    for _ in range(500):
        stdout = "".join(chance.choices(parts, k=12)).encode()

        for name, value in printed(stdout):
            json.dumps([name, value], ensure_ascii=False, allow_nan=False).encode()
