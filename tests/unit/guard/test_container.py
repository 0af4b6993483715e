"""What limits a process, read from the files of cgroup v1 and v2, inside and on the host."""

from pathlib import Path

import pytest

from memtune.guard.container import find
from tests.unit.guard.kernel import CONTAINER, MIB, UNLIMITED_V1, limit_v1, limit_v2, v1, v2

MACHINE = 24 * 1024 * MIB


def test_v1_inside_a_container_whose_path_is_that_of_the_host(tmp_path: Path) -> None:
    groups = {"": limit_v1(128 * MIB, usage=50 * MIB, file=20 * MIB)}
    proc = v1(tmp_path, groups, CONTAINER, root=CONTAINER)

    found = find(proc, MACHINE)

    assert (found.limit_bytes, found.group) == (128 * MIB, tmp_path / "cg")
    assert found.source == "cgroup v1 memory.limit_in_bytes"
    assert found.need_bytes() == 30 * MIB


def test_v1_on_the_host(tmp_path: Path) -> None:
    root = limit_v1(UNLIMITED_V1) | {"cgroup.sane_behavior": "0\n"}
    proc = v1(tmp_path, {"": root, CONTAINER: limit_v1(512 * MIB, usage=MIB)}, CONTAINER)

    found = find(proc, MACHINE)

    assert (found.limit_bytes, found.group) == (512 * MIB, tmp_path / "cg/docker/4f0c")


def test_v1_limit_of_a_group_above_that_the_container_cannot_see(tmp_path: Path) -> None:
    groups = {"": limit_v1(UNLIMITED_V1, above=256 * MIB, usage=9 * MIB)}
    proc = v1(tmp_path, groups, "/pod/it", root="/pod/it")

    found = find(proc, MACHINE)

    assert (found.limit_bytes, found.source) == (256 * MIB, "cgroup v1 hierarchical_memory_limit")
    assert found.need_bytes() == 9 * MIB


def test_v1_counts_what_the_group_that_has_the_limit_uses(tmp_path: Path) -> None:
    groups = {
        "pod": limit_v1(256 * MIB, usage=200 * MIB),
        "pod/it": limit_v1(UNLIMITED_V1, above=256 * MIB, usage=9 * MIB),
    }
    proc = v1(tmp_path, groups, "/pod/it")

    assert find(proc, MACHINE).need_bytes() == 200 * MIB


def test_v2_inside_a_container_with_a_namespace_of_its_own(tmp_path: Path) -> None:
    groups = {"": limit_v2(512 * MIB, usage=90 * MIB, file=30 * MIB, slab=10 * MIB)}
    proc = v2(tmp_path, groups, "/")

    found = find(proc, MACHINE)

    assert (found.limit_bytes, found.source) == (512 * MIB, "cgroup v2 memory.max")
    assert found.need_bytes() == 50 * MIB


def test_v2_without_a_line_for_slab(tmp_path: Path) -> None:
    proc = v2(tmp_path, {"": limit_v2(512 * MIB, usage=90 * MIB, file=30 * MIB, slab=None)}, "/")

    assert find(proc, MACHINE).need_bytes() == 60 * MIB


@pytest.mark.parametrize(("own", "above"), [(None, 300), (400, 300), (300, 400), (300, None)])
def test_v2_smallest_limit_on_the_way_up_counts(
    tmp_path: Path, own: int | None, above: int | None
) -> None:
    pod, container = ((size and size * MIB) for size in (above, own))
    groups = {
        "": {},
        "pods": limit_v2(None),
        "pods/a": limit_v2(pod, usage=7 * MIB),
        "pods/a/it": limit_v2(container, usage=5 * MIB),
    }
    proc = v2(tmp_path, groups, "/pods/a/it")

    found = find(proc, MACHINE)

    assert found.limit_bytes == 300 * MIB
    assert found.need_bytes() == (5 if own == 300 else 7) * MIB


def test_v2_in_a_process_outside_of_what_is_mounted(tmp_path: Path) -> None:
    proc = v2(tmp_path, {"": limit_v2(64 * MIB)}, "/../other")

    assert find(proc, MACHINE).limit_bytes == 64 * MIB


def test_v2_group_that_is_not_mounted_here(tmp_path: Path) -> None:
    proc = v2(tmp_path, {"": limit_v2(64 * MIB)}, "/not/here")

    assert find(proc, MACHINE).limit_bytes == 64 * MIB


def test_mount_point_with_a_space(tmp_path: Path) -> None:
    proc = v2(tmp_path, {"": limit_v2(64 * MIB)}, "/", mount="control groups")

    assert find(proc, MACHINE).limit_bytes == 64 * MIB


def test_without_a_limit_it_is_the_machines_memory_and_says_so(tmp_path: Path) -> None:
    proc = v2(tmp_path, {"": {}, "user": limit_v2(None, usage=8 * MIB)}, "/user")

    found = find(proc, MACHINE)

    assert (found.limit_bytes, found.source) == (MACHINE, "no limit set: the machine's memory")
    assert found.need_bytes() == 8 * MIB


def test_limit_above_the_machines_memory_is_none(tmp_path: Path) -> None:
    proc = v2(tmp_path, {"": limit_v2(2 * MACHINE)}, "/")

    assert find(proc, MACHINE).limit_bytes == MACHINE


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_root_group_is_the_machine_and_not_this_program(tmp_path: Path, version: str) -> None:
    if version == "v1":
        groups = {"": limit_v1(UNLIMITED_V1, usage=MACHINE) | {"cgroup.sane_behavior": "0\n"}}
        proc = v1(tmp_path, groups, "/")
    else:
        proc = v2(tmp_path, {"": {}}, "/")

    found = find(proc, MACHINE)

    assert found.group is None
    with pytest.raises(OSError, match="no memory control group"):
        found.need_bytes()


def test_without_files_about_control_groups(tmp_path: Path) -> None:
    found = find(tmp_path / "nothing", MACHINE)

    assert (found.limit_bytes, found.group) == (MACHINE, None)


def test_unreadable_group_is_an_error_to_its_reader(tmp_path: Path) -> None:
    proc = v2(tmp_path, {"": limit_v2(64 * MIB)}, "/")
    found = find(proc, MACHINE)
    (tmp_path / "cg/memory.current").unlink()

    with pytest.raises(FileNotFoundError, match=r"memory\.current"):
        found.need_bytes()


def test_finds_something_on_this_machine() -> None:
    assert find().limit_bytes > 0
