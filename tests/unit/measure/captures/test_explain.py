"""What memray left behind, read back; the captures are real."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import asdict
from functools import reduce
from pathlib import Path

import psutil
import pytest

from memtune.measure.captures import INJECT_VARIABLE, inject_directory, memray_version
from memtune.measure.captures.explain import NO_PHOTO, TOP
from memtune.measure.captures.explain import explain as explain_with
from memtune.measure.captures.photo import Photo, Portrait
from memtune.measure.captures.read import Capture, held_at, read
from memtune.measure.captures.reader import Reader, UnreadableError
from memtune.model import Explanation

MIB = 1024 * 1024
HOARD = """
def hoard(size):
    return [bytearray(size) for _ in range(4)]

kept = hoard({size})
"""


def captured(directory: Path, code: str) -> None:
    """Execute a program as a run under memray does."""
    directory.mkdir(exist_ok=True)
    subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(inject_directory()), INJECT_VARIABLE: str(directory)},
        check=True,
        timeout=60,
    )


def explain(directory: Path) -> Explanation:
    with Reader() as reader:
        return explain_with(directory, reader)


@pytest.fixture(scope="module")
def one_process(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("captures")
    captured(directory, HOARD.format(size=8 * MIB))
    return directory


def test_what_came_between_two_snapshots_is_told_by_what_the_process_had(tmp_path: Path) -> None:
    # Given a process that allocates between two of memray's snapshots,
    code = "import mmap, time; time.sleep(0.1); kept = mmap.mmap(-1, 32 << 20); time.sleep(0.5)"
    captured(tmp_path / "captures", code)
    [path] = (tmp_path / "captures").glob("*.bin")
    capture = read(path)
    assert isinstance(capture, Capture)

    def held(at_ms: int, anon: int) -> int:
        sites = held_at(capture, at_ms, anon)
        return sum(one.bytes for (_, file, _), one in sites.items() if file == "<string>")

    pairs = itertools.pairwise(capture.times_ms)
    before, after = next(pair for pair in pairs if held(pair[1], 0) >= 32 * MIB)

    # when it is asked what was held at the first, or at the second,
    # then it is what goes with the memory that the process had.
    assert held(before, 40 * MIB) >= 32 * MIB
    assert held(before, 4 * MIB) < MIB
    assert held(after, 40 * MIB) >= 32 * MIB


def test_a_capture_tells_the_peaks_and_who_allocated(one_process: Path) -> None:
    explanation = explain(one_process)

    assert explanation.processes == 1
    assert explanation.problems == (NO_PHOTO,)  # nobody watched from outside
    assert explanation.heap_peak is not None
    assert 32 * MIB <= explanation.heap_peak.value < 48 * MIB
    assert explanation.rss_peak is not None
    assert explanation.rss_peak.value > 0
    first = explanation.allocators[0]
    assert first.bytes == pytest.approx(32 * MIB, rel=0.01)
    assert first.count == 4
    assert len(explanation.allocators) <= TOP
    sizes = [allocator.bytes for allocator in explanation.allocators]
    assert sizes == sorted(sizes, reverse=True)


def test_of_several_processes_the_largest_is_explained(tmp_path: Path, one_process: Path) -> None:
    for path in one_process.glob("*.bin"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    captured(tmp_path, HOARD.format(size=1 * MIB))

    explanation = explain(tmp_path)

    assert explanation.processes == 2
    assert explanation.heap_peak == explain(one_process).heap_peak
    assert explanation.allocators == explain(one_process).allocators


def test_forked_children_are_captured_too(tmp_path: Path) -> None:
    code = "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\nelse: b = bytearray(1 << 20)"

    captured(tmp_path, code)

    assert explain(tmp_path).processes == 2


def test_a_file_that_cannot_be_read_is_named_and_never_counted(
    tmp_path: Path, one_process: Path
) -> None:
    for path in one_process.glob("*.bin"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "1-1.bin").write_bytes(b"")
    (tmp_path / "2-2.bin").write_bytes(b"no capture at all")
    (tmp_path / "3-3.error").write_text("ImportError: no memray")

    explanation = explain(tmp_path)

    assert explanation.processes == 1
    told = " / ".join(explanation.problems)
    assert "1-1.bin: empty capture" in told
    assert "2-2.bin: unreadable capture" in told
    assert "a process could not be captured: ImportError: no memray" in told


def test_links_and_pipes_that_a_workload_left_are_not_followed(
    tmp_path: Path, one_process: Path
) -> None:
    (whole,) = one_process.glob("*.bin")
    secret = tmp_path / "secret"
    secret.write_text("root:$6$")
    captures = tmp_path / "captures"
    captures.mkdir()
    (captures / "1-1.bin").symlink_to(whole)
    (captures / "1-1.error").symlink_to(secret)
    os.mkfifo(captures / "2-2.bin")
    os.mkfifo(captures / "2-2.error")
    (captures / "x.bin").write_bytes(whole.read_bytes())

    explanation = explain(captures)

    assert explanation.processes == 0
    told = " / ".join(explanation.problems)
    assert "root" not in told
    assert "1-1.bin: not a file" in told
    assert "2-2.error is no file" in told
    assert "x.bin: not a capture of memtune's" in told


@pytest.mark.parametrize("text", ["before=" + 10_000 * "9", 10**5 * "before=9 ", "ended=one"])
def test_facts_that_a_workload_made_up_do_no_harm(
    tmp_path: Path, one_process: Path, text: str
) -> None:
    (whole,) = one_process.glob("*.bin")
    (tmp_path / "1-1.bin").write_bytes(whole.read_bytes())
    (tmp_path / "1-1.facts").write_text(text)

    assert explain(tmp_path).processes == 1


def test_no_captures_are_a_problem_and_no_zero(tmp_path: Path) -> None:
    explanation = explain(tmp_path)

    assert (explanation.rss_peak, explanation.heap_peak) == (None, None)
    assert (explanation.allocators, explanation.processes) == ((), 0)
    assert explanation.problems == ("no Python process left a capture",)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_a_capture_cut_short_by_a_kill_is_read_or_told(
    tmp_path: Path, one_process: Path, share: float
) -> None:
    (whole,) = one_process.glob("*.bin")
    raw = whole.read_bytes()
    (tmp_path / "1-1.bin").write_bytes(raw[: int(len(raw) * share)])

    explanation = explain(tmp_path)

    told = " / ".join(explanation.problems)
    if explanation.processes:
        assert "the capture of process 1 is unclean: killed" in told
        assert explanation.heap_peak is not None
        assert explanation.heap_peak.value > 0
    else:
        assert "1-1.bin: " in told
        assert explanation.heap_peak is None


def test_a_capture_that_ends_before_its_first_allocation_is_named_and_no_zero(
    tmp_path: Path, one_process: Path
) -> None:
    (whole,) = one_process.glob("*.bin")
    raw = whole.read_bytes()
    (tmp_path / "1-1.bin").write_bytes(raw[: len(raw) // 8])  # little more than its header

    explanation = explain(tmp_path)

    assert "1-1.bin: no allocation in it: killed as it began" in explanation.problems
    assert (explanation.heap_peak, explanation.processes) == (None, 0)


def photographed(directory: Path, *programs: str) -> None:
    """Take the photograph of a peak at which these programs were there, numbered from 1."""
    there = tuple(
        Portrait(pid, 900 + pid, 1, program, "python" in program, 50 * MIB, 50 * MIB)
        for pid, program in enumerate(programs, 1)
    )
    at_ms = time.time_ns() // 10**6
    picture = Photo(at_ms, 1.0, 52 * MIB, 50 * MIB, 0, 52 * MIB, there, 0)
    directory.with_name(f"{directory.name}.peak.json").write_text(json.dumps(asdict(picture)))


@pytest.mark.parametrize(
    ("killed", "told"),
    [
        (1, "the capture of process 1 is unclean: killed"),
        (2, "the captures of processes 1, 2 are unclean: killed"),
        (10, "the captures of processes 1, 2, 3, 4, 5, 6, 7, 8 and 2 more are unclean: killed"),
    ],
)
def test_who_was_killed_before_the_peak_is_named(
    tmp_path: Path, one_process: Path, killed: int, told: str
) -> None:
    # Given processes that left their captures unclean, and are gone when the need is highest
    captures = tmp_path / "captures"
    captures.mkdir()
    (whole,) = one_process.glob("*.bin")
    for pid in range(1, killed + 1):
        (captures / f"{pid}-1.bin").write_bytes(whole.read_bytes())
    photographed(captures, "node build.js")  # another program has the number 1 by now

    # When the peak is explained
    explanation = explain(captures)

    # Then they are named
    assert any(problem.startswith(told) for problem in explanation.problems)


def test_a_peak_without_any_python_is_not_explained_by_what_is_long_gone(
    tmp_path: Path, one_process: Path
) -> None:
    # Given a Python program that has ended before the peak, of another program
    captures = tmp_path / "captures"
    shutil.copytree(one_process, captures)
    photographed(captures, "node build.js")

    # When the peak is explained
    explanation = explain(captures)

    # Then the Python program holds nothing of it, and nothing went wrong
    (peak,) = explanation.peaks
    assert [process.command for process in peak.processes] == ["node build.js"]
    assert explanation.allocators == ()
    assert explanation.problems == ()
    assert explanation.heap_peak == explain(one_process).heap_peak


@pytest.fixture(scope="module")
def no_text(one_process: Path) -> bytes:
    """A capture in which the name of a function is no text."""
    (whole,) = one_process.glob("*.bin")
    names = (b"hoard", b"<listcomp>")  # from Python 3.12 on the first
    return reduce(
        lambda data, name: data.replace(name, b"\xff" * len(name)), names, whole.read_bytes()
    )


@pytest.fixture(scope="module")
def deadly(one_process: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A capture with one byte overwritten, where an allocation may begin, at which whatever
    process reads it dies."""
    (whole,) = one_process.glob("*.bin")
    data, path = whole.read_bytes(), tmp_path_factory.mktemp("damaged") / "1-1.bin"
    for found in re.finditer(b"\x41", data):
        path.write_bytes(data[: found.start()] + b"\xff" + data[found.end() :])
        if all(is_deadly(path, at_ms) for at_ms in (0, None, 0, None)):
            return path.read_bytes()
    raise AssertionError("memray read them all")


def is_deadly(path: Path, at_ms: int | None) -> bool:
    with Reader() as reader:
        capture = reader.read(path)
        if isinstance(capture, str):
            return False
        try:
            reader.held_at(capture, at_ms)
        except UnreadableError as error:
            return "died of" in error.why
    return False


@pytest.mark.parametrize(
    ("damage", "why"), [("deadly", "memray died of SIG"), ("no_text", "UnicodeDecodeError")]
)
def test_a_capture_that_ends_memrays_reader_is_named_and_the_others_are_read(
    tmp_path: Path, one_process: Path, request: pytest.FixtureRequest, damage: str, why: str
) -> None:
    # Given two processes at the peak, one with a damaged capture
    captures = tmp_path / "captures"
    captures.mkdir()
    (captures / "1-1.bin").write_bytes(request.getfixturevalue(damage))
    (whole,) = one_process.glob("*.bin")
    shutil.copy(whole, captures / "2-2.bin")
    photographed(captures, "python bad.py", "python good.py")

    # When the peak is explained
    explanation = explain(captures)

    # Then the damaged one is named and counts for nothing, and the other is told
    assert [one for one in explanation.problems if why in one and "1-1.bin: unreadable" in one]
    assert explanation.processes == 1
    assert explanation.heap_peak == explain(one_process).heap_peak
    (peak,) = explanation.peaks
    assert {one.command: one.captured for one in peak.processes} == {
        "python bad.py": False,
        "python good.py": True,
    }
    assert explanation.allocators[0].bytes == pytest.approx(32 * MIB, rel=0.01)
    assert not any("was it started with" in one for one in explanation.problems)


def test_without_a_photograph_the_largest_that_can_be_read_is_told(
    tmp_path: Path, no_text: bytes
) -> None:
    (tmp_path / "1-1.bin").write_bytes(no_text)
    captured(tmp_path, HOARD.format(size=1 * MIB))

    explanation = explain(tmp_path)

    assert NO_PHOTO in explanation.problems
    assert any("1-1.bin: unreadable capture" in one for one in explanation.problems)
    assert explanation.processes == 1
    assert explanation.allocators[0].bytes == pytest.approx(4 * MIB, rel=0.01)


def test_one_process_reads_all_captures_of_a_run(one_process: Path) -> None:
    (whole,) = one_process.glob("*.bin")
    before = set(psutil.Process().children())  # what other tests have left, multiprocessing's own

    with Reader() as reader:
        read = [reader.read(whole) for _ in range(5)]
        own = set(psutil.Process().children()) - before

    assert not any(isinstance(one, str) for one in read)
    assert len(own) == 1
    assert not any(one.is_running() for one in own)


def test_the_version_of_memray_is_known_without_loading_it() -> None:
    code = (
        "import sys; from memtune.measure.captures import memray_version; "
        "print(memray_version(), 'memray' in sys.modules)"
    )

    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout

    assert told.split() == [memray_version(), "False"]
