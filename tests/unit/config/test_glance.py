"""What files name at a glance: the same as when they are read in full, and nothing when hostile."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from memtune.config import glance
from memtune.config.budgets import load_scenarios
from memtune.config.catalogue import load_profile, load_workload
from memtune.config.document import read
from memtune.config.files import kind_of
from memtune.config.json_schema import FileKind
from memtune.config.names import profile_names
from memtune.config.platforms import platform_names

ROOT = Path(__file__).parents[3]
FILES = [
    file
    for folder in ("examples", "memtune/face", "profiles")
    for file in (ROOT / folder).rglob("*.yaml")
    if "node_modules" not in file.parts and "version: 1" in file.read_text().splitlines()
]
WORKLOADS = [file for file in FILES if kind_of(read(file)) is FileKind.WORKLOAD]
PROFILES = [file for file in FILES if kind_of(read(file)) is FileKind.PROFILE]
HOSTILE = {
    "no YAML": b"space: [",
    "no text": b"\xff\xfe\x00space: {}",
    "a list": b"- space\n",
    "an alias": b"space: &a [*a]\n",
    "deep": b"space: " + b"[" * 5000,
    "long": b"space: {}\n" * 10_000,
    "other shapes": b"space: {a: 3, b: {values: 4}, c: [1]}\nservices: 7\nscenarios: [a]\n",
    "services of other shapes": b"services: {a: 3, b: {space: [1]}}\n",
    "its own base": b"version: 1\nextends: ./file.yaml\nsettings: {}\n",
}


@pytest.mark.parametrize("file", WORKLOADS, ids=lambda file: str(file.relative_to(ROOT)))
def test_knobs_are_those_of_the_workload(file: Path) -> None:
    space = load_workload(str(file)).space

    shown = glance.knobs(str(file))

    assert shown == {knob.name: [str(value) for value in knob.values] for knob in space.knobs}


@pytest.mark.parametrize("name", [*profile_names(), *map(str, PROFILES)])
def test_the_workload_of_a_profile_is_that_which_it_executes(name: str) -> None:
    shown, full = glance.workload_of(name), load_profile(name).workload

    assert os.path.realpath(shown) == os.path.realpath(full)


def test_files_are_told_apart_by_their_keys() -> None:
    for folder in {file.parent for file in FILES}:
        here = [file for file in FILES if file.parent == folder]
        assert glance.workload_files(folder) == names(here, WORKLOADS)
        assert glance.profile_files(folder) == names(here, PROFILES)


def names(here: list[Path], of_kind: list[Path]) -> list[str]:
    return sorted(file.name for file in here if file in of_kind)


def test_files_of_others_are_neither(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("version: '3'\nservices: {}\n")
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    (tmp_path / "folder.yaml").mkdir()

    assert glance.workload_files(tmp_path) == []
    assert glance.profile_files(tmp_path) == []
    assert glance.knobs(str(tmp_path / "pipe.yaml")) == {}


def test_scenarios_are_those_of_the_budget_file() -> None:
    file = ROOT / "examples" / "batch-job" / "memtune.yaml"

    assert glance.scenarios(str(file)) == list(load_scenarios(file))


def test_plans_are_those_of_the_catalogue() -> None:
    assert list(glance.plans()) == platform_names()
    assert glance.plans()["render:starter"] == "512MiB, Render"


def test_directories_are_shown_without_hidden_ones(tmp_path: Path) -> None:
    for name in (".git", "b", "a"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()

    assert glance.directories(tmp_path) == ["a/", "b/"]
    assert glance.directories(tmp_path / "nowhere") == []


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_names_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file.yaml"
    file.write_bytes(content)

    assert glance.knobs(str(file)) == {}
    assert glance.scenarios(str(file)) == []
    assert glance.workload_of(str(file)) == ""


def test_a_glance_loads_no_schema_and_no_model() -> None:
    script = (
        "import sys; from memtune.config import glance; glance.knobs('face');"
        "print([m for m in ('memtune.model', 'pydantic', 'numpy') if m in sys.modules])"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.strip() == "[]"
