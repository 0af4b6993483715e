"""``memtune profile --soak``: a service that leaks for real, one that does not, and a loop."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from memtune.units import KIB, MIB

Memtune = Callable[..., CompletedProcess[str]]
RATE = 20
WORKLOAD = f"""\
version: 1
name: leaky
kind: service
services:
  web:
    image: host
    port: 8001
    health: /health
    command: [python, service.py, "8001"]
load:
  calls: [{{name: work, get: web/WHAT/50}}]
  concurrency: 2
  rate: {RATE}
  requests: 40
cap: 256MiB
"""


def soaked(memtune: Memtune, folder: Path, what: str) -> dict[str, Any]:
    folder.chmod(0o755)
    shutil.copy(Path(__file__).with_name("service.py"), folder)
    file = folder / "workload.yaml"
    file.write_text(WORKLOAD.replace("WHAT", what))
    done = memtune("profile", str(file), "--soak", "25s", "--json")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)["result"]
    return result


def test_a_service_that_leaks_50_kib_a_request_is_seen_to(memtune: Memtune, tmp_path: Path) -> None:
    result = soaked(memtune, tmp_path, "leak")

    (web,) = result["services"]
    slope, rate = web["course"]["slope"], result["requests_per_s"]
    held = 50 * KIB + 33  # with the header of a bytes object; malloc adds up to a page
    assert rate == pytest.approx(RATE, rel=0.1)
    assert web["course"]["trend"] == "grows"
    assert slope["low"] <= held * rate * 1.02
    assert slope["high"] >= held * rate * 0.98
    assert slope["high"] - slope["low"] < 0.3 * slope["per_s"]
    assert web["request_bytes"] == pytest.approx(held, rel=0.1)
    assert web["course"]["phases"][0]["name"] == "boot"
    room = 256 * MIB - web["course"]["end_bytes"]
    assert web["to_cap_s"][0] == pytest.approx(room / (held * rate), rel=0.15)
    assert web["recycle_after"] is not None
    assert 3_500 < web["recycle_after"] < 4_800


def test_a_service_that_forgets_does_not_grow(memtune: Memtune, tmp_path: Path) -> None:
    result = soaked(memtune, tmp_path, "forget")

    (web,) = result["services"]
    assert web["course"]["trend"] == "no growth"
    assert web["course"]["slope"]["high"] < 5 * KIB * RATE
    assert web["advice"] == []


@pytest.mark.parametrize("executor", ["docker", "local"])
def test_a_loop_is_ended_after_the_time_and_passes(memtune: Memtune, executor: str) -> None:
    loop = (
        "import time\nkept, begun = [], time.monotonic()\n"
        "while True:  # by the clock, however busy the machine is\n"
        "    while len(kept) < (time.monotonic() - begun) / 0.02:\n"
        "        kept.append(b'1' * 40_000)\n    time.sleep(0.02)\n"
    )

    done = memtune(
        *("profile", "--soak", "6s", "--cap", "128MiB", "--executor", executor, "--json"),
        *("--", "python", "-c", loop),
    )

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)["result"]
    assert result["judged"]["run"]["reason"] == "ended when asked to"
    assert result["services"][0]["course"]["trend"] == "grows"
    assert 5.5 < result["judged"]["run"]["measurement"]["duration"]["value"] < 9
