"""A service for every test of the load."""

from collections.abc import Iterator

import pytest

from tests.unit.load.server import Service, serving


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as served:
        yield served
