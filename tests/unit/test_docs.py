"""The documentation held against the code: it builds, its commands parse, nothing is left out."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from docs.made import MARK
from docs.made.parts import PARTS
from docs.made.results import kinds
from docs.made.symptoms import logs
from memtune.cli.app import app
from memtune.cli.app import main as run
from memtune.config.catalogue import load_workload, settings_for
from memtune.config.json_schema import FileKind, json_schema
from memtune.config.platforms import platforms
from memtune.diagnose.record import record
from memtune.diagnose.symptoms import RULES as SYMPTOMS
from memtune.errors import ExitCode
from memtune.export.formats import FORMATS
from memtune.lint.table import RULES as MISTAKES
from memtune.model import Outcome
from memtune.validate import validate
from tests.documents import DOCS, PAGES, ROOT, blocks, commands, help_of, page, save

LINES = sorted({(name, line) for name in PAGES for line in commands(page(name))})
NOT_A_COMMAND = ("soak",)
"""Results that a command prints under an option."""
SHOWN_BY_ANOTHER = ("show",)
"""Commands that print the result of another one."""


def build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-E", "-W", "--keep-going",
         "-c", str(DOCS), "-d", str(target / "trees"), str(source), str(target / "site")],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_the_documentation_builds_without_a_warning_and_asks_no_network(tmp_path: Path) -> None:
    built = build(DOCS, tmp_path)

    assert (built.returncode, built.stderr) == (0, "")
    site = {path.relative_to(tmp_path / "site"): path for path in (tmp_path / "site").rglob("*")}
    assert {Path(name).with_suffix(".html") for name in PAGES} <= set(site)
    pages = [path.read_text(encoding="utf-8") for path in site.values() if path.suffix == ".html"]
    assert not any("\N{EN DASH}" in text for text in pages)  # it was an option's two hyphens
    loaded = [
        found
        for path in site.values()
        if path.suffix in (".html", ".css")
        for found in re.findall(
            r"<(?:script|link|img|iframe)\b[^>]*https?://[^>]*>|url\(\s*[\"']?https?:[^)]*\)|"
            r"@import[^;]*",
            path.read_text(encoding="utf-8"),
        )
    ]
    assert loaded == []


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("[there](nowhere.md)", "nowhere.md"),
        ("[there](#nowhere)", "nowhere"),
        ("<!-- made: nothing -->", "'nothing'"),
    ],
)
def test_a_mistake_fails_the_build(mistake: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text(f"# Page\n\n{mistake}\n")

    built = build(tmp_path, tmp_path / "built")

    assert built.returncode != 0
    assert said in built.stderr


@pytest.mark.parametrize(("name", "line"), LINES)
def test_a_command_of_the_documentation_is_one(
    name: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(help_of(line))

    assert (code, capsys.readouterr().err) == (ExitCode.PASS, "")


@pytest.mark.parametrize("name", [name for name in PAGES if "```yaml" in page(name)])
def test_the_files_of_a_page_are_right(name: str, tmp_path: Path) -> None:
    text = page(name)
    saved = [path for path in save(text, tmp_path) if path.suffix == ".yaml"]

    assert len(saved) == sum(block.language == "yaml" for block in blocks(text))
    assert validate(saved).mistakes == ()


@pytest.mark.parametrize(
    "name", [one for one, line in LINES if one.startswith("how-to") and "--set" in line]
)
def test_a_setting_of_a_page_is_one_of_its_workload(name: str, tmp_path: Path) -> None:
    save(page(name), tmp_path)
    workload = load_workload(str(tmp_path / "workload.yaml"))

    given = dict(re.findall(r"--set (\w+)=(\S+)", "\n".join(commands(page(name)))))

    assert given
    assert set(settings_for(workload.space, given).as_dict()) == set(given)


def test_every_part_has_its_place_on_a_page() -> None:
    placed = [name for one in PAGES for name in MARK.findall((DOCS / one).read_text())]

    assert sorted(placed) == sorted(PARTS)


def test_every_command_is_in_the_reference(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--help"])
    listed = capsys.readouterr().out.partition("Options:\n")[2]
    names = re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)

    sections = re.findall(r"^## memtune ([a-z]+)", page("reference/commands.md"), re.MULTILINE)

    assert {"profile", "baseline"} <= set(names)
    assert set(sections) == set(names)


def test_every_exit_code_and_outcome_is_in_the_reference() -> None:
    rows = first_cells("reference/exit-codes.md")

    assert rows >= {str(code.value) for code in ExitCode} | {one.value for one in Outcome}


@pytest.mark.parametrize("kind", FileKind)
def test_every_key_of_a_file_is_in_the_reference(kind: FileKind) -> None:
    keys = set(properties(json_schema(kind)))

    assert "version" in keys
    assert first_cells(f"reference/{kind}.md") == keys


def test_every_result_is_in_the_reference() -> None:
    root: Any = typer.main.get_command(app)
    printing = {name for name, command in root.commands.items() if prints_json(command)}

    assert set(kinds()) == (printing - set(SHOWN_BY_ANOTHER)) | set(NOT_A_COMMAND)
    assert first_cells("reference/json.md") >= set(kinds())


def test_every_format_rule_and_plan_is_on_its_page() -> None:
    plans = {cell for name in PAGES if name.startswith("how-to/") for cell in first_cells(name)}

    assert first_cells("reference/export.md") == set(FORMATS)
    assert first_cells("reference/lint.md") == {rule.name for rule in MISTAKES}
    assert plans == {plan.name for plan in platforms()}


@pytest.mark.parametrize("rule", SYMPTOMS)
def test_every_symptom_is_shown_by_a_log(rule: Any) -> None:
    assert any(list(rule(record(lines, None))) for lines in logs())


def first_cells(name: str) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)`", page(name), re.MULTILINE))


def properties(schema: Any) -> list[str]:
    """The names of the members of every object in a schema."""
    if isinstance(schema, list):
        return [name for each in schema for name in properties(each)]
    if not isinstance(schema, dict):
        return []
    own = list(schema.get("properties", {}))
    return own + [name for value in schema.values() for name in properties(value)]


def prints_json(command: Any) -> bool:
    inner = getattr(command, "commands", {}).values()
    own = any("--json" in parameter.opts for parameter in command.params)
    return own or any(map(prints_json, inner))
