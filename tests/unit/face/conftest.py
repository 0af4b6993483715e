"""What the tests of the face pipeline share: the sample photographs, and one loaded engine."""

from collections.abc import Callable
from importlib.resources import files

import pytest

from memtune.face.engine_lean import LeanEngine

ReadPhoto = Callable[[str], bytes]


@pytest.fixture(scope="session")
def photo() -> ReadPhoto:
    return lambda name: files("memtune.face").joinpath("photos", name).read_bytes()


@pytest.fixture(scope="session")
def lean() -> LeanEngine:
    return LeanEngine()
