"""How GitHub's and GitLab's runners execute the steps of a job, as far as memtune's need it.

https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax#runs-for-composite-actions
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.git import Git

ROOT = Path(__file__).parents[1]
ACTION = ROOT / "action.yml"
GITLAB = ROOT / "examples" / "ci" / "gitlab-ci.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
PACKAGE = ("memtune", "profiles", "action.yml", "pyproject.toml", "README.md", "LICENSE")
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_OUTPUT = re.compile(r"([\w-]+)=(.*)")


def load(file: Path) -> Any:
    """Return what a YAML file says, with the key ``on`` as it is written."""
    return yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)


def downloaded(target: Path) -> Path:
    """Copy the action's repository, as a runner has it after the download."""
    for name in PACKAGE:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, target / name, ignore=ignored)
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
    return target


@dataclass
class GitHub:
    """A job whose one step is the action."""

    workspace: Path
    """What actions/checkout has checked out."""
    temp: Path
    action: Path = ROOT
    event: dict[str, Any] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the ids of the steps; those that are here have been executed."""
    code: int = 0
    """Of the first step that failed."""
    log: str = ""
    summary: str = ""
    used: list[dict[str, Any]] = field(default_factory=list)
    """Steps that use other actions, with their values: not executed."""

    def execute(self, *only: str, **inputs: str) -> "GitHub":
        """Execute the steps that are left, or those with these ids.

        In the inputs' names underscores stand for hyphens.
        """
        described = load(self.action / "action.yml")
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        known = {name: one.get("default", "") for name, one in described["inputs"].items()}
        assert given.keys() <= known.keys()
        values = known | given
        for step in described["runs"]["steps"]:
            name = step.get("id")
            left = name in only if only else name not in self.outputs
            if left and self._wanted(step, values):
                self._step(step, values)
        return self

    def _step(self, step: dict[str, Any], inputs: dict[str, str]) -> None:
        if "uses" in step:
            given = {name: self._filled(text, inputs) for name, text in step["with"].items()}
            self.used.append({"uses": step["uses"], **given})
            return
        assert step["shell"] == "bash"
        self.temp.mkdir(exist_ok=True)
        script, output = self.temp / "step.sh", self.temp / "output"
        summary = self.temp / "summary.md"
        script.write_text(step["run"], encoding="utf-8")
        for file in (output, summary):
            file.write_text("")
        files = {
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_ACTION_PATH": str(self.action),
            "RUNNER_TEMP": str(self.temp),
        }
        own = {name: self._filled(text, inputs) for name, text in step.get("env", {}).items()}
        directory = self.workspace / self._filled(step.get("working-directory", "."), inputs)
        shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail", str(script))
        done = _executed(shell, directory, self.env | files | own)
        self.log += done.stdout
        self.summary += summary.read_text()
        self.code = self.code or done.returncode
        pairs = [_OUTPUT.fullmatch(line) for line in output.read_text().splitlines()]
        self.outputs[step["id"]] = {pair[1]: pair[2] for pair in pairs if pair}
        assert all(pairs)

    def _wanted(self, step: dict[str, Any], inputs: dict[str, str]) -> bool:
        condition = EXPRESSION.sub(r"\1", step.get("if", "success()"))
        return all(self._holds(part.strip(), inputs) for part in condition.split("&&"))

    def _holds(self, condition: str, inputs: dict[str, str]) -> bool:
        if condition == "success()":
            return self.code == 0
        if condition == "!cancelled()":
            return True
        name, unequal, literal = condition.partition(" != ")
        assert unequal
        assert literal == "''"
        return self._value(name, inputs) != ""

    def _filled(self, text: str, inputs: dict[str, str]) -> str:
        return EXPRESSION.sub(lambda match: self._value(match[1], inputs), text)

    def _value(self, name: str, inputs: dict[str, str]) -> str:
        match name.split("."):
            case ["inputs", of]:
                return inputs[of]
            case ["steps", step, "outputs", of]:
                return self.outputs.get(step, {}).get(of, "")
            case ["github", "event", *path]:
                value: Any = self.event
                for key in path:
                    value = value.get(key, {})
                return str(value or "")
        raise AssertionError(f"no runner knows {name}")


def gitlab(
    workspace: Path, *, installed: bool = False, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Execute the template's job in a checkout; its standard streams are one.

    Where memtune is ``installed`` already, ``before_script`` is left out.
    """
    job = load(GITLAB)["memtune"]
    predefined = {"CI_PROJECT_DIR": str(workspace)}
    own = {
        name: re.sub(r"\$(\w+)", lambda match: predefined.get(match[1], ""), text)
        for name, text in job["variables"].items()
    }
    lines = "\n".join([*([] if installed else job["before_script"]), *job["script"]])
    shell = ("bash", "-c", f"set -eo pipefail\nset +o noclobber\n{lines}")
    return _executed(shell, workspace, predefined | own | variables)


def hooked(git: Git, hook: str, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pre-commit execute a hook of memtune's in a repository.

    pre-commit would install memtune for it; here it takes the one of these tests.
    """
    bin_ = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{bin_}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(git.root.parent / "pre-commit"))
    [described] = [one for one in yaml.safe_load(HOOKS.read_text()) if one["id"] == hook]
    config = {"repos": [{"repo": "local", "hooks": [described | {"language": "unsupported"}]}]}
    (git.root / ".pre-commit-config.yaml").write_text(json.dumps(config))  # which is YAML
    git.commit("hooks")
    install = [str(bin_ / "pre-commit"), "install", "--hook-type", stage]
    subprocess.run(install, cwd=git.root, check=True, capture_output=True)


def _executed(
    command: tuple[str, ...], directory: Path, env: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=directory,
        env=_without_ci() | env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )


def _without_ci() -> dict[str, str]:
    """The variables of this process, without those of a CI system that executes the tests."""
    names = ("GITHUB_", "RUNNER_", "CI_", "VIRTUAL_ENV", "PYTHONPATH")
    return {name: text for name, text in os.environ.items() if not name.startswith(names)}
