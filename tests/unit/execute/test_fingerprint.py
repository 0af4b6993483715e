"""What makes two sessions the same study, and how it is said what changed."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from memtune.execute import fingerprint
from memtune.model import (
    Bound,
    Checks,
    Environment,
    Image,
    ImageKind,
    Kind,
    Knob,
    Program,
    Space,
    Workload,
)

OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64
TOOLS = (("memtune", "0.1.0"), ("python", "3.11.7"), ("memray", "1.20.0"), ("docker", "20.10"))
ENVIRONMENT = Environment("6.1", "v2", "x86_64", 2, "docker", OLD, TOOLS)
HOST, PULLED = Image(ImageKind.HOST), Image(ImageKind.NAME, "python:3.11")
BLOCKS, MODE = Knob("blocks", (1, 2, 3)), Knob("mode", ("plain", "fancy"))


@pytest.fixture
def workload(tmp_path: Path) -> Workload:
    (tmp_path / "job.py").write_text("pass")
    (tmp_path / "demo.yaml").write_text("name: demo")
    return Workload(
        name="demo",
        kind=Kind.PIPELINE,
        programs=(Program(HOST, ("python", "job.py"), (("PASSWORD", "secret"),)),),
        directory=str(tmp_path),
        checks=Checks(headroom=0.2, output=(Bound("faces", min=5),)),
        space=Space((BLOCKS, MODE)),
        file=str(tmp_path / "demo.yaml"),
    )


def tool(name: str, version: str) -> Environment:
    return replace(ENVIRONMENT, tools=tuple((dict(TOOLS) | {name: version}).items()))


def told(before: dict[str, str], after: dict[str, str]) -> str:
    return "" if before == after else fingerprint.changes(before, after)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (replace(ENVIRONMENT, kernel="6.2"), "the kernel changed (6.1 -> 6.2)"),
        (replace(ENVIRONMENT, cgroup="v1"), "the cgroup version changed (v2 -> v1)"),
        (replace(ENVIRONMENT, cpus=4), "the number of CPUs changed (2 -> 4)"),
        (
            replace(ENVIRONMENT, image=NEW),
            "the image changed (sha256:aaaaaaaaaaaa -> sha256:bbbbbbbbbbbb)",
        ),
        (tool("memtune", "0.2.0"), "memtune changed (0.1.0 -> 0.2.0)"),
        (tool("docker", "29"), "Docker changed (20.10 -> 29)"),
        (tool("python", "3.12"), "Python changed (3.11.7 -> 3.12)"),
        (tool("memray", "2"), ""),
    ],
)
def test_a_change_of_the_machine_is_told_where_it_matters(
    workload: Workload, environment: Environment, words: str
) -> None:
    before = fingerprint.of(workload, ENVIRONMENT)

    assert told(before, fingerprint.of(workload, environment)) == words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"timeout_s": 5.0}, "the timeout changed (300.0 s -> 5.0 s)"),
        (
            {"checks": Checks(headroom=0.3, output=(Bound("faces", min=5),))},
            "the headroom asked for changed (0.2 -> 0.3)",
        ),
        ({"checks": Checks(headroom=0.2)}, "the checks of the output changed"),
        ({"space": Space((BLOCKS,))}, "the knob mode is gone"),
        ({"space": Space((BLOCKS, MODE, Knob("side", (1,))))}, "the knob side is new"),
        ({"space": Space((MODE, BLOCKS))}, "the order of the knobs changed"),
        (
            {"space": Space((replace(BLOCKS, values=(1.0, 2, 3)), MODE))},
            "the knob blocks changed",
        ),
        (
            {"programs": (Program(HOST, ("node", "job.js"), (("PASSWORD", "secret"),)),)},
            "the command changed (python job.py -> node job.js)",
        ),
        (
            {"programs": (Program(HOST, ("python", "job.py"), (("PASSWORD", "other"),)),)},
            "the variables changed",
        ),
        ({"description": "other words"}, ""),
    ],
)
def test_a_change_of_the_workload_file_is_told(
    workload: Workload, change: dict[str, Any], words: str
) -> None:
    before = fingerprint.of(workload, ENVIRONMENT)

    assert told(before, fingerprint.of(replace(workload, **change), ENVIRONMENT)) == words
    assert "secret" not in str(before)


def test_a_changed_file_of_the_project_is_told_and_a_comment_in_the_workload_file_is_none(
    workload: Workload,
) -> None:
    before = fingerprint.of(workload, ENVIRONMENT)
    project = Path(workload.directory)

    (project / "demo.yaml").write_text("name: demo  # a comment")
    (project / ".memtune").mkdir()
    (project / ".memtune" / "runs").touch()
    assert told(before, fingerprint.of(workload, ENVIRONMENT)) == ""

    os.utime(project / "job.py", (1, 1))
    assert told(before, fingerprint.of(workload, ENVIRONMENT)) == "the project's files changed"


def test_an_image_has_files_and_a_python_of_its_own(workload: Workload) -> None:
    pulled = replace(workload, programs=(Program(PULLED, ("python", "job.py")),))
    before = fingerprint.of(pulled, ENVIRONMENT)

    (Path(workload.directory) / "job.py").write_text("something else")

    assert told(before, fingerprint.of(pulled, tool("python", "3.12"))) == ""
    assert told(before, fingerprint.of(pulled, replace(ENVIRONMENT, image=NEW))) != ""


def test_many_changes_fit_into_a_line(workload: Workload) -> None:
    before = fingerprint.of(workload, ENVIRONMENT)
    other = Environment("7", "v1", "arm64", 8, "local", "host", ())

    words = fingerprint.changes(before, fingerprint.of(workload, other))

    assert words.startswith("the kernel changed (6.1 -> 7), the cgroup version")
    assert words.endswith(", 5 more changes")
