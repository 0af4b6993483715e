"""Real processes: what a tree of them holds together, and how its first one ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from memtune.measure.tree import Tree
from memtune.units import MIB

FAMILY = """
import subprocess, sys, time
held = b"x" * (20 << 20)
child = "held = b'x' * (30 << 20); print(1, flush=True); input()"
children = [subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE) for _ in range(2)]
for one in children:
    one.stdout.readline()
print("ready", flush=True)
input()
"""
Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a Python program; all of them are gone afterwards, and what they started."""
    started = []

    def begin(program: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def ended(process: "subprocess.Popen[str]") -> None:
    """Wait until it is a zombie: its exit status has not been asked for."""
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)


def test_a_tree_holds_what_its_processes_hold(start: Start) -> None:
    process = start(FAMILY)
    assert process.stdout is not None
    process.stdout.readline()

    usage = Tree(process.pid).usage()

    assert usage.processes == 3
    assert usage.zombies == 0
    assert usage.rss > 80 * MIB
    assert usage.shares is not None
    assert 80 * MIB < usage.shares.anon <= usage.shares.pss < usage.rss
    assert usage.shares.pss == pytest.approx(
        usage.shares.anon + usage.shares.file + usage.shares.shmem, abs=64 * 1024
    )


def test_a_child_that_nobody_asks_about_is_told_apart(start: Start) -> None:
    program = "import subprocess; a = subprocess.Popen(['true']); print(1, flush=True); input()"
    process = start(program)
    assert process.stdout is not None
    process.stdout.readline()
    tree = Tree(process.pid)
    deadline = time.monotonic() + 10
    while not (usage := tree.usage()).zombies and time.monotonic() < deadline:
        time.sleep(0.01)

    assert usage.zombies == 1


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("raise SystemExit(3)", 3),
        ("pass", 0),
        ("import os; os.kill(os.getpid(), 9)", 137),
    ],
)
def test_the_exit_status_of_a_zombie_is_told(start: Start, program: str, status: int) -> None:
    process = start(f"input()\n{program}")
    tree = Tree(process.pid)
    assert tree.lives
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    ended(process)

    with pytest.raises(ProcessLookupError):
        tree.usage()
    assert tree.zombie
    assert tree.exit_status() == status


def test_how_a_process_ended_that_is_gone_is_told_to_nobody(start: Start) -> None:
    process = start("input()")
    tree = Tree(process.pid)
    process.communicate("\n")

    with pytest.raises(ProcessLookupError):
        tree.usage()
    assert tree.exit_status() is None


def test_a_number_without_a_process_is_refused() -> None:
    with pytest.raises(LookupError, match="there is no process 4194304"):
        Tree(4194304)
