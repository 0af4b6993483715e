"""``memtune recommend`` with an objective, with constraints and with the ladder, on a job whose
need and speed are known."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Memtune = Callable[..., subprocess.CompletedProcess[str]]

# Two workers are as fast as more; smaller sides are faster, and too small from 2 down.
JOB = """
import json, os, time
workers, side = int(os.environ["WORKERS"]), int(os.environ["SIDE"])
block = os.urandom(1) * ((5 + 15 * workers + 10 * side) << 20)
held = bytearray(block)
time.sleep(0.1)
per_s = 4 * min(workers, 2) / side
print(json.dumps({"missed": max(0, 2 - side), "throughput_per_s": per_s}))
"""
WORKLOAD = """
version: 1
name: speedy
kind: pipeline
image: host
command: [python, job.py]
checks: {output: {missed: {max: 0}}}
space:
  workers: {values: [1, 2, 4], env: WORKERS}
  side: {values: [1, 2, 3], env: SIDE, role: quality}
"""


@pytest.fixture
def workload(tmp_path: Path) -> str:
    (tmp_path / "job.py").write_text(JOB)
    (tmp_path / "speedy.yaml").write_text(WORKLOAD)
    tmp_path.chmod(0o755)
    return "speedy.yaml"


def result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["result"]
    return found


def values(point: dict[str, Any]) -> dict[str, Any]:
    return dict(point["settings"]["items"])


def test_the_fastest_is_the_leanest_of_the_fastest_and_the_front_has_both_ends(
    memtune: Memtune, workload: str
) -> None:
    done = memtune(
        "recommend", workload, "--cap", "256MiB", "--confirm", "2", "--objective", "fastest"
    )

    assert done.returncode == 0, done.stderr
    assert "Recommended, fastest: workers=2 side=2" in done.stdout
    assert "Memory against speed" in done.stdout
    assert "median throughput_per_s" in done.stdout


def test_of_two_ends_the_balanced_does_more_work_for_its_memory(
    memtune: Memtune, workload: str
) -> None:
    options = ("--cap", "256MiB", "--confirm", "2", "--objective", "balanced", "--json")
    study = result(memtune("recommend", workload, *options))

    assert values(study["recommendation"]) == {"workers": 2, "side": 2}
    assert [values(point) for point in study["front"]] == [
        {"workers": 1, "side": 2},
        {"workers": 2, "side": 2},
    ]
    assert [point["speed_per_s"] for point in study["front"]] == [2, 4]


def test_what_is_too_slow_does_not_pass_and_a_figure_that_is_not_printed_is_an_error(
    memtune: Memtune, workload: str
) -> None:
    options = ("--cap", "256MiB", "--confirm", "1")
    fast = memtune("recommend", workload, *options, "--min-throughput", "3/s", "--json")
    absent = memtune("recommend", workload, *options, "--max-boot", "10s")

    assert values(result(fast)["recommendation"]) == {"workers": 2, "side": 2}
    assert absent.returncode == 2
    assert "speedy prints no boot_s; it prints missed, throughput_per_s" in absent.stderr


def test_the_ladder_turns_one_knob_after_another_until_it_passes(
    memtune: Memtune, workload: str
) -> None:
    # given a cap that the generous end does not fit under
    done = memtune(
        "recommend", workload, "--cap", "160MiB", "--confirm", "1", "--explain-ladder", "--json"
    )

    study = result(done)
    assert [rung["turned"] for rung in study["ladder"]] == ["", "workers=1"]
    rulings = [one["verdict"]["ruling"] for one in study["judged"]]
    assert rulings[:2] == ["fail", "pass"]
    assert values(study["recommendation"]) == {"workers": 1, "side": 2}
    tried = [one["run"]["settings"] for one in study["judged"]]
    for rung in study["ladder"]:
        assert tried.count(rung["settings"]) == 1  # the search took the ladder's runs as its own
