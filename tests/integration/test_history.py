"""``memtune history`` on three commits of examples/batch-job, really executed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from tests.git import Git

EXAMPLE = Path(__file__).parents[2] / "examples" / "batch-job"
Memtune = Callable[..., CompletedProcess[str]]
BUDGETS = """\
version: 1
scenarios:
  words:
    workload: ./workload.yaml
    settings: { chunk_lines: 1000, top: 2000 }
    max: 100MiB
"""
KEEPS = """def main() -> None:
    kept = bytearray(20 << 20)
    kept[::4096] = b"1" * len(kept[::4096])
"""
MIB = 1024 * 1024


def track(done: CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["result"]["tracks"][0]


def test_three_commits_are_measured_once_and_the_one_that_grew_is_seen(
    memtune: Memtune, tmp_path: Path
) -> None:
    git = Git(tmp_path)
    for name in ("job.py", "workload.yaml"):
        shutil.copy(EXAMPLE / name, tmp_path)
    (tmp_path / "memtune.yaml").write_text(BUDGETS)
    (tmp_path / ".gitignore").write_text(".memtune\n")
    job = (tmp_path / "job.py").read_text().replace("LINES = 60_000", "LINES = 6_000")
    (tmp_path / "job.py").write_text(job)
    first = git.commit("Count words")
    (tmp_path / "job.py").write_text(job + "\n# a comment\n")
    git.commit("Say a word")
    (tmp_path / "job.py").write_text(job.replace("def main() -> None:\n", KEEPS, 1))
    third = git.commit("Keep 20 MiB")

    done = memtune("history", "--measure", "HEAD", "--runs", "2", "--json")
    again = memtune("history", "--measure", "HEAD", "--runs", "2", "--json", "--quiet")

    points = track(done)["points"]
    medians = [point["median_bytes"] / MIB for point in points]
    assert [point["commit"] for point in points][::2] == [first, third]
    assert all(len(point["need_bytes"]) == 2 and not point["problem"] for point in points)
    assert abs(medians[1] - medians[0]) < 1
    assert 19 < medians[2] - medians[1] < 22
    assert track(again) == track(done)
    assert "run 1" not in again.stderr
    assert git("worktree", "list").count("\n") == 0
    assert git("status", "--porcelain") == ""


def test_without_the_range_the_screen_asks_for_one(memtune: Memtune, tmp_path: Path) -> None:
    Git(tmp_path).commit("empty")

    done = memtune("history")

    assert done.returncode == 2
    assert "--measure HEAD~10..HEAD" in done.stderr
