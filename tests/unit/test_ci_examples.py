"""The CI templates and hooks: valid for those who read them, and true of memtune."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import memtune.__main__  # noqa: F401 - it registers the commands
from memtune.cli.app import main as run
from memtune.report.formats import FORMATS
from tests.ci import ACTION, GITLAB, HOOKS, ROOT, gitlab, hooked, load
from tests.git import Git

BIN = Path(sys.executable).parent
WORKFLOW = ROOT / "examples" / "ci" / "github-workflow.yml"
JOB = load(GITLAB)["memtune"]
ECHO = "#!/bin/sh\nprintf '%s\\n' \"$@\" > words\nexit 4\n"
WORKLOAD = """\
version: 1
name: words
kind: pipeline
image: host
command: [python, job.py]
cap: 64MiB
"""
BUDGETS = """\
version: 1
scenarios:
  words:
    workload: ./job.yaml
    max: 40MiB
"""


@pytest.mark.parametrize(
    ("schema", "file"),
    [("github-actions", ACTION), ("github-workflows", WORKFLOW), ("gitlab-ci", GITLAB)],
)
def test_a_file_is_valid_for_its_reader(schema: str, file: Path) -> None:
    execute("check-jsonschema", "--builtin-schema", f"vendor.{schema}", str(file))


def test_the_hooks_are_valid_for_pre_commit() -> None:
    execute("pre-commit", "validate-manifest", str(HOOKS))


def execute(program: str, *arguments: str) -> None:
    command = [str(BIN / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("commented", [False, True])
def test_the_workflow_knows_the_action_as_it_is(tmp_path: Path, commented: bool) -> None:
    text = WORKFLOW.read_text()
    if commented:
        text = re.sub(r"^( +)# ( *[\w-]+:)", r"\1\2", text, flags=re.MULTILINE)
    file = tmp_path / "workflow.yml"
    file.write_text(text)

    checkout, _, action = load(file)["jobs"]["memtune"]["steps"]

    assert checkout["with"]["fetch-depth"] == "0"
    assert ("with" in action) == commented
    assert action.get("with", {}).keys() <= load(ACTION)["inputs"].keys()


def test_gitlab_gets_the_reports_that_are_written() -> None:
    words = shlex.split("\n".join(JOB["script"]))
    written = dict(w.split(":") for w in words if w.partition(":")[0] in FORMATS)

    reports = JOB["artifacts"]["reports"]
    assert written == {
        "gitlab": reports["codequality"],
        "openmetrics": reports["metrics"],
        "junit": reports["junit"],
        "markdown": JOB["artifacts"]["paths"][0],
    }


@pytest.mark.parametrize(
    ("variables", "against"),
    [
        ({}, []),
        ({"CI_MERGE_REQUEST_DIFF_BASE_SHA": "began"}, ["--against=began"]),
        (
            {
                "CI_MERGE_REQUEST_DIFF_BASE_SHA": "began",
                "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "into",
            },
            ["--against=into"],
        ),
    ],
)
def test_what_a_merge_request_is_compared_with(
    tmp_path: Path, variables: dict[str, str], against: list[str]
) -> None:
    memtune = tmp_path / "environment" / "bin" / "memtune"
    memtune.parent.mkdir(parents=True)
    memtune.write_text(ECHO)
    memtune.chmod(0o755)

    done = gitlab(
        tmp_path, installed=True, MEMTUNE_ENVIRONMENT=str(tmp_path / "environment"), **variables
    )

    words = (tmp_path / "words").read_text().splitlines()
    assert done.returncode == 4
    assert words[0] == "check"
    assert [word for word in words if word.startswith("--against")] == against


@pytest.mark.parametrize("hook", load(HOOKS), ids=lambda hook: hook["id"])
def test_a_hook_executes_a_command_of_memtune(
    hook: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    program, *words = shlex.split(hook["entry"])

    assert program == "memtune"
    assert run([*words, "--help"]) == 0
    assert capsys.readouterr().err == ""


class Project:
    """A repository whose commits memtune validates."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.git = Git(root)
        for name, text in (("job.yaml", WORKLOAD), ("memtune.yaml", BUDGETS), ("job.py", "")):
            (root / name).write_text(text)
        hooked(self.git, "memtune-validate", "pre-commit", monkeypatch)

    def commit(self, name: str, text: str) -> str:
        """Commit a file; return what the hook said where it refused."""
        (self.git.root / name).write_text(text)
        try:
            self.git.commit()
        except subprocess.CalledProcessError as refused:
            return str(refused.stdout + refused.stderr)
        return ""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return Project(tmp_path / "project", monkeypatch)


def test_a_commit_with_a_wrong_budget_is_refused(project: Project) -> None:
    said = project.commit("memtune.yaml", BUDGETS.replace("max:", "mx:"))

    assert "memtune.yaml:5" in said
    assert "did you mean" in said


def test_a_commit_with_a_wrong_workload_is_refused_whatever_its_name(project: Project) -> None:
    assert "job.yaml:6" in project.commit("job.yaml", WORKLOAD.replace("64MiB", "64MoB"))


def test_other_commits_pass(project: Project) -> None:
    assert project.commit("job.py", "print()") == ""
    assert project.commit("job.yaml", WORKLOAD.replace("64MiB", "96MiB")) == ""
    assert project.commit("compose.yaml", "services: {}") == ""
