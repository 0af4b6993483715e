"""However memtune ends, nothing of a run stays behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import docker
import pytest

from memtune.execute.docker import OWNER_LABEL
from memtune.measure.cgroup import CGROUP_ROOT

SECONDS = f"41.{os.getpid()}"  # so that no other test's sleeper is taken for ours
SLEEPER = ("--", "sleep", SECONDS)


def containers(of: subprocess.Popen[str]) -> set[str]:
    found = docker.from_env().api.containers(all=True, filters={"label": OWNER_LABEL})
    return {c["Id"] for c in found if c["Labels"][OWNER_LABEL].startswith(f"{of.pid}.")}


def groups(of: "subprocess.Popen[bytes]") -> set[Path]:
    name = f"memtune/{of.pid}.*"
    return {*CGROUP_ROOT.glob(name), *CGROUP_ROOT.glob(f"*/{name}")}


def sleepers() -> list[str]:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", SECONDS.encode()]:
            lines.append(str(path))
    return lines


def wait_until(condition: Callable[[], bool], limit_s: float) -> bool:
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(params=["docker", "local"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> subprocess.Popen[str]:
    """A memtune in the middle of a run."""
    words = [sys.executable, "-m", "memtune", "profile", "--executor", request.param, *SLEEPER]
    process = subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert wait_until(lambda: bool(sleepers()), 30)
    return process


def test_kill_9_in_mid_run_leaves_no_container_and_no_process_after_a_second(
    running: subprocess.Popen[str],
) -> None:
    running.kill()
    running.communicate()

    assert wait_until(lambda: not sleepers() and not containers(running), 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_cleanly_and_says_so(
    running: subprocess.Popen[str], number: signal.Signals
) -> None:
    running.send_signal(number)
    _, stderr = running.communicate(timeout=30)

    assert running.returncode == 130
    assert "interrupted" in stderr
    assert "Traceback" not in stderr
    assert not sleepers()
    assert not containers(running)


def test_groups_left_by_a_killed_memtune_are_swept_by_the_next_local_run(
    memtune: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("the local executor needs root")
    words = [sys.executable, "-m", "memtune", "profile", "--executor", "local", *SLEEPER]
    process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.DEVNULL)
    assert wait_until(lambda: bool(sleepers()), 30)
    process.kill()
    process.wait()
    assert wait_until(lambda: not sleepers(), 1)
    assert groups(process)

    memtune("profile", "--executor", "local", "-n", "1", "--", "true")

    assert not groups(process)
