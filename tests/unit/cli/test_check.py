"""``memtune check``: which images it executes, and that a crash never looks like a failure."""

from pathlib import Path

import pytest

import memtune.__main__  # noqa: F401 - it registers the commands
from memtune.cli.app import main
from memtune.cli.gate import options, scenarios, with_images
from memtune.errors import ExitCode, UsageError
from memtune.model import Image, ImageKind, Scenario

SERVICES = """\
version: 1
name: pair
kind: service
cap: 64MiB
services:
  one: { image: host, command: [a], port: 1 }
  two: { image: host, command: [b], port: 2 }
load: { command: [c] }
"""
BUDGETS = """\
version: 1
scenarios:
  pair: { workload: ./workload.yaml, max: 32MiB }
  face: { workload: face, cap: 512MiB, max: 400MiB }
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "workload.yaml").write_text(SERVICES)
    (tmp_path / "memtune.yaml").write_text(BUDGETS)
    return str(tmp_path / "memtune.yaml")


def images(scenario: Scenario) -> list[Image]:
    return [program.image for program in scenario.workload.programs]


def test_all_scenarios_are_checked_unless_some_are_named(file: str) -> None:
    assert [one.name for one in scenarios(file, [])] == ["pair", "face"]
    assert [one.name for one in scenarios(file, ["face", "face"])] == ["face"]


def test_a_name_that_matches_nothing_is_an_error(file: str) -> None:
    with pytest.raises(UsageError, match="no scenario 'fase'") as caught:
        scenarios(file, ["fase"])

    assert caught.value.hint == "did you mean 'face'?"


def test_an_image_replaces_that_of_the_only_program(file: str) -> None:
    [face] = scenarios(file, ["face"])

    assert images(with_images(face, ["app:2"])) == [Image(ImageKind.NAME, "app:2")]


def test_an_image_of_several_services_names_its_service(file: str) -> None:
    [pair] = scenarios(file, ["pair"])

    named = with_images(pair, ["two=app:2"])

    assert images(named) == [Image(ImageKind.HOST), Image(ImageKind.NAME, "app:2")]
    with pytest.raises(UsageError, match="several services"):
        with_images(pair, ["app:2"])
    with pytest.raises(UsageError, match="no such service"):
        with_images(pair, ["three=app:2"])


def test_commands_name_the_budget_file_where_it_is_another(file: str) -> None:
    assert options("memtune.yaml") == ()
    assert options(file) == ("--file", file)


def test_commands_repeat_how_runs_are_made_where_that_is_not_the_default() -> None:
    assert options("memtune.yaml", "docker", "warm") == ()
    assert options("memtune.yaml", "local", "cold") == (
        "--executor",
        "local",
        "--page-cache",
        "cold",
    )


@pytest.mark.parametrize("reason", ["", " ", "...", "two\nlines"])
def test_growth_is_accepted_for_a_reason_alone(file: str, reason: str) -> None:
    words = ["baseline", "accept", "pair", "--reason", reason, "--file", file]

    assert main(words) == ExitCode.USAGE


def test_a_crash_ends_with_70(
    file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("memtune.gate.base.Project.of", broken)

    assert main(["check", "--file", file]) == ExitCode.BUG
    assert "this is a bug" in capsys.readouterr().err
