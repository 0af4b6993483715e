"""``memtune recommend`` as a user types it, on a job whose answer is known."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Memtune = Callable[..., subprocess.CompletedProcess[str]]

# Needs about 20 MiB per unit of `blocks`; does its work only from two blocks on.
JOB = """
import json, os, time
blocks = int(os.environ["BLOCKS"])
size = 8 if os.environ.get("MODE") == "lean" else 20
block = os.urandom(1) * (size << 20)
held = [bytearray(block) for _ in range(blocks)]
time.sleep(0.1)
print(json.dumps({"missed": max(0, 2 - blocks), "mode": os.environ.get("MODE", "plain")}))
"""
WORKLOAD = """
version: 1
name: blocks
kind: pipeline
image: host
command: [python, job.py]
checks: {output: {missed: {max: 0}}}
space:
  blocks: {values: [1, 2, 3, 4, 5, 6], env: BLOCKS}
  mode: {values: [plain, fancy], env: MODE}
"""


@pytest.fixture
def workload(tmp_path: Path) -> str:
    (tmp_path / "job.py").write_text(JOB)
    (tmp_path / "blocks.yaml").write_text(WORKLOAD)
    tmp_path.chmod(0o755)
    return "blocks.yaml"


def result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_the_pick_is_the_least_that_works_and_not_all_was_tried(
    memtune: Memtune, workload: str
) -> None:
    done = memtune("recommend", workload, "--cap", "256MiB", "--confirm", "3", "--json")

    study = result(done)["result"]
    chosen = study["recommendation"]
    assert done.returncode == 0
    assert chosen["settings"]["items"] == [["blocks", 2], ["mode", "plain"]]
    assert len(chosen["evidence"]["runs"]) == 3
    tried = {json.dumps(one["run"]["settings"]) for one in study["judged"]}
    assert len(tried) + sum(skip["count"] for skip in study["skipped"]) == 12
    assert len(tried) < 8
    assert Path(result(done)["report"]).name.endswith(".html")


def test_of_values_without_an_order_each_is_looked_at(memtune: Memtune, tmp_path: Path) -> None:
    # Given a mode that needs less than the one before it,
    (tmp_path / "job.py").write_text(JOB)
    mode = "{values: [plain, lean], env: MODE, role: category}"
    unordered = WORKLOAD.replace("{values: [plain, fancy], env: MODE}", mode)
    (tmp_path / "blocks.yaml").write_text(unordered)
    tmp_path.chmod(0o755)

    done = memtune("recommend", "blocks.yaml", "--cap", "256MiB", "--confirm", "3", "--json")

    # then it is found, with the blocks that it takes.
    assert done.returncode == 0
    chosen = result(done)["result"]["recommendation"]
    assert chosen["settings"]["items"] == [["blocks", 2], ["mode", "lean"]]


def test_the_pick_passes_again_by_hand(memtune: Memtune, workload: str) -> None:
    memtune("recommend", workload, "--cap", "256MiB", "--confirm", "1")

    by_hand = memtune(
        "profile", workload, "--cap", "256MiB", "-n", "2",
        "--headroom", "20%", "--set", "blocks=2", "--set", "mode=plain",
    )  # fmt: skip

    assert by_hand.returncode == 0, by_hand.stdout


@pytest.mark.parametrize("cap", ["52MiB", "32MiB"])  # one block fits into the first
def test_a_cap_under_which_nothing_passes_is_exit_5_with_one_that_passes(
    memtune: Memtune, workload: str, cap: str
) -> None:
    # Given a cap under which the space holds no settings that pass
    done = memtune("recommend", workload, "--cap", cap)
    found = result(memtune("show", "--json"))["result"]["infeasible"]

    # Then the answer names what comes nearest, by how much it fails, the cap and the plan
    assert done.returncode == 5, done.stdout + done.stderr
    assert "Nothing in the space passes" in done.stdout
    assert "MiB too much" in done.stdout
    needed = found["needed"]
    assert dict(needed["settings"]["items"])["blocks"] == 2
    fix = f"{needed['cap_bytes'] >> 20}MiB"
    assert f"--cap {fix}" in done.stdout
    assert "cheapest known price" in done.stdout

    # And settings pass under that cap
    again = memtune("recommend", workload, "--cap", fix, "--confirm", "3", "--json")
    assert again.returncode == 0, again.stdout
    chosen = result(again)["result"]["recommendation"]
    assert dict(chosen["settings"]["items"])["blocks"] == 2


def test_a_plan_names_the_cap(memtune: Memtune, workload: str) -> None:
    done = memtune("recommend", workload, "--platform", "fly:shared-cpu-1x-256mb", "--confirm", "1")

    assert done.returncode == 0
    assert "under 256 MiB (fly:shared-cpu-1x-256mb)" in done.stdout


def test_a_screen_says_what_was_tried_why_and_how_to_apply_it(
    memtune: Memtune, workload: str
) -> None:
    done = memtune("recommend", workload, "--cap", "256MiB", "--confirm", "2")

    assert done.returncode == 0
    assert "Recommended: blocks=2 mode=plain" in done.stdout
    assert "the most conservative settings" in done.stdout
    assert "  BLOCKS=2\n  MODE=plain\n" in done.stdout
    page = Path(done.stdout.rsplit("Report: ", 1)[1].strip())
    assert "blocks=2 mode=plain" in page.read_text().replace("&#x27;", "'")


def test_a_killed_session_resumes_and_repeats_no_finished_run(
    memtune: Memtune, workload: str, tmp_path: Path
) -> None:
    words = ("recommend", workload, "--cap", "256MiB", "--confirm", "8")
    killed = subprocess.Popen(
        [sys.executable, "-m", "memtune", *words],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while stored(tmp_path) < 5:
        assert killed.poll() is None
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    before = stored(tmp_path)

    done = memtune(*words, "--json")

    study = result(done)["result"]
    assert "continues study" in done.stderr
    assert study["recommendation"]["settings"]["items"] == [["blocks", 2], ["mode", "plain"]]
    assert len(study["judged"]) == stored(tmp_path) > before


def stored(directory: Path) -> int:
    """How many runs with a verdict are on disk."""
    file = directory / ".memtune" / "memtune.sqlite3"
    if not file.exists():
        return 0
    try:
        with sqlite3.connect(file) as db:
            (count,) = db.execute("select count(*) from run where verdict is not null").fetchone()
            return int(count)
    except sqlite3.OperationalError:  # its tables are being made
        return 0


def test_a_workload_without_knobs_cannot_be_searched(memtune: Memtune, tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(WORKLOAD.split("space:")[0])

    done = memtune("recommend", "w.yaml", "--cap", "64MiB")

    assert done.returncode == 2
    assert "no space to search" in done.stderr
