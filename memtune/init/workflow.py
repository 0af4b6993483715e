"""The CI workflow that checks every pull request, where the project's host is known to take it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from memtune.lint.facts import SourceFile
from memtune.repository import Repository

_GITLAB = re.compile(r"(?i)[/@.]?gitlab[\w.-]*[:/]")
_GITHUB = re.compile(r"(?i)[/@.]?github\.com[:/]")


class Host(StrEnum):
    """Where the project's CI runs."""

    GITHUB = "github"
    """A repository there, or one without remotes."""
    GITLAB = "gitlab"
    OTHER = "other"
    NONE = "none"
    """There is no repository."""


@dataclass(frozen=True)
class Ci:
    """Where a project's CI runs, and from where it executes memtune."""

    host: Host
    file: Path | None
    """Where the workflow belongs; absent where none is written."""
    directory: str
    """The project's, below the repository's root; empty for the root itself."""
    root: Path | None = None
    """The repository's."""


def ci_of(directory: Path, name: str, repository: Repository | None) -> Ci:
    """Return where the CI of a project's directory runs."""
    if repository is None:
        return Ci(Host.NONE, None, "")
    below = directory.resolve().relative_to(repository.root.resolve()).as_posix()
    below = "" if below == "." else below
    urls = repository.remotes()
    if any(map(_GITHUB.search, urls)) or not urls:
        # One workflow for each project of a repository that has several.
        file = f"memtune-{name}.yml" if below else "memtune.yml"
        return Ci(
            Host.GITHUB, repository.root / ".github" / "workflows" / file, below, repository.root
        )
    host = Host.GITLAB if any(map(_GITLAB.search, urls)) else Host.OTHER
    return Ci(host, None, below, repository.root)


def workflow_text(ci: Ci, files: list[SourceFile], on_host: bool) -> str:
    """Return the GitHub workflow; ``on_host`` where the job's own Python executes the project."""
    where = f'\n    defaults:\n      run:\n        working-directory: "{ci.directory}"'
    steps = "".join(f"\n      - run: {line}" for line in _needs(files, on_host))
    return f"""\
# Fails a pull request after which the workload needs more memory than memtune.yaml allows.
# memtune's own action keeps more reports: examples/ci/github-workflow.yml in its repository.
name: memtune
on: pull_request
permissions:
  contents: read

jobs:
  memtune:
    runs-on: ubuntu-24.04 # with Docker
    timeout-minutes: 30{where if ci.directory else ""}
    steps:
      - uses: actions/checkout@v6
        with:
          fetch-depth: 0 # the commit to compare with, and where baselines were accepted
          persist-credentials: false
      - uses: actions/setup-python@v6
        with:
          python-version: "3.12"
      - run: pip install "memtune[load]"{steps}
      - run: memtune validate
      # HEAD merges the pull request into HEAD^1. Both are built and executed here, in turn.
      - run: memtune check --against HEAD^1 --report "github:$GITHUB_STEP_SUMMARY"
"""


def _needs(files: list[SourceFile], on_host: bool) -> list[str]:
    """What the job has to install for a project that no image is built of."""
    paths = {source.path for source in files} if on_host else set()
    lines = ["pip install -r requirements.txt"] if "requirements.txt" in paths else []
    if "pyproject.toml" in paths and not lines:
        lines.append("pip install .")
    return [*lines, "npm ci"] if "package.json" in paths else lines
