"""The readers of control groups, on files as kernels of both versions write them."""

import os
from pathlib import Path

import pytest

from memtune.measure.cgroup import Cgroup, CgroupV1, CgroupV2, Usage, cgroup_of, host_version

# Linux 6.1, a container with a Python program (shortened).
V1 = {
    "memory.usage_in_bytes": "61440000\n",
    "memory.max_usage_in_bytes": "67108864\n",
    "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
    "memory.stat": """\
cache 12288000
rss 45056000
rss_huge 0
shmem 4096000
mapped_file 8110080
workingset_refault_anon 0
workingset_refault_file 11
pgfault 23000
pgmajfault 7
inactive_anon 4096000
active_anon 45056000
inactive_file 5000000
active_file 3192000
unevictable 0
hierarchical_memory_limit 67108864
hierarchical_memsw_limit 67108864
total_cache 12288001
total_rss 45056001
total_shmem 4096001
total_workingset_refault_file 12
total_pgmajfault 8
total_inactive_file 5000001
total_active_file 3192001
total_unevictable 0
""",
    "cgroup.procs": "4242\n4250\n",
}
V2 = {
    "memory.current": "61440000\n",
    "memory.peak": "67108864\n",
    "memory.events": "low 0\nhigh 0\nmax 12\noom 2\noom_kill 3\noom_group_kill 0\n",
    "memory.stat": """\
anon 45056000
file 12288000
kernel 1500000
kernel_stack 98304
pagetables 360448
sock 0
shmem 4096000
file_mapped 8110080
file_dirty 0
inactive_anon 49152000
active_anon 4096
inactive_file 5000000
active_file 3192000
unevictable 0
slab_reclaimable 300000
slab_unreclaimable 400000
slab 700000
workingset_refault_anon 0
workingset_refault_file 11
pgfault 23000
pgmajfault 7
""",
    "cgroup.procs": "4242\n4250\n",
}


def tree(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def v1(tmp_path: Path, **changes: str | None) -> CgroupV1:
    return CgroupV1(tree(tmp_path / "group", changed(V1, changes)))


def v2(tmp_path: Path, **changes: str | None) -> CgroupV2:
    return CgroupV2(tree(tmp_path / "group", changed(V2, changes)))


def changed(files: dict[str, str], changes: dict[str, str | None]) -> dict[str, str]:
    named = {name.replace("__", "."): text for name, text in changes.items()}
    return {name: text for name, text in (files | named).items() if text is not None}


def test_v1_is_read_with_the_figures_of_the_whole_tree(tmp_path: Path) -> None:
    group = v1(tmp_path)

    usage = group.usage()

    assert usage == Usage(
        total=61440000,
        file=5000001 + 3192001,
        anon=45056001,
        shmem=4096001,
        refaults=12,
        major_faults=8,
    )
    assert usage.need == 61440000 - 5000001 - 3192001
    assert (group.peak(), group.oom_kills(), group.pids()) == (67108864, 3, [4242, 4250])
    group.close()


def test_v2_is_read(tmp_path: Path) -> None:
    group = v2(tmp_path)

    usage = group.usage()

    assert usage == Usage(
        total=61440000,
        file=8192000,
        anon=45056000,
        shmem=4096000,
        refaults=11,
        major_faults=7,
        faults=23000,
        slab=300000,
    )
    assert usage.need == 61440000 - 8192000 - 300000
    assert (group.peak(), group.oom_kills(), group.pids()) == (67108864, 3, [4242, 4250])
    group.close()


def test_pressure_is_read_where_the_kernel_tells_it(tmp_path: Path) -> None:
    group = v2(tmp_path)
    assert group.stalled_s() is None

    (tmp_path / "group" / "memory.pressure").write_text(
        "some avg10=0.15 avg60=0.04 avg300=0.00 total=65946876\n"
        "full avg10=0.14 avg60=0.03 avg300=0.00 total=45791858\n"
    )

    assert group.stalled_s() == 65.946876
    group.close()


def test_every_reading_is_fresh(tmp_path: Path) -> None:
    group = v2(tmp_path)
    group.usage()

    for name, text in (
        ("memory.current", "99\n"),
        ("memory.stat", V2["memory.stat"].replace("inactive_file 5000000", "inactive_file 0")),
        ("memory.events", "oom_kill 4\n"),
        ("cgroup.procs", ""),
    ):
        path = tmp_path / "group" / name
        descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)  # the same file, as the kernel's
        os.write(descriptor, text.encode())
        os.close(descriptor)

    assert group.usage().total == 99
    assert (group.usage().file, group.oom_kills(), group.pids()) == (3192000, 4, [])
    group.close()


def test_a_need_is_never_below_zero(tmp_path: Path) -> None:
    """The two files are read one after the other: file pages may grow in between."""
    group = v2(tmp_path, memory__current="100\n")

    assert group.usage().need == 0
    group.close()


@pytest.mark.parametrize("content", [None, "", "max\n"])
def test_a_kernel_without_a_high_water_mark_has_no_peak(
    tmp_path: Path, content: str | None
) -> None:
    """memory.peak came with Linux 5.19."""
    group = v2(tmp_path, memory__peak=content)

    assert group.peak() is None
    assert group.usage().total == 61440000
    group.close()


@pytest.mark.parametrize(
    "content", [None, "", "oom_kill_disable 0\nunder_oom 0\n", "oom_kill\n", "oom_kill many\n"]
)
def test_an_oom_counter_that_cannot_be_read_is_absent_and_not_zero(
    tmp_path: Path, content: str | None
) -> None:
    """oom_kill in memory.oom_control came with Linux 4.13."""
    group = v1(tmp_path, memory__oom_control=content)

    assert group.oom_kills() is None
    group.close()


def test_old_kernels_without_shmem_and_refaults_are_read_all_the_same(tmp_path: Path) -> None:
    stat = "total_rss 5\ntotal_inactive_file 2\ntotal_active_file 1\n"
    group = v1(tmp_path, memory__stat=stat)

    assert group.usage() == Usage(total=61440000, file=3, anon=5, shmem=0)
    group.close()


def test_a_group_that_is_gone_shows_as_an_os_error(tmp_path: Path) -> None:
    group = v2(tmp_path)
    (tmp_path / "group" / "cgroup.procs").unlink()

    with pytest.raises(FileNotFoundError):
        group.pids()
    group.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        group.usage()


def test_closing_releases_every_file(tmp_path: Path) -> None:
    kept = v1(tmp_path / "kept")
    opened = open_below(tmp_path)

    for n in range(20):
        v1(tmp_path / f"a{n}").close()
        v2(tmp_path / f"b{n}").close()

    assert opened
    assert open_below(tmp_path) == opened
    kept.close()
    assert open_below(tmp_path) == []


def open_below(directory: Path) -> list[str]:
    """The files below a directory that this process has open."""
    links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return sorted(path for path in map(os.readlink, links) if path.startswith(str(directory)))


# Recorded on real kernels: tests/unit/data/README.md

DATA = Path(__file__).parents[1] / "data"


def test_recorded_v1_files_are_read() -> None:
    group = CgroupV1(DATA / "cgroup-v1")

    usage = group.usage()

    assert usage == Usage(
        total=102580224,
        file=31457280,
        anon=49463296,
        shmem=20971520,
        refaults=2,
        major_faults=0,
        faults=77912,
    )
    assert usage.need - usage.anon - usage.shmem == 688128
    assert (group.peak(), group.oom_kills(), len(group.pids())) == (268435456, 1, 3)
    group.close()


def test_recorded_v2_files_are_read() -> None:
    group = CgroupV2(DATA / "cgroup-v2")

    usage = group.usage()

    assert usage == Usage(
        total=101711872,
        file=31449088,
        anon=48517120,
        shmem=20971520,
        refaults=0,
        major_faults=1,
        faults=5000,
        slab=179008,
    )
    assert usage.need - usage.anon - usage.shmem == 595136
    assert (group.peak(), group.oom_kills(), len(group.pids())) == (268435456, 1, 3)
    group.close()


# Which group a process is in


CONTAINER = "docker/3fb1c9e2"
V1_LINES = f"""\
12:pids:/{CONTAINER}
9:memory:/{CONTAINER}
4:cpu,cpuacct:/{CONTAINER}
1:name=systemd:/{CONTAINER}
"""
HYBRID_LINES = V1_LINES + "0::/system.slice/containerd.service\n"
V2_LINES = f"0::/system.slice/{CONTAINER}.scope\n"


def machine(tmp_path: Path, lines: str, group: str, files: dict[str, str], *, v2: bool) -> Path:
    """A made-up /sys/fs/cgroup and /proc with process 77."""
    tree(tmp_path / "proc" / "77", {"cgroup": lines})
    root = tmp_path / "sys"
    tree(root / group, files)
    if v2:
        (root / "cgroup.controllers").write_text("cpu io memory pids\n")
    return root


def found(tmp_path: Path, pid: int = 77, named: str = "") -> Cgroup | None:
    return cgroup_of(pid, named, root=tmp_path / "sys", proc=tmp_path / "proc")


@pytest.mark.parametrize("lines", [V1_LINES, HYBRID_LINES])
def test_on_v1_and_hybrid_hosts_the_memory_controller_is_found(tmp_path: Path, lines: str) -> None:
    root = machine(tmp_path, lines, f"memory/{CONTAINER}", V1, v2=False)

    group = found(tmp_path)

    assert host_version(root) == "v1"
    assert isinstance(group, CgroupV1)
    assert group.usage().total == 61440000
    group.close()


def test_on_v2_hosts_the_one_hierarchy_is_found(tmp_path: Path) -> None:
    root = machine(tmp_path, V2_LINES, f"system.slice/{CONTAINER}.scope", V2, v2=True)

    group = found(tmp_path)

    assert host_version(root) == "v2"
    assert isinstance(group, CgroupV2)
    assert group.usage().total == 61440000
    group.close()


def test_a_path_with_colons_is_one_path(tmp_path: Path) -> None:
    machine(tmp_path, "0::/a:b:c\n", "a:b:c", V2, v2=True)

    group = found(tmp_path)

    assert group is not None
    group.close()


def test_a_process_of_that_number_in_another_group_is_not_mistaken(tmp_path: Path) -> None:
    machine(tmp_path, V1_LINES, f"memory/{CONTAINER}", V1, v2=False)

    assert found(tmp_path, named="another") is None
    group = found(tmp_path, named="3fb1c9e2")
    assert group is not None
    group.close()


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "garbage\n",
        "12:pids:/x\n",  # no memory controller
        "9:memory:/elsewhere\n",  # not below this root
        "9:memory:/../../outside\n",  # as seen from a namespace of its own
    ],
)
def test_a_group_that_cannot_be_found_is_absent(tmp_path: Path, lines: str) -> None:
    machine(tmp_path, lines, f"memory/{CONTAINER}", V1, v2=False)

    assert found(tmp_path) is None


def test_a_process_that_has_ended_has_no_group(tmp_path: Path) -> None:
    machine(tmp_path, V1_LINES, f"memory/{CONTAINER}", V1, v2=False)

    assert found(tmp_path, pid=78) is None


def test_a_group_without_its_files_is_absent(tmp_path: Path) -> None:
    machine(tmp_path, V2_LINES, f"system.slice/{CONTAINER}.scope", {}, v2=True)

    assert found(tmp_path) is None
