"""``memtune check`` and ``memtune baseline`` as a team uses them: real repositories, real runs."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.git import Git

Memtune = Callable[..., subprocess.CompletedProcess[str]]
EXAMPLE = Path(__file__).parents[2] / "examples" / "batch-job"
BUDGETS = """\
version: 1
scenarios:
  words:
    workload: ./workload.yaml
    settings: { chunk_lines: 1000, top: 2000 }
    max: 100MiB
    growth: { fail: 5%, warn: 3%, floor: 2MiB }
"""
BALLAST = "BALLAST = bytearray(20 << 20)\n"


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """The example under git, with a budget."""
    made = Git(tmp_path / "project")
    for name in ("job.py", "workload.yaml"):
        shutil.copy(EXAMPLE / name, made.root)
    (made.root / "memtune.yaml").write_text(BUDGETS)
    made.root.chmod(0o755)
    made.commit("as it was")
    return made


def edit(git: Git, old: str, new: str, name: str = "job.py") -> None:
    file = git.root / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def heavier(git: Git) -> None:
    edit(git, "LINES = 60_000\n", f"LINES = 60_000\n{BALLAST}")


def check(memtune: Memtune, git: Git, *words: str) -> tuple[int, dict[str, Any]]:
    done = memtune("check", "--json", *words, cwd=git.root)
    assert done.stdout, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)["result"]
    return done.returncode, result


def test_a_branch_that_adds_20_mib_fails_with_the_guilty_line_named(
    memtune: Memtune, git: Git
) -> None:
    git("checkout", "--quiet", "-b", "more")
    heavier(git)
    git.commit("more")

    done = memtune("check", "--against", "main", "--report", "junit:report.xml", cwd=git.root)

    assert done.returncode == 1, done.stderr
    line = (git.root / "job.py").read_text().splitlines().index(BALLAST.strip()) + 1
    assert f"job.py:{line}" in done.stdout
    assert "memtune check words --against" in done.stdout
    assert "memtune baseline accept words" in done.stdout
    assert f"job.py:{line}" in (git.root / "report.xml").read_text()


def test_a_branch_that_changes_a_comment_passes(memtune: Memtune, git: Git) -> None:
    git("checkout", "--quiet", "-b", "comment")
    edit(git, "LINES = 60_000\n", "# A comment.\nLINES = 60_000\n")
    git.commit("comment")

    code, result = check(memtune, git, "--against", "main")

    assert (code, result["scenarios"][0]["how"]) == (0, "a/b")


def test_from_the_first_baseline_to_an_accepted_growth(memtune: Memtune, git: Git) -> None:
    assert memtune("baseline", "update", cwd=git.root).returncode == 0
    git.commit("baseline")
    lock = git.root / "memtune.lock.json"
    first = lock.read_text()
    assert len(json.loads(first)["scenarios"]["words"]["need_bytes"]) == 20

    code, result = check(memtune, git)
    assert (code, result["scenarios"][0]["how"]) == (0, "stored")

    heavier(git)
    refused = memtune("baseline", "update", cwd=git.root)
    assert refused.returncode == 2
    assert "not committed: job.py" in refused.stderr

    git.commit("more")
    code, result = check(memtune, git)
    assert (code, result["scenarios"][0]["how"]) == (1, "a/b")
    refused = memtune("baseline", "update", cwd=git.root)
    assert refused.returncode == 1
    assert lock.read_text() == first

    accepted = memtune("baseline", "accept", "words", "--reason", "an index", cwd=git.root)
    assert accepted.returncode == 0, accepted.stderr
    assert json.loads(lock.read_text())["scenarios"]["words"]["reason"] == "an index"
    git.commit("accept")
    code, result = check(memtune, git)
    assert (code, result["scenarios"][0]["how"]) == (0, "stored")


def test_a_kill_at_the_cap_fails_and_is_never_a_baseline(memtune: Memtune, git: Git) -> None:
    edit(git, "LINES = 60_000\n", "LINES = 60_000\nBALLAST = b'x' * (200 << 20)\n")
    git.commit("too much")

    done = memtune("baseline", "update", cwd=git.root)

    assert done.returncode == 1
    assert "oom" in done.stdout
    assert not (git.root / "memtune.lock.json").exists()


def test_a_need_that_fills_the_cap_never_passes(memtune: Memtune, git: Git) -> None:
    """All of the cap but half a MiB, taken in small steps: no kill, and no room for more."""
    growth = "    max: 100MiB\n    growth: { fail: 5%, warn: 3%, floor: 2MiB }\n"
    edit(git, growth, "    max: 64MiB\n    cap: 64MiB\n", "memtune.yaml")
    edit(git, "  headroom: 20%\n", "", "workload.yaml")
    edit(
        git,
        "def main() -> None:\n",
        "def filled() -> list[bytes]:\n"
        "    limit = 64 << 20\n"
        "    used = '/sys/fs/cgroup/memory/memory.usage_in_bytes'\n"
        "    path = used if os.path.exists(used) else '/sys/fs/cgroup/memory.current'\n"
        "    held = []\n"
        "    while int(open(path).read()) < limit - (1 << 19):\n"
        "        held.append(b'x' * 65536)\n"
        "    time.sleep(0.2)\n"
        "    return held\n\n\n"
        "def main() -> None:\n    filled()\n",
    )

    code, result = check(memtune, git)

    assert (result["scenarios"][0]["findings"][0]["check"], code) == ("saturated", 4)


def test_another_image_is_checked_in_place_of_the_working_tree(memtune: Memtune, git: Git) -> None:
    (git.root / "Dockerfile").write_text(
        "FROM python:3.11-slim-bookworm\nWORKDIR /app\nCOPY job.py .\n"
    )
    edit(
        git,
        "image: host\ncommand: [python, job.py]",
        "build: .\ncommand: [python, /app/job.py]",
        "workload.yaml",
    )
    git.commit("build")
    heavy = git.root.parent / "heavy"
    shutil.copytree(git.root, heavy)
    heavier(Git(heavy))
    subprocess.run(
        ["docker", "build", "-q", "-t", "memtune-test-heavy", "."], cwd=heavy, check=True
    )
    try:
        code, result = check(memtune, git, "--against", "HEAD", "--image", "memtune-test-heavy")
        plain, _ = check(memtune, git, "--against", "HEAD")
    finally:
        subprocess.run(["docker", "rmi", "-f", "memtune-test-heavy"], check=False)

    assert (code, plain) == (1, 0)
    assert result["scenarios"][0]["head"]["label"] == "memtune-test-heavy"


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (lambda git: edit(git, "scenarios:", "scenarios", "memtune.yaml"), 2),
        (lambda git: edit(git, "max:", "maxx:", "memtune.yaml"), 2),
        (lambda git: (git.root / "memtune.yaml").unlink(), 2),
        (lambda git: (git.root / "memtune.lock.json").write_text("{"), 2),
    ],
)
def test_a_broken_file_is_a_configuration_error(
    memtune: Memtune, git: Git, break_it: Callable[[Git], object], code: int
) -> None:
    break_it(git)

    done = memtune("check", cwd=git.root)

    assert (done.returncode, done.stdout) == (code, "")
    assert "memtune." in done.stderr


def test_without_docker_the_environment_is_to_blame(memtune: Memtune, git: Git) -> None:
    done = memtune(
        "check",
        "--against",
        "HEAD",
        "--report",
        "junit:report.xml",
        cwd=git.root,
        env={"DOCKER_HOST": "unix:///nowhere.sock"},
    )

    assert done.returncode == 3, done.stderr
    assert "<error" in (git.root / "report.xml").read_text()


def test_a_checkout_does_not_outlive_a_killed_check_for_long(
    memtune: Memtune, git: Git, tmp_path: Path
) -> None:
    """What SIGKILL leaves, the next check removes."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    env = {"TMPDIR": str(temporary)}
    words = [sys.executable, "-m", "memtune", "check", "--against", "HEAD", "--quiet"]
    with subprocess.Popen(words, cwd=git.root, env=os.environ | env) as killed:
        deadline = time.monotonic() + 60
        while not list(temporary.glob("memtune-base-*/job.py")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        killed.kill()
    assert list(temporary.iterdir())

    done = memtune("check", "--against", "HEAD", cwd=git.root, env=env)

    assert done.returncode == 0, done.stderr
    assert list(temporary.glob("memtune-base-*")) == []
    assert git("worktree", "list").count("\n") == 0
