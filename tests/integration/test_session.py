"""Runs beside each other, the page cache, and figures without the kernel's files."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import memtune.execute.container as container_module
from memtune.errors import HostError
from memtune.execute import owner
from memtune.execute.docker import DockerExecutor
from memtune.execute.executor import execute
from memtune.execute.host_memory import available_bytes, reserved
from tests.integration.conftest import MIB, request_for

Memtune = Callable[..., subprocess.CompletedProcess[str]]


def test_jobs_make_runs_at_the_same_time_and_keep_their_figures_apart(memtune: Memtune) -> None:
    program = (
        "import json, time\nx, begun = b'1' * (30 << 20), time.time()\n"
        "time.sleep(4); print(json.dumps({'begun': begun, 'ended': time.time()}))"
    )
    words = ("profile", "--json", "--cap", "64MiB", "-n", "4")

    done = memtune(*words, "--jobs", "4", "--", "python", "-c", program)

    runs = json.loads(done.stdout)["result"]["trial"]["runs"]
    needs = [one["run"]["measurement"]["need"]["value"] / MIB for one in runs]
    assert len(needs) == 4
    assert max(needs) - min(needs) < 1
    assert all(30 < need < 40 for need in needs)
    said = [dict(one["run"]["output"]) for one in runs]
    assert max(one["begun"] for one in said) < min(one["ended"] for one in said)


TIMED = """
version: 1
name: timed
kind: pipeline
image: host
command: [python, -c, 'import time, json; time.sleep(0.3); print(json.dumps({"p95_ms": 5}))']
checks: {output: {p95_ms: {max: 1000}}}
"""


def test_jobs_follow_the_cores_but_where_time_is_judged_runs_never_meet(
    memtune: Memtune, tmp_path: Path
) -> None:
    cores = len(os.sched_getaffinity(0))
    (tmp_path / "timed.yaml").write_text(TIMED)
    words = ("-n", "3", "--cap", "64MiB")

    free = memtune("profile", *words, "--jobs", "auto", "--", "true")
    timed = memtune("profile", "timed.yaml", *words, "--jobs", "3")

    assert f"makes up to {cores} runs of 64 MiB at the same time" in free.stderr
    assert timed.returncode == 0, timed.stderr
    assert "makes one run after another: how fast they are is judged" in timed.stderr
    told = [line.split()[0] for line in timed.stderr.splitlines() if line.strip()]
    assert [word for word in told if word in ("run", "pass")] == ["run", *["run", "pass"] * 3]


def test_a_cap_beyond_this_machine_is_refused(memtune: Memtune) -> None:
    done = memtune("profile", "--cap", "4000GiB", "--", "true")

    assert done.returncode == 3
    assert "does not fit into this machine" in done.stderr


def test_reservations_keep_memtunes_together_within_the_machine() -> None:
    share = int(available_bytes() * 0.6)
    waiting = False

    def asked() -> bool:
        nonlocal waiting
        waiting = True
        return True

    with reserved(share, lambda: False):
        with reserved(share, asked):  # given up: there is room for one of them only
            pass
        assert waiting


def test_the_reservation_of_a_dead_memtune_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(owner, "me", lambda: "1.1")  # no process has this start time
        with reserved(int(available_bytes() * 0.6), lambda: False):
            patch.undo()
            with reserved(int(available_bytes() * 0.6), lambda: pytest.fail("it waited")):
                pass


def test_without_the_kernels_files_docker_is_asked_and_named_as_the_source(
    docker_executor: DockerExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_module, "cgroup_of", lambda pid, named: None)
    program = "x = b'1' * (40 << 20); import time; time.sleep(1.5)"

    run = execute(docker_executor, request_for(("python", "-c", program), cap_mib=128))

    need = run.measurement.need
    assert need is not None
    assert need.source.startswith("usage - file pages")
    assert "Docker stats API, not the kernel's files" in need.source
    assert 40 < need.value / MIB < 50
    assert run.measurement.rss_peak is None


def test_the_timeline_holds_the_peak_and_the_split_adds_up(docker_executor: DockerExecutor) -> None:
    program = (
        "import time\n"
        "for mib in (10, 60, 20):\n"
        "    x = b'1' * (mib << 20); time.sleep(0.2); del x\n"
        "open('/dev/shm/x', 'wb').write(bytes(5 << 20)); time.sleep(0.1)\n"
    )

    run = execute(docker_executor, request_for(("python", "-c", program), cap_mib=128))

    need, split = run.measurement.need, run.measurement.split
    assert need is not None
    assert split is not None
    assert max(moment.need_bytes for moment in run.timeline) == need.value
    assert split.anon + split.shmem + split.kernel == need.value
    assert 60 < split.anon / MIB < 70
    assert [m.at_s for m in run.timeline] == sorted(m.at_s for m in run.timeline)


def test_a_cold_run_reads_from_disk_what_a_warm_one_finds_in_memory(
    memtune: Memtune, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"x" * (100 * MIB))
    tmp_path.chmod(0o755)

    def cgroup_peak(page_cache: str) -> float:
        done = memtune(
            "profile", "--json", "-n", "1", "--cap", "256MiB",
            "--page-cache", page_cache, "--", "dd", "if=file", "of=/dev/null", "bs=64k",
        )  # fmt: skip
        run = json.loads(done.stdout)["result"]["trial"]["runs"][0]["run"]
        return float(run["measurement"]["cgroup_peak"]["value"])

    assert cgroup_peak("cold") > 100 * MIB
    assert cgroup_peak("warm") < 20 * MIB


def test_an_unknown_page_cache_state_is_refused(memtune: Memtune) -> None:
    done = memtune("profile", "--page-cache", "hot", "--", "true")

    assert done.returncode == 2
    assert "no page-cache state 'hot'" in done.stderr


def test_host_error_names_the_budget() -> None:
    with pytest.raises(HostError, match="does not fit"), reserved(1 << 60, lambda: False):
        pass
