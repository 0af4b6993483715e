"""Files, archives, stdin and what is no log; and the command's exit codes."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from memtune.diagnose.lines import PIECE, read_lines
from memtune.errors import UsageError
from tests.unit.diagnose.logs import FIXTURES

KILLED = "Ran out of memory (used over 512MB) ünd weg"


def texts(path: Path) -> list[str]:
    return [line.text for line in read_lines(str(path))]


@pytest.mark.parametrize(
    "raw",
    [
        KILLED.encode(),
        KILLED.encode("utf-8-sig"),
        KILLED.encode("utf-16"),  # as PowerShell writes it
        b"\xfe\xff" + KILLED.encode("utf-16-be"),
        gzip.compress(KILLED.encode(), mtime=0),
        gzip.compress(KILLED.encode("utf-16"), mtime=0),
        f"\x1b[31m{KILLED}\x1b[0m\r\n".encode(),
    ],
)
def test_text_is_read_whatever_it_is_wrapped_in(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(raw)

    assert texts(path) == [KILLED]


def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"caf\xe9\nb\0\xff\n")

    assert texts(path) == ["caf\ufffd", "b\0\ufffd"]


def test_a_long_line_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("a\n" + "x" * (3 * PIECE) + "\nlast")

    lines = list(read_lines(str(path)))

    assert [(line.number, len(line.text)) for line in lines] == [(1, 1), (2, PIECE), (3, 4)]


@pytest.mark.parametrize(
    "raw", [b"\x1f\x8b\x08 no archive", gzip.compress(b"a\n" * 999, mtime=0)[:-9]]
)
def test_a_broken_archive_is_a_usage_error(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(raw)

    with pytest.raises(UsageError, match="cannot be read"):
        texts(path)


def call(*words: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "memtune", "diagnose", *words],
        input=given,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_exit_codes_and_json() -> None:
    well, killed = FIXTURES / "well.log", (FIXTURES / "docker-oom.log").read_bytes()

    assert call(str(well)).returncode == 0
    assert call(str(well), "-", given=gzip.compress(killed)).returncode == 1
    told = call("-", "--json", "--cap", "512MiB", given=killed)
    assert told.returncode == 1
    (symptom,) = json.loads(told.stdout)["result"]["symptoms"]
    assert (symptom["name"], symptom["certainty"]) == ("memory_kill", "told")
    assert symptom["next_step"].startswith("memtune profile WORKLOAD --cap 512MiB")
    missing = call("no.log")
    assert missing.returncode == 2
    assert b"there is no file 'no.log'" in missing.stderr
    assert call(str(well), "--cap", "512").returncode == 2


def test_hostile_text_is_shown_without_harm() -> None:
    hostile = (
        b"\x1b[2J\x1b]0;x\x07\xff\xfe [red]Ran out of memory (used over 512MB)" + b"x" * 300_000
    )

    shown = call("-", given=hostile)

    assert shown.returncode == 1
    assert b"\x1b" not in shown.stdout
    assert b"[red]" in shown.stdout
    assert len(shown.stdout) < 5000


def test_a_large_log_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    line = '127.0.0.1 - - "GET /api/face/users/9 HTTP/1.1" 200 17 "-" "Mozilla/5.0 (X11)"\n'
    block = line * 30 + "Memory check: 201.5MB / 512MB\n"
    sizes = {}
    for name, blocks in (("small", 10), ("large", 8000)):
        path = tmp_path / f"{name}.log.gz"
        with gzip.open(path, "wt", compresslevel=1) as archive:
            for _ in range(blocks):
                archive.write(block)
        script = (
            "import resource, sys; from memtune.cli.app import main; import memtune.__main__; "
            f"main(['diagnose', {str(path)!r}]); "
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
        sizes[name] = int(done.stderr) * 1024

    assert sizes["large"] < sizes["small"] + 8 * 1024**2  # 21 MB of text
