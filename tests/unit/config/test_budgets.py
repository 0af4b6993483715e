"""memtune.yaml: what it may say, and how it says what is wrong."""

from pathlib import Path

import pytest

from memtune.config.budgets import load_scenarios, scenario_names
from memtune.errors import ConfigError
from memtune.model import Budget, CapFor, Growth, Scenario
from memtune.units import MIB

WORKLOAD = """\
version: 1
name: words
kind: pipeline
image: host
command: [python, job.py]
space:
  workers: { values: [1, 2], env: WORKERS }
"""
PROFILE = """\
version: 1
workload: ./workload.yaml
cap: 256MiB
cap_for: all
settings: { workers: 2 }
"""


def load(directory: Path, *lines: str) -> Scenario:
    (directory / "workload.yaml").write_text(WORKLOAD)
    (directory / "profile.yaml").write_text(PROFILE)
    text = "".join(f"    {line}\n" for line in lines)
    (directory / "memtune.yaml").write_text(f"version: 1\nscenarios:\n  words:\n{text}")
    return load_scenarios(directory / "memtune.yaml")["words"]


def test_a_profile_gives_workload_settings_and_cap(tmp_path: Path) -> None:
    found = load(tmp_path, "profile: ./profile.yaml", "max: 100MiB")

    assert (found.name, found.workload.name, found.cap_bytes) == ("words", "words", 256 * MIB)
    assert str(found.settings) == "workers=2"
    assert found.workload.cap_for is CapFor.ALL
    assert found.budget == Budget(100 * MIB, None)
    assert (found.place.line, found.place.key) == (5, "scenarios.words.max")
    assert found.growth_place.line == 3


def test_a_scenario_has_the_last_word(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        "profile: ./profile.yaml",
        "cap: 128MiB",
        "settings: { workers: 1 }",
        "growth: { fail: 8%, warn: 2%, floor: 1MiB }",
    )

    assert (found.cap_bytes, str(found.settings)) == (128 * MIB, "workers=1")
    assert found.budget == Budget(None, Growth(0.08, 0.02, MIB))


def test_empty_growth_stands_for_the_defaults(tmp_path: Path) -> None:
    found = load(tmp_path, "workload: ./workload.yaml", "cap: 1GiB", "growth: {}")

    assert found.budget == Budget(None, Growth(0.05, 0.03, 4 * MIB))


@pytest.mark.parametrize(
    ("lines", "line", "complaint"),
    [
        (["workload: ./workload.yaml", "cap: 1GiB"], 3, "nothing can fail"),
        (["max: 1MiB"], 3, "neither workload nor profile"),
        (["workload: ./workload.yaml", "max: 1MiB"], 3, "has no cap"),
        (["workload: ./workload.yaml", "cap: 4MiB", "max: 1MiB"], 5, "too small"),
        (["workload: ./workload.yaml", "cap: 1GiB", "max: 2GiB"], 6, "above the cap"),
        (["workload: ./none.yaml", "cap: 1GiB", "max: 1MiB"], None, "No such file"),
        (["workload: fase", "cap: 1GiB", "max: 1MiB"], 4, "did you mean 'face'"),
        (["profile: consarvative", "max: 1MiB"], 4, "did you mean 'conservative'"),
        (["profile: ./profile.yaml", "maxx: 1MiB"], 5, "did you mean 'max'"),
        (["profile: ./profile.yaml", "max: 1MiB", "settings: {wokers: 1}"], 6, "'workers'"),
        (["profile: ./profile.yaml", "growth: {fail: 0%}"], 5, "fail: 5%"),
        (["profile: ./profile.yaml", "growth: {warn: 9%}"], 5, "warn lies above fail"),
        (["profile: ./profile.yaml", "growth: {fial: 9%}"], 5, "did you mean 'fail'"),
        (["profile: ./profile.yaml", "max: 420"], 5, "unit is missing"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, lines: list[str], line: int | None, complaint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, *lines)

    assert complaint in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.where is not None
    assert caught.value.where.line == line


@pytest.mark.parametrize("name", ["Words", "words!", "-words", "w" * 65, "'words/x'"])
def test_a_name_that_no_report_could_carry_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "memtune.yaml").write_text(
        f"version: 1\nscenarios:\n  {name}: {{ workload: face, max: 1MiB }}\n"
    )

    with pytest.raises(ConfigError):
        load_scenarios(tmp_path / "memtune.yaml")


def test_names_are_read_from_what_another_memtune_wrote() -> None:
    text = "version: 9\nscenarios:\n  words: { anything: 1 }\n  faces: {}\n"

    assert scenario_names(text, "memtune.yaml") == {"words", "faces"}
    assert scenario_names("version: 9\n", "memtune.yaml") == set()
