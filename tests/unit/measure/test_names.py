"""Command lines as people would call them."""

import pytest

from memtune.measure.names import SHIM, label


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("/usr/bin/python3 -m pipeline --workers 2", "python3 -m pipeline --workers 2"),
        ("/bin/sh -c read x memtune-shim a b", SHIM),
        ("python -c from multiprocessing.spawn import spawn_main", "multiprocessing, spawned"),
        ("/srv/x " + "y" * 200, "x " + "y" * 113),
        ("", ""),
    ],
)
def test_a_command_has_a_short_name(command: str, name: str) -> None:
    assert label(command) == name


def test_bytes_that_are_no_text_can_be_stored() -> None:
    assert label("/bin/caf\udce9 3") == "caf? 3"
