"""``memtune floor`` on programs whose least cap is known."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memtune.measure.cgroup import host_version
from tests.integration.conftest import MIB

Memtune = Callable[..., subprocess.CompletedProcess[str]]


def floor(memtune: Memtune, *words: str) -> dict[str, Any]:
    done = memtune("floor", "--json", *words)
    assert done.stdout, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)["result"]
    return result


@pytest.mark.parametrize("executor", ["docker", "local"])
def test_forty_mebibytes_raise_the_floor_by_forty(memtune: Memtune, executor: str) -> None:
    # given what the interpreter needs by itself, and forty MiB on top of it
    program = "x = b'1' * ({mib} << 20); import time; time.sleep(0.02)"
    options = ("--executor", executor, "--cap", "128MiB", "--resolution", "0.25MiB", "-n", "3")

    base = floor(memtune, *options, "--", "python", "-c", program.format(mib=10))
    found = floor(memtune, *options, "--", "python", "-c", program.format(mib=50))

    # then
    difference = (found["floor_bytes"] - base["floor_bytes"]) / MIB
    assert difference == pytest.approx(40, abs=0.5)
    caps = {tried["cap_bytes"]: tried for tried in found["caps"]}
    assert caps[found["floor_bytes"]]["passed"] == 3
    below = caps[found["floor_bytes"] - MIB // 4]
    assert below["passed"] < below["runs"]


def test_reading_a_large_file_needs_next_to_nothing(memtune: Memtune, tmp_path: Path) -> None:
    # given a file of 200 MiB that no one has in memory: the kernel's peak counts its pages
    (tmp_path / "large").write_bytes(b"x" * (200 * MIB))
    tmp_path.chmod(0o755)

    found = floor(
        memtune, "--cap", "512MiB", "-n", "2", "--page-cache", "cold",
        "--", "dd", "if=large", "of=/dev/null", "bs=64k",
    )  # fmt: skip

    assert found["floor_bytes"] < 10 * MIB
    # On v2, runc alone may need more than Docker's least cap.
    assert found["at_most"] is True or host_version() == "v2"
    assert found["reference"]["run"]["measurement"]["cgroup_peak"]["value"] > 200 * MIB
    assert found["reference"]["run"]["page_cache"] == "cold"


def test_what_does_not_pass_under_the_roomy_cap_has_no_floor(memtune: Memtune) -> None:
    done = memtune("floor", "--cap", "64MiB", "--", "sh", "-c", "exit 3")

    assert done.returncode == 1
    assert "does not pass" in done.stdout
