"""memray for Pythons that lack it: real Pythons of other versions, where this machine has them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from memtune.errors import HostError
from memtune.execute import bring_memray
from memtune.execute.bring_memray import Python, brought, fetched, own, pythons
from memtune.measure.captures import INJECT_VARIABLE, MEMRAY_VARIABLE, inject_directory

NEW = Python("cpython-312", 12, "glibc", "x86_64")
OLD = Python("cpython-38", 8, "musl", "aarch64")


def test_the_probe_is_a_script_that_names_the_pythons_on_the_path() -> None:
    path = os.path.dirname(sys.executable)

    told = subprocess.run(
        ["/bin/sh", "-c", bring_memray.PROBE],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert own() in pythons(told)


def test_the_probe_of_an_image_without_python_names_none(tmp_path: Path) -> None:
    assert pythons("") == []
    assert pythons("sh: python: not found\nmemtune-python cpython-312 glibc\n") == []


def test_a_python_that_is_found_twice_is_one() -> None:
    line = "memtune-python cpython-312 glibc x86_64\n"

    assert pythons(line + "memtune-python cpython-38 musl aarch64\n" + line) == [NEW, OLD]


def test_what_cannot_be_had_is_told_and_the_others_are_brought() -> None:
    def fetch(python: Python) -> Path:
        if python is OLD:
            raise HostError("no wheel")
        return Path("/there")

    assert brought([NEW, OLD], fetch) == ({"cpython-312": Path("/there")}, ("no wheel",))
    assert brought([], fetch) == ({}, ())


def test_a_python_that_is_too_old_is_refused_before_anything_is_fetched() -> None:
    with pytest.raises(HostError, match=r"needs Python 3\.9 or later.*Python 3\.8 \(musl, aarch64"):
        fetched(OLD)


def test_memray_of_this_environment_is_copied_once_and_captures_another_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    place = fetched(own())

    assert fetched(own()) == place
    assert [path.name for path in place.parent.iterdir()] == [own().tag]
    # A Python without any package is captured with it, and keeps its own modules.
    captures = tmp_path / "captures"
    captures.mkdir()
    program = "import sys, os; print(sorted(m for m in sys.modules if m.startswith('rich')))"
    bare = os.path.realpath(sys.executable)
    told = subprocess.run(
        [bare, "-c", program + "; print('x' in sys.path)"],
        env={
            "PYTHONPATH": str(inject_directory()),
            INJECT_VARIABLE: str(captures),
            MEMRAY_VARIABLE: str(place.parent),
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.splitlines() == ["[]", "False"]
    assert [path.suffix for path in sorted(captures.iterdir())] == [".bin", ".facts"]
