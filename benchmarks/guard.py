"""What memtune.guard costs the service that it guards, as a markdown table.

    python -m benchmarks.guard [ROUNDS]

Everything is measured in containers. Requests: a WSGI application that answers at once, called
bare and through the guard in turn, so that the noise of the machine meets both alike. Memory:
the need of a process with the application alone, and with a guard that watches. Reaction: from
the beginning of an allocation that passes the warning level to the call of a registered function.
"""

import statistics
import sys

from benchmarks.machine import description
from memtune.execute.docker import DockerExecutor
from memtune.execute.executor import execute
from memtune.execute.request import Request
from memtune.model import Image, ImageKind, Outcome, Run, Settings
from memtune.units import MIB

CAP_BYTES = 128 * MIB
REQUESTS = """
import json, statistics, time
from memtune.guard import Guard

def app(environ, start_response):
    start_response("200 OK", [])
    return [b""]

def call(what, times=2000):
    environ = {"PATH_INFO": "/login"}
    begun = time.perf_counter()
    for _ in range(times):
        body = what(environ, lambda *_: None)
        list(body)
        if hasattr(body, "close"):
            body.close()
    return 1e6 * (time.perf_counter() - begun) / times

guarded = Guard().wsgi(app)
pairs = [(call(app), call(guarded)) for _ in range(20)]
print(json.dumps({
    "bare_us": statistics.median(bare for bare, _ in pairs),
    "guarded_us": statistics.median(with_guard for _, with_guard in pairs),
}))
"""
MEMORY = """
import time
{guard}
time.sleep(0.5)
"""
GUARDED = "from memtune.guard import Guard; Guard().start()"
REACTION = """
import json, time
from memtune.guard import Guard

seen = []
guard = Guard()
guard.register(lambda: seen.append(time.monotonic()))
guard.start()
time.sleep(1.2)
held = []
while guard.reading is None or guard.reading.share < 0.6:
    held.append(b"1" * (1 << 20))
    time.sleep(0.02)
begun = time.monotonic()
held.append(b"1" * (32 << 20))
while not seen and time.monotonic() < begun + 10:
    time.sleep(0.001)
print(json.dumps({"reaction_ms": 1000 * (seen[0] - begun) if seen else -1}))
"""


def executed(executor: DockerExecutor, program: str) -> Run:
    """Execute a Python program under the cap."""
    run = execute(
        executor,
        Request(
            workload="guard",
            settings=Settings(),
            image=Image(ImageKind.HOST),
            command=("python", "-c", program),
            directory="",
            env=(),
            cap_bytes=CAP_BYTES,
            timeout_s=60,
        ),
    )
    assert run.outcome is Outcome.COMPLETED, f"{run.reason}: {run.stderr_tail}"
    return run


def figure(run: Run, name: str) -> float:
    """Return a figure that the program printed."""
    value = run.figure(name)
    assert isinstance(value, int | float), run.stdout_tail
    return value


def need_mib(run: Run) -> float:
    """Return what a program needed."""
    assert run.measurement.need is not None
    return run.measurement.need.value / MIB


def main() -> None:
    """Measure in rounds and print the medians."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    executor = DockerExecutor()
    print(f"{description()}; {rounds} rounds\n")
    bare, guarded, plain, watched, reactions = [], [], [], [], []
    for _ in range(rounds):
        requests = executed(executor, REQUESTS)
        bare.append(figure(requests, "bare_us"))
        guarded.append(figure(requests, "guarded_us"))
        plain.append(need_mib(executed(executor, MEMORY.format(guard=""))))
        watched.append(need_mib(executed(executor, MEMORY.format(guard=GUARDED))))
        reactions.append(figure(executed(executor, REACTION), "reaction_ms"))
    print("| | without | with | added |\n|---|---|---|---|")
    for name, unit, without, with_guard in (
        ("a request", "us", bare, guarded),
        ("memory of a process", "MiB", plain, watched),
    ):
        one, other = statistics.median(without), statistics.median(with_guard)
        print(f"| {name} | {one:.1f} {unit} | {other:.1f} {unit} | {other - one:.1f} {unit} |")
    median = statistics.median(reactions)
    print(
        "\nfrom an allocation of 32 MiB past the warning level to the first trim: "
        f"{median:.0f} ms (longest {max(reactions):.0f} ms)"
    )


if __name__ == "__main__":
    main()
