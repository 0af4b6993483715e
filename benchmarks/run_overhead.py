"""What a run costs beyond a bare ``docker run`` of the same container, side by side.

    python -m benchmarks.run_overhead [ROUNDS]

Each round executes the same program under the same options in several ways, one after the
other, so that the noise of the machine meets all of them alike: ``docker run --rm`` (the
command), memtune's Docker executor, memtune's local executor, several of memtune's runs at
the same time (its time divided by their number), and BenchExec's runexec where it can be had.
Also prints what memtune itself takes: milliseconds of ``memtune --help``, resident memory
while it waits for a run.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.peers import AbsentError, runexec
from memtune.execute import host_image
from memtune.execute.docker import HOST_IMAGE, TMP_BYTES, DockerExecutor
from memtune.execute.executor import Executor, execute
from memtune.execute.local import LocalExecutor
from memtune.execute.request import PIDS_LIMIT, Request
from memtune.model import Image, ImageKind, Outcome, Settings

CAP_BYTES = 64 * 1024 * 1024
PROGRAM = ("sh", "-c", "exit 0")
JOBS = 4
ALLOWED_S = 0.030
ALLOWED_SHARE = 0.15


def request() -> Request:
    """The run that all ways execute."""
    return Request(
        workload="overhead",
        settings=Settings(),
        image=Image(ImageKind.HOST),
        command=PROGRAM,
        directory="",
        env=(),
        cap_bytes=CAP_BYTES,
        timeout_s=60,
    )


def docker_run() -> None:
    """The same container by the docker command, and nothing else."""
    options = [
        *("--rm", "--network=none", "--read-only", "--cap-drop=ALL"),
        *("--security-opt=no-new-privileges", f"--pids-limit={PIDS_LIMIT}", "--log-driver=none"),
        *(f"--memory={CAP_BYTES}", f"--memory-swap={CAP_BYTES}"),
        *(f"--tmpfs=/tmp:size={TMP_BYTES}", "--user={}:{}".format(*host_image.user(""))),
    ]
    options += [f"--volume={path}:{path}:ro" for path in host_image.directories("")]
    subprocess.run(["docker", "run", *options, HOST_IMAGE, *PROGRAM], check=True)


def memtune_run(executor: Executor) -> Callable[[], None]:
    """The same run by memtune: sampled, judged by the kernel's counters, cleaned up."""

    def once() -> None:
        run = execute(executor, request())
        assert run.outcome is Outcome.COMPLETED, run.reason

    return once


def runexec_run() -> Callable[[], None]:
    """The same program under BenchExec, in a container of its own kind. Raises AbsentError."""
    options = ["--quiet", "--dir", "/", "--read-only-dir", "/", "--hidden-dir", "/home"]
    options += ["--memlimit", str(CAP_BYTES), "--output", "/dev/null"]
    command = [runexec(), *options, "--", *PROGRAM]

    def once() -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "returnvalue=0" in done.stdout, done.stdout + done.stderr

    return once


def at_a_time(jobs: int) -> Callable[[], None]:
    """``jobs`` runs at the same time, as ``--jobs`` makes them."""
    executor = DockerExecutor()
    once = memtune_run(executor)

    def together() -> None:
        with ThreadPoolExecutor(jobs) as pool:
            for done in [pool.submit(once) for _ in range(jobs)]:
                done.result()

    return together


def seconds(action: Callable[[], None]) -> float:
    """Return how long an action takes."""
    begun = time.monotonic()
    action()
    return time.monotonic() - begun


def help_s() -> float:
    """Return the seconds of ``memtune --help``, best of five."""
    command = [str(Path(sys.executable).with_name("memtune")), "--help"]

    def once() -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    return min(seconds(once) for _ in range(5))


def waiting_bytes() -> int:
    """Return the largest resident memory of memtune while its runs, memray's too, go on."""
    command = [sys.executable, "-m", "memtune", "profile", "-q", "-n", "2", "--", "sleep", "0.5"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    largest = 0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        line = next((line for line in status.splitlines() if line.startswith("VmRSS")), "x 0")
        largest = max(largest, int(line.split()[1]) * 1024)
        time.sleep(0.01)
    return largest


def main() -> int:
    """Measure, print the table, and return 1 where memtune adds more than it may."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    ways: dict[str, Callable[[], None]] = {
        "docker run --rm": docker_run,
        "memtune, docker": memtune_run(DockerExecutor()),
        "memtune, local": memtune_run(LocalExecutor()),
        f"memtune, --jobs {JOBS}": at_a_time(JOBS),
    }
    try:
        ways["runexec"] = runexec_run()
    except AbsentError as error:
        print(f"absent: runexec ({error})")
    for way in reversed(ways.values()):  # makes the image, warms the caches
        way()
    runs = {name: JOBS if "--jobs" in name else 1 for name in ways}
    samples: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            samples[name].append(seconds(way) / runs[name])
    bare = statistics.median(samples["docker run --rm"])
    print(f"{'way, per run':<18}{'median':>10}{'added':>10}   ({rounds} rounds)")
    for name, values in samples.items():
        median = statistics.median(values)
        print(f"{name:<18}{median * 1000:>7.0f} ms{(median - bare) * 1000:>+7.0f} ms")
    print(f"memtune --help: {help_s() * 1000:.0f} ms")
    print(f"memtune while it waits for a run: {waiting_bytes() / 1024**2:.0f} MiB")
    added = statistics.median(samples["memtune, docker"]) - bare
    return int(added > max(ALLOWED_S, ALLOWED_SHARE * bare))


if __name__ == "__main__":
    sys.exit(main())
