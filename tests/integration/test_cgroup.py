"""What the kernel itself says of a run, seen from the host and from inside, on cgroup v1
and v2 alike: there memory.peak, memory.events and their neighbours."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from memtune.execute.executor import Executor, Launched
from memtune.execute.shim import Transcript
from memtune.measure.cgroup import CGROUP_ROOT, Cgroup, CgroupV1, CgroupV2, host_version
from tests.integration.conftest import MIB, request_for

CAP_MIB = 256
FREED = "x = b'1' * (100 << 20); del x; print('here', flush=True); import time; time.sleep(60)"
HELD = """
import tempfile, time
anon = b'1' * (40 << 20)
shared = tempfile.TemporaryFile(dir='/dev/shm', buffering=0)
for _ in range(20): shared.write(bytes(1 << 20))
with open('cached', 'rb') as cached:
    while cached.read(1 << 20): pass
print('here', flush=True)
time.sleep(60)
"""
KILLED_CHILD = "python -c \"x = b'1' * (300 << 20)\"; echo here; sleep 60"


class Talk:
    """A run that the test leads by hand, so that it can look at it in between."""

    def __init__(self, launched: Launched) -> None:
        self._launched = launched
        self._transcript = Transcript()
        launched.send(self._transcript.nonce)
        self._until(lambda: "ready" in self._transcript.reports)
        group = launched.cgroup()
        assert group is not None
        self.group: Cgroup = group

    def go(self) -> None:
        """Start the workload and wait until it says that it is there."""
        self._launched.send("go")
        self._until(lambda: b"here\n" in self._transcript.stdout)

    def end(self) -> None:
        self._launched.send("kill")
        self._until(lambda: "ended" in self._transcript.reports)

    def number(self, report: str, key: str) -> int | None:
        return self._transcript.number(report, key)

    def file(self, name: str) -> str:
        """Read a file of the group, found without memtune's help."""
        pid = self.group.pids()[0]
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
        paths = {controller: path for _, controller, path in (line.split(":", 2) for line in lines)}
        v2 = host_version() == "v2"
        directory = (
            CGROUP_ROOT / paths[""][1:] if v2 else CGROUP_ROOT / "memory" / paths["memory"][1:]
        )
        return (directory / name).read_text().strip()

    def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            chunk = self._launched.chunks.get(timeout=60)
            assert chunk is not None, self._transcript.stderr
            self._transcript.feed(*chunk)


@contextmanager
def talk(executor: Executor, *command: str, directory: str = "") -> Iterator[Talk]:
    request = replace(request_for(command, CAP_MIB), directory=directory)
    with executor.launch(request) as launched:
        talk = Talk(launched)
        yield talk
        talk.group.close()


@pytest.fixture
def cold_file() -> Iterator[Path]:
    """A folder on a disk with 30 MiB in the file ``cached``, of which no page is in memory."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        os.chmod(folder, 0o755)
        path = Path(folder, "cached")
        path.write_bytes(os.urandom(30 * MIB))
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        yield path.parent


def test_the_host_reads_the_group_that_the_run_is_in(executor: Executor) -> None:
    with talk(executor, "sleep", "60") as run:
        [shim] = run.group.pids()

        assert isinstance(run.group, CgroupV2 if host_version() == "v2" else CgroupV1)
        assert b"memtune-shim" in Path(f"/proc/{shim}/cmdline").read_bytes()


def test_the_cap_is_in_force_and_leaves_no_swap(executor: Executor) -> None:
    with talk(executor, "true") as run:
        assert run.number("ready", "limit") == CAP_MIB * MIB
        if host_version() == "v2":
            assert run.file("memory.max") == str(CAP_MIB * MIB)
            assert run.file("memory.swap.max") == "0"
            assert run.number("ready", "swap") == 0
        else:
            assert run.file("memory.limit_in_bytes") == str(CAP_MIB * MIB)
            assert run.number("ready", "swap") in (CAP_MIB * MIB, None)


def test_usage_tells_apart_what_the_kernel_can_take_back(
    executor: Executor, cold_file: Path
) -> None:
    with talk(executor, "python", "-c", HELD, directory=str(cold_file)) as run:
        run.go()
        usage = run.group.usage()

    assert 40 * MIB <= usage.anon < 55 * MIB
    assert usage.shmem == pytest.approx(20 * MIB, abs=MIB)
    assert 29 * MIB <= usage.file < 50 * MIB
    assert (usage.slab is not None) == (host_version() == "v2")
    assert usage.need == usage.total - usage.file - (usage.slab or 0)
    assert 0 < usage.need - usage.anon - usage.shmem < 10 * MIB  # the kernel's own, for the run


def test_the_peak_is_the_same_from_outside_and_from_inside(executor: Executor) -> None:
    with talk(executor, "python", "-c", FREED) as run:
        run.go()
        outside = run.group.peak()
        run.end()

    assert outside is not None
    assert 100 * MIB < outside < 120 * MIB
    assert run.number("ended", "peak") == outside


def test_an_oom_kill_is_counted_outside_and_inside(executor: Executor) -> None:
    with talk(executor, "sh", "-c", KILLED_CHILD) as run:
        run.go()
        outside = run.group.oom_kills()
        run.end()

    assert outside == 1
    assert run.number("ended", "oom_kills") == 1
