"""What logs tell: one realistic log for each symptom, and one that tells of none."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from memtune.diagnose.record import POINTS, Memory
from memtune.diagnose.symptoms import diagnose
from memtune.diagnose.words import reading
from memtune.model import Diagnosis, LogLine
from memtune.units import MIB

WELL = """\
[2025-11-23 15:00:01 +0000] [7] [INFO] Listening at: http://0.0.0.0:5001 (7)
[2025-11-23 15:00:02 +0000] [8] [INFO] Booting worker with pid: 8
🟢 Memory startup: 120.5MB / 512MB
🟢 Memory check: 131.0MB / 512MB
10.0.0.1 - - "POST /login HTTP/1.1" 200 137
✅ Memory Check (5min): { rss: 130, heapUsed: 95 }
the answer took 134 ms; 502 users are registered
"""
LOGS = {
    "kernel_kill": [
        "Nov 23 15:27:00 host kernel: Memory cgroup out of memory: Killed process 4242 (gunicorn) "
        "total-vm:1024000kB, anon-rss:520000kB, file-rss:0kB",
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),task=python,pid=4242,uid=0",
        "Instance failed: 8qmbp Ran out of memory (used over 512MB) while running your code.",
        '"OOMKilled": true,',
        "web exited with code 137",
        "[2025-11-23 15:27:00 +0000] [7] [ERROR] Worker (pid:8) was sent SIGKILL! Perhaps out of "
        "memory?",
        "2025-11-23T15:27:00+00:00 heroku[web.1]: Error R15 (Memory quota vastly exceeded)",
    ],
    "heap_limit": [
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "backend-1 exited with code 134",
    ],
    "bad_option": ["node: bad option: --heap-size-limit=256"],
    "python_memory": [
        "MemoryError: Unable to allocate 36.0 MiB for an array with shape (3000, 4000, 3)",
        "terminate called after throwing an instance of 'std::bad_alloc'",
    ],
    "over_quota": ["heroku[web.1]: Error R14 (Memory quota exceeded)"],
    "worker_timeout": ["[2025-11-23 15:27:00 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:8)"],
    "timed_out_registering": ["POST /api/face/register failed: timeout of 30000 ms, timed out"],
    "refused": ["Error: connect ECONNREFUSED 10.0.0.7:5001"],
}


def examined(text: str) -> Diagnosis:
    lines = (LogLine("a.log", n, line) for n, line in enumerate(text.splitlines(), start=1))
    return diagnose(("a.log",), lines)


def names(text: str) -> list[str]:
    return [symptom.name for symptom in examined(text).symptoms]


def test_a_log_in_which_all_is_well_tells_of_no_cause() -> None:
    result = examined(WELL)

    assert result.symptoms == ()
    assert result.memory is not None
    assert result.memory.values == tuple(round(mb * MIB) for mb in (120.5, 131.0, 130))
    assert result.memory.limit_bytes == 512 * MIB


@pytest.mark.parametrize(
    ("name", "line"), [(name, line) for name, lines in LOGS.items() for line in lines]
)
def test_each_line_tells_of_its_cause_and_is_shown(name: str, line: str) -> None:
    result = examined(WELL + line + "\n")

    found = next(symptom for symptom in result.symptoms if symptom.name == name)
    assert [(shown.number, shown.text) for shown in found.lines] == [(8, line)]
    assert found.next_step
    assert found is result.symptoms[0]


def test_502_while_it_starts_is_told_from_502_after_a_kill() -> None:
    gateway = '10.0.0.1 "GET /health HTTP/1.1" 502 Bad Gateway\n'

    assert names(WELL + gateway) == ["bad_gateway_at_boot"]
    assert names(WELL + LOGS["kernel_kill"][2] + "\n" + gateway) == ["kernel_kill"]
    assert names(gateway) == []


def test_thresholds_above_the_limit_never_fire() -> None:
    seeds = "🟢 Memory startup: 250.5MB / 800MB\n" + LOGS["kernel_kill"][2] + "\n"
    named = "memory_optimizer: warning threshold: 500MB\n" + LOGS["kernel_kill"][2] + "\n"

    assert names(seeds) == ["kernel_kill", "thresholds"]
    assert "(800 MiB) does not lie below the limit (512 MiB)" in examined(seeds).symptoms[1].title
    assert names(named) == ["kernel_kill"]  # 500 is below 512
    assert names(named.replace("500", "512")) == ["kernel_kill", "thresholds"]


def test_memory_that_grows_along_a_line_looks_like_a_leak() -> None:
    growing = "".join(f"🟢 Memory check: {200 + 10 * n + n % 3}.0MB / 512MB\n" for n in range(20))
    still = "".join(f"🟢 Memory check: {200 + 60 * (n % 2)}.0MB / 512MB\n" for n in range(20))
    restarted = "🟢 Memory startup: 100.0MB / 512MB\n🟢 Memory check: 200.0MB / 512MB\n" * 10

    assert names(growing) == ["growth"]
    assert "20 readings of one life" in examined(growing).symptoms[0].reason
    assert names(still) == []
    assert names(restarted) == []


@pytest.mark.parametrize(
    ("line", "used", "limit"),
    [
        ("✅ Memory Check (5min): { rss: 280, heapUsed: 95 }", 280 * MIB, None),
        ("🔴 Memory critical: 435.7MB / 512MB", round(435.7 * MIB), 512 * MIB),
        ("source=web.1 sample#memory_total=398.25MB", round(398.25 * MIB), None),
        ("memory: usage 524288kB, limit 524288kB, failcnt 9", 512 * MIB, 512 * MIB),
        ("Ran out of memory (used over 512MB)", None, 512 * MIB),
    ],
)
def test_memory_is_read_in_the_words_of_each_source(
    line: str, used: int | None, limit: int | None
) -> None:
    told = reading(line)

    assert told is not None
    assert (told.used_bytes, told.limit_bytes) == (used, limit)


def test_many_readings_are_thinned_and_keep_their_peaks() -> None:
    memory = Memory()
    for n in range(10_000):
        memory.add(10**9 if n == 4321 else n)

    assert len(memory.shown()) <= 2 * POINTS
    assert max(memory.shown()) == memory.most == 10**9
    assert (memory.least, memory.count) == (0, 10_000)


def call(*words: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "memtune", "diagnose", *words],
        input=given,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_files_archives_and_stdin_are_read_and_the_exit_code_tells(tmp_path: Path) -> None:
    (tmp_path / "well.log").write_text(WELL)
    with gzip.open(tmp_path / "killed.log.gz", "wt") as archive:
        archive.write(LOGS["kernel_kill"][2])

    assert call(str(tmp_path / "well.log")).returncode == 0
    assert call(str(tmp_path / "killed.log.gz")).returncode == 1
    killed = call("-", "--json", given=LOGS["kernel_kill"][0].encode())
    assert killed.returncode == 1
    assert json.loads(killed.stdout)["result"]["symptoms"][0]["name"] == "kernel_kill"


def test_what_is_no_log_is_refused_or_read_without_harm(tmp_path: Path) -> None:
    (tmp_path / "broken.log.gz").write_bytes(b"\x1f\x8b\x08 no archive")
    hostile = b"\x1b[2J\xff\xfe Ran out of memory (used over 512MB)" + b"x" * 300_000

    missing, broken = call("no.log"), call(str(tmp_path / "broken.log.gz"))
    shown = call("-", given=hostile)

    assert (missing.returncode, broken.returncode) == (2, 2)
    assert b"there is no file 'no.log'" in missing.stderr
    assert b"broken.log.gz cannot be read" in broken.stderr
    assert shown.returncode == 1
    assert b"\x1b" not in shown.stdout
    assert len(shown.stdout) < 5000
