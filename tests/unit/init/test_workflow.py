"""The CI workflow goes where the project's host takes it."""

import subprocess
from pathlib import Path

import pytest
import yaml

from memtune.init.workflow import Host, ci_of, workflow_text
from memtune.lint.facts import SourceFile
from memtune.repository import find


def repository(folder: Path, *remotes: str) -> Path:
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for number, url in enumerate(remotes):
        subprocess.run(["git", "-C", str(folder), "remote", "add", f"r{number}", url], check=True)
    return folder


@pytest.mark.parametrize(
    ("remotes", "host"),
    [
        ((), Host.GITHUB),
        (("git@github.com:me/it.git",), Host.GITHUB),
        (("https://example.org/it.git", "https://github.com/me/it"), Host.GITHUB),
        (("git@gitlab.example.org:me/it.git",), Host.GITLAB),
        (("https://example.org/github.com.git",), Host.OTHER),
    ],
)
def test_the_host_is_known_by_its_remotes(
    tmp_path: Path, remotes: tuple[str, ...], host: Host
) -> None:
    root = repository(tmp_path, *remotes)

    ci = ci_of(root, "it", find(root))

    assert ci.host is host
    assert (ci.file is not None) == (host is Host.GITHUB)


def test_outside_a_repository_there_is_none(tmp_path: Path) -> None:
    assert ci_of(tmp_path, "it", find(tmp_path)).host is Host.NONE


def test_a_project_below_the_root_is_checked_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "services" / "it").mkdir(parents=True)
    root = repository(tmp_path)

    ci = ci_of(root / "services" / "it", "it", find(root / "services" / "it"))

    assert ci.file == root.resolve() / ".github" / "workflows" / "memtune-it.yml"
    job = yaml.safe_load(workflow_text(ci, [], on_host=False))["jobs"]["memtune"]
    assert job["defaults"]["run"]["working-directory"] == "services/it"


def test_the_workflow_compares_with_the_base_of_the_pull_request(tmp_path: Path) -> None:
    ci = ci_of(tmp_path, "it", find(repository(tmp_path)))
    files = [SourceFile("requirements.txt", ""), SourceFile("package.json", "{}")]

    on_host = yaml.safe_load(workflow_text(ci, files, on_host=True))["jobs"]["memtune"]["steps"]
    built = yaml.safe_load(workflow_text(ci, files, on_host=False))["jobs"]["memtune"]["steps"]

    assert on_host[0]["with"]["fetch-depth"] == 0
    assert [step["run"] for step in on_host if "run" in step] == [
        'pip install "memtune[load]"',
        "pip install -r requirements.txt",
        "npm ci",
        "memtune validate",
        'memtune check --against HEAD^1 --report "github:$GITHUB_STEP_SUMMARY"',
    ]
    assert len(built) == len(on_host) - 2
