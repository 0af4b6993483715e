"""What processes held over time: bounded, the largest told one by one, no peak lost."""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict

from memtune.measure.bands import MOMENTS, PROCESSES, Reading, bands, readings
from memtune.measure.processes import Processes

MIB = 1024 * 1024


def test_a_process_that_came_later_held_nothing_before() -> None:
    found = bands([Reading(0.0, {7: 10}), Reading(0.1234, {7: 12, 8: 30})], "PSS", {8: "node"})

    assert found is not None
    assert found.at_s == (0.0, 0.123)
    assert [(one.pid, one.command, one.bytes) for one in found.processes] == [
        (8, "node", (0, 30)),
        (7, "", (10, 12)),
    ]


def test_of_many_processes_the_small_ones_are_one_band() -> None:
    sizes = {pid: (100 + pid) * MIB for pid in range(50)}

    found = bands([Reading(0.0, sizes)], "PSS", {})

    assert found is not None
    assert [one.pid for one in found.processes] == [*range(49, 49 - PROCESSES, -1), None]
    assert sum(one.bytes[0] for one in found.processes) == sum(sizes.values())
    assert found.processes[-1].command == f"{50 - PROCESSES} more processes"


def test_what_never_held_a_hundredth_is_not_told_by_itself() -> None:
    found = bands([Reading(0.0, {1: 200, 7: 100_000})], "PSS", {7: "node"})

    assert found is not None
    assert [(one.pid, one.command) for one in found.processes] == [
        (7, "node"),
        (None, "1 more process"),
    ]


def test_a_long_run_takes_some_kib_and_loses_no_peak() -> None:
    # given an hour of readings of twenty processes, of which one has a spike
    collected = readings()
    for n in range(36_000):
        spike = 900 * MIB if n == 12_345 else 0
        sizes = {pid: (50 + pid) * MIB + spike for pid in range(20)}
        collected.add(Reading(n / 10, sizes))

    # when they are told
    found = bands(collected.kept(), "PSS", {})

    # then the spike is there, in little room
    assert found is not None
    assert len(found.at_s) <= MOMENTS
    assert max(found.processes[0].bytes) > 900 * MIB
    assert len(json.dumps(asdict(found))) < 10_000


def test_nobody_seen_is_no_band() -> None:
    assert bands([], "PSS", {}) is None
    assert bands([Reading(0.0, {})], "PSS", {}) is None


def once_named(watched: Processes, pid: int) -> int:
    """Return what it held when its command was told: in the midst of exec Linux tells none."""
    deadline = time.monotonic() + 20
    while True:
        size = watched.rss()[pid]
        if watched.commands[pid] or time.monotonic() > deadline:
            return size
        time.sleep(0.001)


def test_a_process_that_told_no_command_is_asked_again() -> None:
    # given a shell without a name, as Linux shows any process in the midst of exec
    with subprocess.Popen(
        [""], executable="/bin/sh", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("echo ready\n")
            process.stdin.flush()
            process.stdout.readline()
            watched = Processes()
            watched.follow([process.pid])
            watched.rss()
            assert watched.commands[process.pid] == ""

            # when it has become a program that holds as much as the shell
            process.stdin.write("exec sleep 60\n")
            process.stdin.flush()
            once_named(watched, process.pid)

            # then that is its name
            assert watched.commands[process.pid] == "sleep 60"
        finally:
            process.kill()


def test_a_process_is_called_what_it_has_become() -> None:
    # given a shell that becomes a Python of some size
    script = "import time; held = bytearray(64 << 20); time.sleep(60)"
    command = f"read go; exec {sys.executable} -c '{script}'"
    with subprocess.Popen(["/bin/sh", "-c", command], stdin=subprocess.PIPE, text=True) as process:
        try:
            watched = Processes()
            watched.follow([process.pid])
            before = once_named(watched, process.pid)
            assert watched.commands[process.pid].startswith("sh -c read go")

            # when it has
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
            deadline = time.monotonic() + 20
            while watched.rss()[process.pid] < 64 * MIB and time.monotonic() < deadline:
                time.sleep(0.01)

            # then that is its name, and its own pages count once
            name = os.path.basename(sys.executable)
            assert watched.commands[process.pid].startswith(f"{name} -c import time")
            assert watched.rss()[process.pid] > 2 * before
        finally:
            process.kill()
