"""``memtune watch`` beside real containers and processes that others started."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from subprocess import CompletedProcess
from typing import Any

import docker
import docker.errors
import pytest

from memtune.execute.running import PROJECT_LABEL, Running
from memtune.measure.cgroup import CGROUP_ROOT, host_version
from memtune.model.watch import Memory, State
from memtune.units import MIB
from memtune.watch.charge import Charge
from memtune.watch.container import ContainerSubject
from tests.integration.lab import wait_until

Memtune = Callable[..., CompletedProcess[str]]
Start = Callable[..., Any]
IMAGE = "python:3.11-slim-bookworm"
ME = f"memtune-watch-{os.getpid()}"
GROWS = """
import time
held, begun = [], time.monotonic()
while True:  # by the clock, however busy the machine is
    while len(held) < (time.monotonic() - begun) / 0.05:
        held.append(b"1" * 200_000)
    time.sleep(0.05)
"""
TOO_MUCH = "held = b'1' * 200_000_000"


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts containers as somebody else would; they are gone afterwards."""
    client = docker.from_env()
    started: list[Any] = []

    def begin(name: str, *command: str, cap_mib: int = 64, **options: Any) -> Any:
        options |= {"mem_limit": cap_mib * MIB, "memswap_limit": cap_mib * MIB, "init": True}
        container = client.containers.run(
            IMAGE, list(command), name=f"{ME}-{name}", detach=True, network_mode="none", **options
        )
        started.append(container)
        return container

    yield begin
    for container in started:
        with suppress(docker.errors.NotFound):
            container.remove(force=True)
    client.close()


class Watching:
    """A memtune watch that goes on, whose stream is read meanwhile."""

    def __init__(self, *words: str) -> None:
        self.looks: list[dict[str, Any]] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "memtune", "watch", *words, "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert wait_until(lambda: bool(self.looks) or self._process.poll() is not None)

    @property
    def notes(self) -> list[tuple[str, str]]:
        """What was noted, of which target."""
        return [(note["name"], note["kind"]) for look in self.looks for note in look["notes"]]

    @property
    def kinds(self) -> list[str]:
        """What was noted."""
        return [kind for _, kind in self.notes]

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def code(self) -> int:
        """Return its exit code, once it has ended."""
        code = self._process.wait(60)
        self._reader.join()
        assert self._process.stderr is not None
        complaint = self._process.stderr.read()
        self._process.stderr.close()
        assert "Traceback" not in complaint
        assert ("error" in complaint) is (code not in (0, 1))
        return code

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                document = json.loads(line)
                assert (document["command"], document["schema"]) == ("watch", 1)
                self.looks.append(document["result"])


def test_a_container_that_grows_is_followed_to_its_oom_kill(start: Start) -> None:
    grows = start("grows", "python", "-c", GROWS)

    watching = Watching(grows.name, "--interval", "500ms", "--warn", "70%", "--warn", "90%")

    assert watching.code() == 1
    assert watching.kinds == ["threshold", "threshold", "oom kill", "ended"]
    [row] = watching.looks[-1]["rows"]
    assert watching.looks[-1]["close"] == "ended"
    assert row["oom_kills"] == row["failures"] == 1
    assert row["exit"]["oom"]
    assert row["exit"]["status"] == 137
    assert 0.9 * 64 * MIB < row["peak_bytes"] <= 64 * MIB
    memory = watching.looks[0]["rows"][0]["memory"]
    assert memory["cap_bytes"] == 64 * MIB
    assert not memory["shared"]
    parts = ("anon_bytes", "shmem_bytes", "kernel_bytes")
    assert sum(memory[part] for part in parts) == memory["need_bytes"]
    told = [look["rows"][0] for look in watching.looks if look["rows"][0]["to_cap_s"]]
    assert told[-1]["trend"] == "grows"
    assert told[-1]["slope"]["per_s"] == pytest.approx(3.8 * MIB, rel=0.3)
    told_s = next(look["at_s"] for look in watching.looks if look["rows"][0] == told[0])
    notes = [note for look in watching.looks for note in look["notes"]]
    killed_s = next(note["at_s"] for note in notes if note["kind"] == "oom kill")
    assert told[0]["to_cap_s"][0] == pytest.approx(killed_s - told_s, abs=1.5)


def test_a_group_that_goes_between_two_looks_at_it_has_lost_no_cap() -> None:
    memory = CGROUP_ROOT / ("" if host_version() == "v2" else "memory")
    group = memory / ME
    group.mkdir()
    charge = Charge(group)
    assert charge.around(Memory("made up")).cap_bytes is None
    group.rmdir()

    with pytest.raises(FileNotFoundError):
        charge.around(Memory("made up"))
    charge.close()


def test_an_oom_kill_of_another_process_is_told_while_all_goes_on(start: Start) -> None:
    sleeper = start("sleeper", "sleep", "60")
    sleeper.reload()
    by_name = Watching(sleeper.name)
    by_pid = Watching(str(sleeper.attrs["State"]["Pid"]))  # of docker-init, the parent of sleep

    sleeper.exec_run(["python", "-c", TOO_MUCH])

    for watching in (by_name, by_pid):
        assert wait_until(lambda seen=watching: "oom kill" in seen.kinds)  # type: ignore[misc]
        watching.send(signal.SIGINT)
        assert watching.code() == 1
        [row] = watching.looks[-1]["rows"]
        assert (row["state"], row["oom_kills"], row["failures"]) == ("running", 1, 0)
    memory = by_pid.looks[0]["rows"][0]["memory"]
    assert memory["processes"] == 2
    assert memory["shared"]
    assert memory["cap_bytes"] == 64 * MIB
    assert memory["rss_bytes"] > memory["pss_bytes"] > 0


def test_what_docker_starts_again_is_followed_through_its_lives(start: Start) -> None:
    fails = start("fails", "sh", "-c", "sleep 0.5; exit 3", restart_policy={"Name": "always"})

    watching = Watching(fails.name)
    assert wait_until(lambda: watching.kinds.count("ended") >= 2)
    watching.send(signal.SIGINT)

    assert watching.code() == 1
    [row] = watching.looks[-1]["rows"]
    assert row["restarts"] >= 1
    assert row["failures"] >= 2
    assert row["oom_kills"] == 0
    assert row["exit"]["status"] == 3


def test_a_restart_that_was_asked_for_is_no_failure(start: Start) -> None:
    sleeper = start("sleeper", "sleep", "60")
    watching = Watching(sleeper.name)

    sleeper.restart(timeout=5)
    assert wait_until(lambda: "restarted" in watching.kinds)
    watching.send(signal.SIGINT)

    assert watching.code() == 0
    [row] = watching.looks[-1]["rows"]
    assert (row["state"], row["restarts"], row["failures"]) == ("running", 1, 0)
    assert (row["exit"]["signal"], row["exit"]["status"]) == ("15", 143)


def test_a_compose_project_is_all_its_containers_and_those_to_come(start: Start) -> None:
    project = f"{ME}-shop"
    labels = {PROJECT_LABEL: project}
    api = start("api", "sleep", "60", labels=labels)
    worker = start("worker", "sleep", "60", labels=labels, cap_mib=32)
    start("stranger", "sleep", "60")
    watching = Watching(project)

    job = start("job", "sleep", "60", labels=labels)
    assert wait_until(lambda: (job.name, "started") in watching.notes)
    api.stop(timeout=5)
    for container in (worker, job):
        container.remove(force=True)

    assert watching.code() == 0
    first, last = watching.looks[0], watching.looks[-1]
    assert [row["name"] for row in first["rows"]] == [api.name, worker.name]
    assert first["total"]["memory"]["cap_bytes"] == 96 * MIB
    assert {row["name"]: row["state"] for row in last["rows"]} == {
        api.name: "ended",
        job.name: "ended",
        worker.name: "ended",
    }
    ends = {row["name"]: row["exit"] for row in last["rows"]}
    assert (ends[api.name]["signal"], ends[api.name]["removed"]) == ("15", False)
    assert ends[job.name]["signal"] == "9"


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--for", "60s"), 130)])
def test_a_signal_ends_a_watch_well_unless_it_was_to_go_on(
    start: Start, words: tuple[str, ...], code: int
) -> None:
    sleeper = start("sleeper", "sleep", "60")
    watching = Watching(sleeper.name, *words)

    watching.send(signal.SIGINT)

    assert watching.code() == code
    assert watching.looks[-1]["close"] == "interrupted"
    sleeper.reload()
    assert sleeper.status == "running"


def test_a_reader_that_went_away_ends_it_quietly(start: Start) -> None:
    sleeper = start("sleeper", "sleep", "60")
    watching = subprocess.Popen(
        [sys.executable, "-m", "memtune", "watch", sleeper.name, "-i", "100ms", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert watching.stdout is not None
    watching.stdout.readline()
    watching.stdout.close()

    _, complaint = watching.communicate(timeout=20)

    assert (watching.returncode, complaint) == (0, b"")


def test_a_daemon_on_another_machine_tells_the_memory_itself(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = start("sleeper", "sleep", "60")
    monkeypatch.setattr(Running, "group", lambda *_: None)  # its groups are not here
    running = Running()
    [listed] = [one for one in running.all() if one.name == sleeper.name]
    subject = ContainerSubject(running, listed, interval_s=1.0)

    memory = subject.sight().memory
    sleeper.kill()
    wait_until(lambda: subject.sight().state is State.ENDED)
    last = subject.sight()
    subject.close()

    assert memory is not None
    assert memory.source.endswith("Docker stats API, not the kernel's files")
    assert memory.cap_bytes == 64 * MIB
    assert memory.need_bytes is not None
    assert 0 < memory.need_bytes < 64 * MIB
    assert subject.step_s == 1.0
    assert last.exit is not None
    assert (last.exit.status, last.exit.signal) == (137, "9")


def test_what_cannot_be_watched_is_refused(start: Start, memtune: Memtune) -> None:
    over = start("over", "sh", "-c", "exit 3")
    over.wait()

    ended, unknown = memtune("watch", over.name), memtune("watch", over.name + "x")

    assert ended.returncode == unknown.returncode == 2
    assert "has ended: exit status 3" in ended.stderr
    assert f"hint: docker start {over.name}" in ended.stderr
    assert f"did you mean '{over.name}'?" in unknown.stderr
    assert ended.stdout == unknown.stdout == ""


def test_a_terminal_has_tables_in_place_and_gets_its_cursor_back(start: Start) -> None:
    sleeper = start("sleeper", "sleep", "60")
    ours, theirs = pty.openpty()
    watching = subprocess.Popen(
        [sys.executable, "-m", "memtune", "watch", sleeper.name, "-i", "200ms", "--for", "600ms"],
        stdout=theirs,
        env=os.environ | {"COLUMNS": "80", "TERM": "xterm"},
    )
    os.close(theirs)
    shown, deadline = b"", time.monotonic() + 30
    with suppress(OSError):  # the last to hold the other end has closed it
        while time.monotonic() < deadline and (more := os.read(ours, 65536)):
            shown += more
    os.close(ours)

    assert watching.wait(10) == 0
    text = shown.decode()
    assert "\x1b[1A" in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    assert sleeper.name in text
    assert "time is up" in text
