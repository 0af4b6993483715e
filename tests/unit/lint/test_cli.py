"""The command: exit codes, formats, and foreign text that stays text."""

import json
from pathlib import Path

import pytest

import memtune.__main__  # noqa: F401 - it registers the commands
from memtune.cli.app import main as run
from memtune.errors import ExitCode

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["seed"], ExitCode.FAIL),
        (["seed_fixed"], ExitCode.PASS),
        (["absent"], ExitCode.USAGE),
        (["seed", "--cap", "512"], ExitCode.USAGE),
        (["seed", "--format", "html"], ExitCode.USAGE),
        (["seed", "--platform", "render:startr"], ExitCode.USAGE),
        (["seed", "--platform", "render:starter", "--cap", "1GiB"], ExitCode.USAGE),
        (["seed_fixed", "--platform", "render:starter"], ExitCode.PASS),
    ],
)
def test_exit_codes(
    arguments: list[str], code: ExitCode, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["lint", str(FIXTURES / arguments[0]), *arguments[1:]]) == code
    assert ("hint:" in capsys.readouterr().err) == (code == ExitCode.USAGE)


def test_the_plans_memory_is_the_cap(capsys: pytest.CaptureFixture[str]) -> None:
    run(["lint", str(FIXTURES / "seed"), "--platform", "render:standard", "--json"])

    result = json.loads(capsys.readouterr().out)["result"]
    assert {cap["cap_bytes"] for cap in result["caps"]} == {2 * 1024**3}
    assert "threshold-over-cap" not in {mistake["rule"] for mistake in result["mistakes"]}


def test_a_hint_alone_changes_no_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "requirements.txt").write_text("flask\nnumpy\n")

    assert run(["lint", str(tmp_path), "--cap", "512MiB"]) == ExitCode.PASS
    assert "thread-variables-unset" in capsys.readouterr().out


def test_json_has_everything(capsys: pytest.CaptureFixture[str]) -> None:
    run(["lint", str(FIXTURES / "seed"), "--json"])

    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["command"]) == (1, "lint")
    assert set(document["result"]["mistakes"][0]) == {
        "rule", "severity", "file", "line", "found", "reason", "fix",
    }  # fmt: skip
    assert document["result"]["caps"][0]["cap_bytes"] == 512 * 1024**2


def test_every_mistake_has_a_line_that_editors_can_follow(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["lint", str(FIXTURES / "seed")])

    heads = [line for line in capsys.readouterr().out.splitlines() if ": error " in line]
    assert f"{FIXTURES}/seed/backend-v1/package.json:6: error node-flag-unknown" in heads


def test_github_gets_one_workflow_command_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    run(["lint", str(FIXTURES / "seed"), "--format", "github"])

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 31
    assert all(line.startswith(("::error file=", "::warning file=", "::notice ")) for line in lines)


@pytest.mark.parametrize("form", ["text", "github"])
def test_foreign_text_neither_colours_nor_commands(
    tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "a,line=9::x\n::error::owned"
    folder.mkdir()
    (folder / "package.json").write_text(
        json.dumps({"scripts": {"a": "node '--heap-x=%0A::error::[red]\x1b[31m\u202e'"}})
    )

    run(["lint", str(tmp_path), "--format", form])

    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "[red]" in out
    if form == "github":
        (line,) = out.splitlines()
        assert line.startswith("::error file=")
        assert "%250A" in line
        assert "a%2Cline=9%3A%3Ax" in line
