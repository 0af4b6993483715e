"""What two explanations, or two environments, differ in."""

from dataclasses import replace

from memtune.gate.check import guilty
from memtune.judge.environment import unlike
from memtune.judge.sites import changed
from memtune.model import Allocator, SiteGrowth
from memtune.units import MIB
from tests.fakes import ENVIRONMENT

ROOTS = ("/work/project", "/tmp/base")


def site(file: str, line: int, mib: float, function: str = "load") -> Allocator:
    return Allocator(function, file, line, round(mib * MIB), 1)


def test_the_largest_growth_comes_first_and_files_are_named_from_the_project() -> None:
    before = [site("/tmp/base/job.py", 3, 5), site("/usr/lib/json.py", 9, 1, "loads")]
    after = [site("/work/project/job.py", 3, 7), site("/usr/lib/json.py", 9, 21, "loads")]

    assert changed(before, after, ROOTS) == (
        SiteGrowth("loads", "/usr/lib/json.py", 9, MIB, 21 * MIB),
        SiteGrowth("load", "job.py", 3, 5 * MIB, 7 * MIB),
    )


def test_lines_that_have_moved_are_no_growth() -> None:
    before = [site("/tmp/base/job.py", 3, 5), site("/tmp/base/job.py", 8, 2)]
    after = [site("/work/project/job.py", 13, 5), site("/work/project/job.py", 18, 2)]

    assert changed(before, after, ROOTS) == ()


def test_the_line_of_a_function_that_grew_is_named() -> None:
    before = [site("/tmp/base/job.py", 3, 50), site("/tmp/base/job.py", 8, 2)]
    after = [site("/work/project/job.py", 3, 50), site("/work/project/job.py", 8, 22)]

    assert [(one.line, one.before_bytes) for one in changed(before, after, ROOTS)] == [
        (8, 52 * MIB)
    ]


def test_what_is_new_and_what_is_gone_is_told() -> None:
    before = [site("/tmp/base/a.py", 1, 4)]
    after = [site("/work/project/b.py", 2, 3)]

    assert [(s.file, s.before_bytes, s.after_bytes) for s in changed(before, after, ROOTS)] == [
        ("b.py", 0, 3 * MIB),
        ("a.py", 4 * MIB, 0),
    ]


def test_small_differences_are_noise() -> None:
    assert changed([site("a.py", 1, 4)], [site("a.py", 1, 4.2)], ROOTS) == ()


def test_with_nothing_before_it_is_said_what_is_held() -> None:
    [held] = changed(None, [site("/work/project/a.py", 1, 4)], ROOTS)

    assert (held.before_bytes, held.after_bytes) == (None, 4 * MIB)


def test_beside_a_large_growth_small_ones_are_not_blamed() -> None:
    sites = [
        SiteGrowth("load", "a.py", 1, 0, 32 * MIB),
        SiteGrowth("keep", "b.py", 2, 4 * MIB, 12 * MIB),
        SiteGrowth("other", "c.py", 3, 0, MIB),
        SiteGrowth("less", "d.py", 4, 9 * MIB, MIB),
    ]

    assert guilty(sites) == tuple(sites[:2])
    assert guilty(sites[2:]) == (sites[2],)
    assert guilty([]) == ()


def test_environments_differ_in_what_decides_and_not_in_the_image() -> None:
    one = replace(
        ENVIRONMENT,
        kernel="5.15",
        cpus=4,
        tools=(("docker", "20.10"), ("memray", "1.20"), ("python", "3.11")),
    )
    other = replace(ENVIRONMENT, image="sha256:1", tools=(("memray", "1.21"), ("python", "3.11")))

    assert unlike(ENVIRONMENT, replace(ENVIRONMENT, image="sha256:1")) == ()
    assert unlike(one, other) == (
        "kernel 5.15, here 6.1",
        "cpus 4, here 2",
        "docker 20.10, here none",
    )
