"""The steps of action.yml, the lines of the GitLab job and the hook on push, executed in real
projects: a change that needs 20 MiB more fails with the line named, one of a comment passes."""

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.ci import ROOT, GitHub, downloaded, gitlab, hooked
from tests.git import Git

EXAMPLE = ROOT / "examples" / "batch-job"
BUDGETS = """\
version: 1
scenarios:
  words:
    workload: workload.yaml
    settings: { chunk_lines: 1000 }
    max: MAX
    growth: { fail: 5%, warn: 3%, floor: 4MiB }
"""
SMALL = """\
version: 1
name: words
kind: pipeline
image: host
command: [python, job.py]
cap: 64MiB
"""
CEILING = """\
version: 1
scenarios:
  words:
    workload: workload.yaml
    max: 30MiB
"""
PLACE = "file=memtune.yaml,line=7"
BEGIN = "    begun = time.monotonic()\n"
MORE = f"{BEGIN}    kept = bytearray(b'x') * (20 << 20)\n"
GUILTY = "job.py:47"


class PullRequest:
    """The batch job with a budget, a change to it, and the merge commit that GitHub makes."""

    def __init__(self, directory: Path, change: str, most: str = "80MiB") -> None:
        git = Git(directory / "origin")
        shutil.copytree(EXAMPLE, git.root, dirs_exist_ok=True)
        (git.root / "memtune.yaml").write_text(BUDGETS.replace("MAX", most))
        self.base = git.commit("base")
        git("switch", "--quiet", "--create", "change")
        job = git.root / "job.py"
        text = job.read_text()
        assert BEGIN in text
        job.write_text(text.replace(BEGIN, change))
        self.head = git.commit("change")
        git("switch", "--quiet", "main")
        git("merge", "--quiet", "--no-ff", "--message", "Merge", "change")
        git("update-ref", "refs/pull/1/merge", "HEAD")
        git("reset", "--quiet", "--hard", self.base)
        self.origin = git
        self.directory = directory

    def checked_out(self, ref: str, *depth: str) -> Path:
        """Do what a runner does before the job's own steps."""
        there = Git(self.directory / "work")
        there("remote", "add", "origin", f"file://{self.origin.root}")
        there("fetch", "--quiet", "--no-tags", *depth, "origin", f"+{ref}:refs/remotes/merge")
        there("checkout", "--quiet", "--detach", "refs/remotes/merge")
        return there.root

    def job(self, action: Path, **outputs: dict[str, str]) -> GitHub:
        """Return the job as `actions/checkout` leaves it to the action."""
        event = {"pull_request": {"base": {"sha": self.base}, "head": {"sha": self.head}}}
        workspace = self.checked_out("refs/pull/1/merge", "--depth=1")
        return GitHub(workspace, self.directory / "temp", action, event, outputs=outputs)


@pytest.fixture(scope="module")
def action(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The action, downloaded."""
    return downloaded(tmp_path_factory.mktemp("actions") / "memtune")


@pytest.fixture(scope="module")
def installed(action: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python that the action's first step makes, with memtune and all that it needs."""
    directory = tmp_path_factory.mktemp("runner")
    job = GitHub(directory, directory / "temp", action).execute("install")
    assert job.code == 0, job.log
    python = Path(job.outputs["install"]["python"])
    assert python.is_relative_to(directory)
    return python


def test_a_pull_request_that_needs_more_fails_and_names_the_line(
    action: Path, installed: Path, tmp_path: Path
) -> None:
    job = PullRequest(tmp_path, MORE).job(action, install={"python": str(installed)})

    job.execute()

    assert job.code == 1, job.log
    assert job.outputs["check"]["ruling"] == "fail"
    [annotation] = [line for line in job.log.splitlines() if line.startswith("::error")]
    assert PLACE in annotation
    assert GUILTY in annotation
    assert f"`{GUILTY} main`" in job.summary
    assert_kept(job, "fail")


def test_a_pull_request_that_changes_a_comment_passes(
    action: Path, installed: Path, tmp_path: Path
) -> None:
    change = PullRequest(tmp_path, f"    # When it began.\n{BEGIN}")
    job = change.job(action, install={"python": str(installed)})

    job.execute()

    assert job.code == 0, job.log
    assert job.outputs["check"]["ruling"] == "pass"
    assert "::error" not in job.log
    assert "memtune: PASS" in job.summary
    assert_kept(job, "pass")


def assert_kept(job: GitHub, ruling: str) -> None:
    """The artifact has the three reports, and they say the same."""
    [kept] = job.used
    assert kept["uses"].startswith("actions/upload-artifact@")
    reports = Path(kept["path"])
    assert json.loads((reports / "memtune.json").read_text())["result"]["ruling"] == ruling
    failures = ET.parse(reports / "memtune.xml").getroot().get("failures")
    assert failures == str(int(ruling == "fail"))
    assert (reports / "memtune.md").read_text().startswith(f"### memtune: {ruling.upper()}")


def test_memtune_comes_into_the_environment_of_the_project_where_that_is_asked_for(
    action: Path, tmp_path: Path
) -> None:
    environment = tmp_path / ".venv"  # without pip, as uv makes it
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    # Its packages: those of these tests, so that memtune alone has to be installed.
    Path(site, "project.pth").write_text(sysconfig.get_path("purelib") + "\n")

    job = GitHub(tmp_path, tmp_path / "temp", action).execute("install", python=".venv/bin/python")

    assert job.code == 0, job.log
    assert job.outputs["install"] == {"python": str(python)}
    assert (environment / "bin" / "memtune").exists()
    assert not (tmp_path / "temp" / "memtune").exists()


def test_the_lines_of_the_gitlab_job_fail_a_merge_request_that_needs_more(
    action: Path, installed: Path, tmp_path: Path
) -> None:
    change = PullRequest(tmp_path, MORE, most="20MiB")  # one run decides
    work = change.checked_out("refs/heads/change")

    done = gitlab(
        work,
        MEMTUNE_ENVIRONMENT=str(installed.parents[1]),
        MEMTUNE=f"{action}[load]",
        CI_MERGE_REQUEST_DIFF_BASE_SHA=change.base,
    )

    assert done.returncode == 1, done.stdout
    [issue] = json.loads((work / "memtune-codequality.json").read_text())
    assert issue["location"] == {"path": "memtune.yaml", "lines": {"begin": 6}}
    assert '{ruling="fail",scenario="words"} 1.0' in (work / "memtune-metrics.txt").read_text()
    assert GUILTY in (work / "memtune-junit.xml").read_text()
    assert GUILTY in (work / "memtune.md").read_text()


def test_a_push_that_needs_more_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git, bare = Git(tmp_path / "project"), Git(tmp_path / "bare")
    bare("config", "receive.denyCurrentBranch", "ignore")
    git("remote", "add", "origin", str(bare.root))
    for name, text in (("workload.yaml", SMALL), ("memtune.yaml", CEILING), ("job.py", "")):
        (git.root / name).write_text(text)
    hooked(git, "memtune-check", "pre-push", monkeypatch)
    git("push", "--quiet", "origin", "main")
    passed = bare("rev-parse", "main")

    (git.root / "job.py").write_text("kept = bytearray(b'x') * (40 << 20)\n")
    git.commit()
    with pytest.raises(subprocess.CalledProcessError) as refused:
        git("push", "--quiet", "origin", "main")

    assert "FAIL  1 scenario" in refused.value.stdout + refused.value.stderr
    assert bare("rev-parse", "main") == passed != git("rev-parse", "main")
