"""README held against the code: its commands parse, its workload loads, its words exist."""

import re
from pathlib import Path

import pytest

import memtune.__main__  # noqa: F401 - it registers the commands
from memtune.cli.app import main as run
from memtune.config.budgets import load_scenarios
from memtune.config.catalogue import load_workload
from memtune.config.names import profile_names
from memtune.errors import ExitCode
from memtune.model import Workload
from tests.documents import ROOT, blocks, commands, help_of, own_words

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = blocks(README)
COMMANDS = commands(README)


def test_readme_shows_every_command() -> None:
    assert {own_words(line)[0] for line in COMMANDS} >= {"profile", "recommend", "floor"}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_is_one(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(help_of(line))

    assert (code, capsys.readouterr().err) == (ExitCode.PASS, "")


def test_the_workload_of_the_readme_loads(tmp_path: Path) -> None:
    workload, _ = workloads(tmp_path)

    assert workload.name == "my-job"
    assert [knob.name for knob in workload.space.knobs] == ["workers", "heap_mb"]


def test_the_services_of_the_readme_load(tmp_path: Path) -> None:
    _, services = workloads(tmp_path)

    assert [program.name for program in services.programs] == ["api", "db"]
    assert [knob.name for knob in services.space.knobs] == ["api.workers"]
    assert services.plan is not None
    assert services.plan.load.calls[0].url == "http://api:8000/login"


def test_the_budget_of_the_readme_is_that_of_the_example(tmp_path: Path) -> None:
    [block] = [block for block in BLOCKS if "scenarios:" in block.text and block.language == "yaml"]
    (tmp_path / "memtune.yaml").write_text(block.text)
    (tmp_path / "examples").symlink_to(ROOT / "examples")

    [shown] = load_scenarios(tmp_path / "memtune.yaml").values()
    [real] = load_scenarios(ROOT / "examples" / "batch-job" / "memtune.yaml").values()

    assert (shown.budget, shown.settings, shown.cap_bytes) == (
        real.budget,
        real.settings,
        real.cap_bytes,
    )


def workloads(folder: Path) -> list[Workload]:
    loaded = []
    for block in BLOCKS:
        if block.language == "yaml" and "scenarios:" not in block.text:
            (folder / "workload.yaml").write_text(block.text)
            loaded.append(load_workload(str(folder / "workload.yaml")))
    return loaded


def test_the_exit_codes_of_the_readme_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| (\d+) \|", README, re.MULTILINE)

    assert [int(row) for row in rows] == [code.value for code in ExitCode]


def test_the_profiles_of_the_readme_are_shipped() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .*[MG]iB", README, re.MULTILINE)

    assert sorted(rows) == profile_names()


def test_the_make_targets_of_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z0-9-]+)`", README))
    named |= set(re.findall(r"`make ([a-z0-9-]+)`", (ROOT / "CONTRIBUTING.md").read_text()))

    assert named <= targets
