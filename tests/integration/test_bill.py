"""``memtune bill`` on a program whose costs are known: executed, interrupted, verified."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import MIB

Memtune = Callable[..., subprocess.CompletedProcess[str]]

PROGRAM = """
import os, threading, time
workers, pages = int(os.environ["WORKERS"]), int(os.environ["PAGE_MIB"])
kept = [b"1" * (3 << 20) for _ in range(workers)]
kept += [b"1" * (pages << 20) for _ in range(workers)]
kept.append(b"1" * (int(os.environ["ENTRIES"]) * 16))
time.sleep(0.2)
"""
WORKLOAD = """\
version: 1
name: known
kind: pipeline
image: host
command: [python, job.py]
timeout: 20s
cap: 64MiB
space:
  workers: { values: [1, 2, 6], env: WORKERS }
  page_mib: { values: [1, 2, 8], env: PAGE_MIB }
  entries: { values: [100, 1000], env: ENTRIES }
"""


@pytest.fixture
def workload(tmp_path: Path) -> str:
    (tmp_path / "job.py").write_text(PROGRAM)
    (tmp_path / "workload.yaml").write_text(WORKLOAD)
    tmp_path.chmod(0o755)
    return str(tmp_path / "workload.yaml")


def test_known_costs_are_told_and_a_prediction_is_verified(memtune: Memtune, workload: str) -> None:
    # given 3 MiB a worker, as many pages for each of them, and entries that cost next to nothing
    words = ["--set", "workers=6", "--set", "page_mib=8", "--verify", "--json"]

    done = memtune("bill", workload, *words)

    # then each is told, and what they cost together
    assert done.returncode == 0, done.stderr
    bill: dict[str, Any] = json.loads(done.stdout)["result"]["bill"]
    costs = {cost["knob"]: cost for cost in bill["costs"]}
    assert costs["workers"]["steps"][-1]["cost"]["bytes"] / MIB == pytest.approx(5 * 4, abs=1)
    assert costs["page_mib"]["each"]["bytes"] / MIB == pytest.approx(1, abs=0.15)
    assert costs["entries"]["matters"] is False
    (both,) = bill["together"]
    assert both["cost"]["bytes"] / MIB == pytest.approx(5 * 7, abs=4)
    (asked,) = bill["predictions"]
    assert asked["holds"] is True
    assert asked["need"]["high"] - asked["need"]["low"] < 20 * MIB
    # and no run was cut short, though the cap of the workload is less than most need
    assert bill["cut_short"] == 0


def test_a_killed_bill_is_continued(tmp_path: Path, workload: str) -> None:
    words = [sys.executable, "-m", "memtune", "bill", workload, "--runs", "12"]
    first = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert first.stderr is not None
    for line in first.stderr:
        if line.startswith("run 5"):
            break
    first.send_signal(signal.SIGKILL)
    first.communicate()
    time.sleep(0.5)

    second = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert second.returncode == 0, second.stderr
    assert "continues study" in second.stderr
    executed = sum(line.startswith("run ") for line in second.stderr.splitlines())
    assert executed <= 12 - 3
    assert "told from 12 runs" in second.stdout
