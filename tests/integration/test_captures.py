"""memray in every process, whatever started it, and one simultaneous peak; all of it real."""

from collections.abc import Callable
from pathlib import Path

import pytest

from memtune.execute.docker import DockerExecutor
from memtune.execute.executor import Executor, execute
from memtune.execute.request import Request
from memtune.measure.captures.explain import NOT_PYTHON, PROFILER, UNTOUCHED, explain
from memtune.measure.captures.reader import Reader
from memtune.model import Explanation, Image, ImageKind, Outcome, Peak, Process, Run, Settings

MIB = 1024 * 1024
KNOWN = 30 * MIB
HOLD = f"""
import glob, os, threading, time

def hold(count=2):
    kept = bytearray({KNOWN})
    met = os.environ["MEMTUNE_CAPTURES"]
    open(f"{{met}}/{{os.getpid()}}-{{threading.get_ident()}}.held", "w").close()
    while len(glob.glob(f"{{met}}/*.held")) < count: time.sleep(0.02)
    time.sleep(1)
    return len(kept)
"""
"""Holds known bytes at a known line until ``count`` others do."""
LINE = HOLD[: HOLD.index("kept")].count("\n") + 1
BEFORE = HOLD.count("\n")
"""Lines before those of a program."""
PROCESS = """
import multiprocessing, sys
if __name__ == "__main__":
    method = multiprocessing.get_context(sys.argv[1])
    both = [method.Process(target=hold) for _ in range(2)]
    for one in both: one.start()
    for one in both: one.join()
"""
POOL = """
import multiprocessing, sys
if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        pool.map(hold, [2, 2], chunksize=1)
"""
FUTURES = """
import concurrent.futures, multiprocessing, sys
if __name__ == "__main__":
    method = multiprocessing.get_context(sys.argv[1])
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=method) as pool:
        list(pool.map(hold, [2, 2]))
"""
THREADS = """
import threading
both = [threading.Thread(target=hold) for _ in range(2)]
for one in both: one.start()
for one in both: one.join()
"""
SUBPROCESS = """
import subprocess, sys
if len(sys.argv) > 1:
    hold()
else:
    both = [subprocess.Popen([sys.executable, __file__, "x"]) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
"""
GUNICORN = """
import os, signal, sys, threading
def app(environ, start): ...
if __name__ == "__main__":
    from gunicorn.app.base import BaseApplication
    class Service(BaseApplication):
        def load_config(self):
            self.cfg.set("workers", 2)
            self.cfg.set("bind", "127.0.0.1:0")
            self.cfg.set("worker_tmp_dir", "/tmp")
            self.cfg.set("post_worker_init", lambda worker: threading.Thread(target=hold).start())
        def load(self):
            return app
    def end():
        met = os.environ["MEMTUNE_CAPTURES"]
        while len(glob.glob(f"{met}/*.held")) < 2: time.sleep(0.02)
        time.sleep(2)
        os.kill(os.getpid(), signal.SIGTERM)
    threading.Thread(target=end).start()
    Service().run()
"""


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        path = tmp_path / "job.py"
        path.write_text(HOLD + text)
        tmp_path.chmod(0o755)
        return str(path)

    return write


def explained(
    executor: Executor, path: str, *words: str, cap_mib: int = 1024
) -> tuple[Run, Explanation]:
    """Execute a program under memray and explain it."""
    directory = Path(path).parent / "captures"
    directory.mkdir()
    directory.chmod(0o777)
    request = Request(
        workload="test",
        settings=Settings(),
        image=Image(ImageKind.HOST),
        command=("python", path, *words),
        directory=str(Path(path).parent),
        env=(),
        cap_bytes=cap_mib * MIB,
        timeout_s=60,
        captures=directory,
    )
    run = execute(executor, request)
    with Reader() as reader:
        return run, explain(directory, reader)


def holders(explanation: Explanation, path: str) -> list[Process]:
    """Return the processes in which the known line holds the known bytes, and check the sums."""
    (peak,) = explanation.peaks
    adds_up(peak)
    return [
        process
        for process in peak.processes
        for part in process.parts
        for site in part.sites
        if (site.file, site.line) == (path, LINE) and site.bytes >= KNOWN
    ]


def adds_up(peak: Peak) -> None:
    for process in peak.processes:
        assert sum(part.bytes for part in process.parts) == process.bytes
    held = sum(process.bytes for process in peak.processes)
    assert held + sum(part.bytes for part in peak.rest) == peak.need_bytes


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("text", [PROCESS, POOL, FUTURES], ids=["Process", "Pool", "futures"])
def test_children_of_every_kind_hold_what_they_allocated(
    docker_executor: DockerExecutor, program: Callable[[str], str], text: str, method: str
) -> None:
    path = program(text)

    run, explanation = explained(docker_executor, path, method)

    assert run.outcome is Outcome.COMPLETED, run.stderr_tail
    assert explanation.problems == ()
    found = holders(explanation, path)
    assert len({process.pid for process in found}) == 2
    (site,) = [one for one in explanation.allocators if (one.file, one.line) == (path, LINE)]
    assert site.bytes == pytest.approx(2 * KNOWN, rel=0.01)


def test_threads_are_of_their_process(executor: Executor, program: Callable[[str], str]) -> None:
    path = program(THREADS)

    run, explanation = explained(executor, path)

    assert run.outcome is Outcome.COMPLETED, run.stderr_tail
    (process,) = holders(explanation, path)
    (site,) = [one for part in process.parts for one in part.sites if one.line == LINE]
    assert site.bytes == pytest.approx(2 * KNOWN, rel=0.01)
    assert explanation.processes == 1


def test_python_subprocesses_are_captured(
    executor: Executor, program: Callable[[str], str]
) -> None:
    path = program(SUBPROCESS)

    run, explanation = explained(executor, path)

    assert run.outcome is Outcome.COMPLETED, run.stderr_tail
    assert explanation.processes == 3
    assert len(holders(explanation, path)) == 2


def test_gunicorns_workers_are_captured(
    docker_executor: DockerExecutor, program: Callable[[str], str]
) -> None:
    path = program(GUNICORN)

    run, explanation = explained(docker_executor, path)

    assert run.outcome is Outcome.COMPLETED, run.stderr_tail
    found = holders(explanation, path)
    assert len(found) == 2
    assert all(process.parent is not None for process in found)


def test_forked_memory_counts_once_for_the_process_that_made_it(
    docker_executor: DockerExecutor, program: Callable[[str], str]
) -> None:
    path = program(
        "import os\n"
        "kept = bytearray(200 << 20)\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0:\n"
        "        hold(4); os._exit(0)\n"
        "for _ in range(4): os.wait()\n"
    )

    _, explanation = explained(docker_executor, path)

    (peak,) = explanation.peaks
    adds_up(peak)
    root, *children = [one for one in peak.processes if one.captured]
    assert root.parent is None
    assert root.bytes == pytest.approx(215 * MIB, rel=0.05)
    assert [one.parent for one in children] == [root.pid] * 4
    assert all(one.bytes == pytest.approx(33 * MIB, rel=0.1) for one in children)
    # Children that leave by os._exit do not close their captures, and it shows.
    assert [one.clean for one in (root, *children)] == [True, False, False, False, False]


def test_shared_memory_counts_once_for_the_line_that_made_it(
    docker_executor: DockerExecutor, program: Callable[[str], str]
) -> None:
    path = program(
        "import mmap, os\n"
        "kept = mmap.mmap(-1, 50 << 20)\n"
        "kept.write(b'x' * len(kept))\n"
        "for _ in range(3):\n"
        "    if os.fork() == 0:\n"
        "        kept[0:len(kept):4096]; hold(3); os._exit(0)\n"
        "for _ in range(3): os.wait()\n"
    )

    _, explanation = explained(docker_executor, path)

    (peak,) = explanation.peaks
    adds_up(peak)
    shared = [
        (process.parent, site.line, site.bytes)
        for process in peak.processes
        for part in process.parts
        if part.name.startswith("shared memory")
        for site in part.sites
    ]
    ((parent, line, size),) = shared
    assert (parent, line) == (None, BEFORE + 2)
    assert size == pytest.approx(50 * MIB, rel=0.01)


def test_memory_that_was_only_reserved_is_taken_back(
    docker_executor: DockerExecutor, program: Callable[[str], str]
) -> None:
    path = program(
        "import mmap\nkept = mmap.mmap(-1, 300 << 20, flags=mmap.MAP_PRIVATE)\nhold(1)\n"
    )

    _, explanation = explained(docker_executor, path)

    (peak,) = explanation.peaks
    adds_up(peak)
    assert peak.need_bytes < 100 * MIB
    parts = [part for process in peak.processes for part in process.parts]
    (untouched,) = [part for part in parts if part.name == UNTOUCHED]
    assert untouched.bytes == pytest.approx(-300 * MIB, rel=0.05)


def test_what_is_not_python_is_named_and_so_is_the_profiler(
    docker_executor: DockerExecutor, program: Callable[[str], str]
) -> None:
    path = program(
        "import subprocess\nother = subprocess.Popen(['sleep', '3'])\nhold(1); other.wait()\n"
    )

    _, explanation = explained(docker_executor, path)

    (peak,) = explanation.peaks
    adds_up(peak)
    names = {process.command: [part.name for part in process.parts] for process in peak.processes}
    assert names["sleep 3"] == [NOT_PYTHON]
    assert any(PROFILER in parts for parts in names.values())


def test_a_capture_survives_an_oom_kill_up_to_the_fatal_allocation(
    docker_executor: DockerExecutor, program: Callable[[str], str]
) -> None:
    path = program("kept = []\nwhile True: kept.append(bytearray(4 << 20)); time.sleep(0.05)\n")

    run, explanation = explained(docker_executor, path, cap_mib=128)

    assert run.outcome is Outcome.OOM_MAIN
    (peak,) = explanation.peaks
    adds_up(peak)
    (process,) = [one for one in peak.processes if one.captured]
    assert not process.clean
    largest = explanation.allocators[0]
    assert (largest.file, largest.line) == (path, BEFORE + 2)
    assert largest.bytes >= 90 * MIB


def test_the_peak_is_of_one_moment(
    docker_executor: DockerExecutor, program: Callable[[str], str]
) -> None:
    # The first process peaks alone and has given all back when the second does.
    path = program(
        "import os\n"
        "if os.fork() == 0:\n"
        "    early = bytearray(60 << 20); time.sleep(0.5); del early\n"
        "    time.sleep(5); os._exit(0)\n"
        "time.sleep(2.5)\n"
        "late = bytearray(90 << 20); time.sleep(0.8)\n"
    )

    _, explanation = explained(docker_executor, path)

    (peak,) = explanation.peaks
    adds_up(peak)
    lines = {site.line: site.bytes for site in explanation.allocators if site.file == path}
    assert lines.get(BEFORE + 6) == pytest.approx(90 * MIB, rel=0.01)
    assert BEFORE + 3 not in lines


def in_image(executor: DockerExecutor, tmp_path: Path, image: str, *command: str) -> Explanation:
    """Execute a command of an image under memray and explain it."""
    directory = tmp_path / "captures"
    directory.mkdir()
    directory.chmod(0o777)
    request = Request(
        workload="test",
        settings=Settings(),
        image=Image(ImageKind.NAME, image),
        command=command,
        directory="",
        env=(),
        cap_bytes=1024 * MIB,
        timeout_s=60,
        captures=directory,
    )
    run = execute(executor, request)
    assert run.outcome is Outcome.COMPLETED, run.stderr_tail
    assert run.warnings == ()
    with Reader() as reader:
        return explain(directory, reader)


def test_an_image_without_memray_has_it_brought_in(
    docker_executor: DockerExecutor, tmp_path: Path
) -> None:
    program = f"{HOLD}\nhold(1)\n"

    explanation = in_image(
        docker_executor, tmp_path, "python:3.11-slim-bookworm", "python3", "-c", program
    )

    assert explanation.problems == ()
    (peak,) = explanation.peaks
    adds_up(peak)
    site = explanation.allocators[0]
    assert (site.function, site.file, site.line) == ("hold", "<string>", LINE)
    assert site.bytes == pytest.approx(KNOWN, rel=0.01)


def test_a_node_program_is_said_to_be_not_explained(
    docker_executor: DockerExecutor, tmp_path: Path
) -> None:
    program = "const kept = Buffer.alloc(30 << 20, 1); setTimeout(() => kept, 700)"

    explanation = in_image(
        docker_executor, tmp_path, "node:20-bookworm-slim", "node", "-e", program
    )

    assert explanation.problems == ("no Python process left a capture",)
    (peak,) = explanation.peaks
    adds_up(peak)
    parts = [part for process in peak.processes for part in process.parts]
    assert max(parts, key=lambda part: part.bytes).name == NOT_PYTHON
