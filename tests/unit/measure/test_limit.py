"""The limit that holds for a control group, found in made-up hierarchies of both versions."""

from pathlib import Path

import pytest

from memtune.measure.limit import Limit, limit_of
from memtune.units import MIB

NONE = {"v1": "9223372036854771712", "v2": "max"}


@pytest.fixture(params=["v1", "v2"])
def version(request: pytest.FixtureRequest) -> str:
    version: str = request.param
    return version


def made_up(root: Path, version: str, *limits: int | None) -> Path:
    """Groups below each other with these limits, the top one first; returns the lowest."""
    if version == "v2":
        (root / "cgroup.controllers").write_text("memory")
    group = root if version == "v2" else root / "memory"
    for number, limit in enumerate(limits):
        group = group / f"group{number}"
        group.mkdir(parents=True)
        name = "memory.max" if version == "v2" else "memory.limit_in_bytes"
        (group / name).write_text(f"{NONE[version] if limit is None else limit}\n")
    return group


def test_the_smallest_limit_on_the_way_up_holds(tmp_path: Path, version: str) -> None:
    group = made_up(tmp_path, version, None, 64 * MIB, 512 * MIB, None)

    limit = limit_of(group, tmp_path)

    assert limit is not None
    assert limit.size_bytes == 64 * MIB
    assert limit.group == group.parents[1]
    assert version in limit.source


def test_of_equal_limits_the_nearest_holds(tmp_path: Path, version: str) -> None:
    group = made_up(tmp_path, version, 64 * MIB, 64 * MIB)

    limit = limit_of(group, tmp_path)

    assert isinstance(limit, Limit)
    assert limit.group == group


def test_no_limit_is_none_and_no_large_number(tmp_path: Path, version: str) -> None:
    group = made_up(tmp_path, version, None, None)

    assert limit_of(group, tmp_path) is None


def test_a_group_that_is_gone_has_the_limit_of_those_above(tmp_path: Path, version: str) -> None:
    group = made_up(tmp_path, version, 64 * MIB) / "gone"

    limit = limit_of(group, tmp_path)

    assert limit is not None
    assert limit.group == group.parent
