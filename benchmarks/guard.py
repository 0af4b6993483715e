"""What memtune.guard costs a service, and how fast it acts, each beside the same without it.

    python -m benchmarks.guard [ROUNDS]

A round makes the same calls bare and guarded, one after the other, so that the noise of the
machine meets both alike; the ratio is the median of the rounds' ratios. Memory is the need of
a container, measured by memtune's Docker executor. The reaction is taken in such a container,
too: from the first reading of the process itself that is above the warning level to the call
of a registered cache, at several speeds of growth.
"""

import asyncio
import http.client
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from benchmarks.machine import description
from memtune.execute.docker import DockerExecutor
from memtune.execute.executor import execute
from memtune.execute.request import Request
from memtune.guard import Guard, find
from memtune.model import Image, ImageKind, Outcome, Run, Settings

MIB = 1024 * 1024
CALLS = 2000
REQUESTS = 100
ALLOWED_US = 20.0
"""That a request may cost more."""
ALLOWED_MIB = 4.0
"""That a process may need more."""
ALLOWED_S = 0.1
"""Until the cache is called, at up to 200 MiB/s: 20 MiB of growth, in the median."""

BARE = "import logging, threading, time, wsgiref.simple_server\ntime.sleep(0.3)\n"
GUARDED = "from memtune.guard import Guard\nGuard().start()\n"
HOOKS = "import memtune.guard.gunicorn\n"

REACTION = """
import json, sys, time
from memtune.guard import Guard, find

pace_mib_s, times = float(sys.argv[1]), 8
kept, called, seen = [], [], []
container, guard = find(), Guard()

@guard.register
def clear():
    called.append((time.monotonic(), guard._gauge.reading.share))
    kept.clear()

limit = 0.70 * container.limit_bytes
with guard:
    for _ in range(times):
        time.sleep(0.3)
        done, crossed = len(called), None
        begun, grown = time.monotonic(), 0
        while len(called) == done and grown < 120:
            kept.append(b"x" * (1 << 20))
            grown += 1
            if crossed is None and container.need_bytes() >= limit:
                crossed = time.monotonic()
            wait = begun + grown / pace_mib_s - time.monotonic()
            if wait > 0:
                time.sleep(wait)
        if crossed is None or len(called) == done:
            continue  # it was called for the crossing before this thread saw that itself
        seen.append((called[done][0] - crossed, called[done][1]))
print(json.dumps({"seconds": [s for s, _ in seen], "shares": [s for _, s in seen]}))
"""
PACES_MIB_S = (20, 200, 2000)


def wsgi_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer at once."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]


async def asgi_app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """Answer at once."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})


def wsgi_calls(app: Callable[..., Iterable[bytes]]) -> Callable[[], None]:
    """Return what calls a WSGI application as a server does."""

    def calls() -> None:
        for _ in range(CALLS):
            list(app({"PATH_INFO": "/"}, nothing))

    return calls


def asgi_calls(app: Callable[..., Any]) -> Callable[[], None]:
    """Return what calls an ASGI application as a server does."""

    async def send(message: object) -> None:
        pass

    async def calls() -> None:
        scope = {"type": "http", "path": "/", "root_path": ""}
        for _ in range(CALLS):
            await app(scope, nothing, send)

    return lambda: asyncio.run(calls())


def nothing(*_: object) -> None:
    """Take whatever is given."""


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def http_requests(app: Callable[..., Iterable[bytes]]) -> Callable[[], None]:
    """Return what asks a server of the standard library, over the loopback device."""
    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def requests() -> None:
        for _ in range(REQUESTS):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
            connection.request("GET", "/")
            connection.getresponse().read()
            connection.close()

    return requests


def seconds(action: Callable[[], None]) -> float:
    """Return how long an action takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def cost(
    name: str, bare: Callable[[], None], guarded: Callable[[], None], count: int, rounds: int
) -> tuple[str, float]:
    """Return a row of the table, and by how many microseconds a call is dearer."""
    bare()
    guarded()
    pairs = []
    for number in range(rounds):
        ways = (bare, guarded) if number % 2 else (guarded, bare)
        taken = {way: seconds(way) / count * 1e6 for way in ways}
        pairs.append((taken[bare], taken[guarded]))
    without, with_it = (statistics.median(side) for side in zip(*pairs, strict=True))
    added = statistics.median(after - before for before, after in pairs)
    ratio = statistics.median(after / before for before, after in pairs)
    row = f"| {name} | {without:.2f} us | {with_it:.2f} us | {added:+.2f} us | {ratio:.3f} |"
    return row, added


def run(program: str, *words: str, cap_mib: int = 128) -> Run:
    """Execute a Python program in a container."""
    asked = Request(
        workload="guard",
        settings=Settings(),
        image=Image(ImageKind.HOST),
        command=("python", "-c", program, *words),
        directory="",
        env=(),
        cap_bytes=cap_mib * MIB,
        timeout_s=120,
    )
    ended = execute(DockerExecutor(), asked)
    assert ended.outcome is Outcome.COMPLETED or ended.outcome.is_oom, ended.reason
    return ended


def need_mib(program: str) -> float:
    """Return the need of a program in a container."""
    need = run(program).measurement.need
    assert need is not None
    return need.value / MIB


def memory(name: str, program: str, rounds: int) -> tuple[str, float]:
    """Return a row of the table, and by how many MiB a process needs more."""
    pairs = [(need_mib(BARE), need_mib(program + BARE)) for _ in range(rounds)]
    without, with_it = (statistics.median(side) for side in zip(*pairs, strict=True))
    added = statistics.median(after - before for before, after in pairs)
    ratio = statistics.median(after / before for before, after in pairs)
    row = f"| {name} | {without:.1f} MiB | {with_it:.1f} MiB | {added:+.1f} MiB | {ratio:.3f} |"
    return row, added


def reaction(pace_mib_s: int, rounds: int) -> tuple[str, float]:
    """Return a row of the table of reactions, and the median in seconds."""
    delays: list[float] = []
    shares: list[float] = []
    killed = 0
    for _ in range(rounds):
        ended = run(REACTION, str(pace_mib_s))
        if ended.outcome.is_oom:
            killed += 1
            continue
        said = json.loads(ended.stdout_tail.splitlines()[-1])
        delays += said["seconds"]
        shares += said["shares"]
    delays.sort()
    median = statistics.median(delays)
    row = (
        f"| {pace_mib_s} MiB/s | {len(delays)} | {median * 1000:.0f} ms "
        f"| {delays[-1] * 1000:.0f} ms | {max(shares):.0%} | {killed} of {rounds} |"
    )
    return row, median


def reading_us() -> float:
    """Return what one reading of memory takes, the median of many."""
    meter = find()
    samples = []
    for _ in range(2000):
        begun = time.perf_counter()
        meter.need_bytes()
        samples.append(time.perf_counter() - begun)
    return statistics.median(samples) * 1e6


def main() -> int:
    """Measure, print the tables, and return 1 where the guard costs more than it may."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    few = max(3, rounds // 12)
    print(description(), end=f", {rounds} rounds\n\n")
    print("| | without | with the guard | added | ratio |\n|---|---|---|---|---|")
    with Guard() as guard:
        guarded = guard.wsgi(wsgi_app)
        ways = [
            ("WSGI call", wsgi_calls(wsgi_app), wsgi_calls(guarded), CALLS),
            ("ASGI call", asgi_calls(asgi_app), asgi_calls(guard.asgi(asgi_app)), CALLS),
            ("HTTP request, wsgiref", http_requests(wsgi_app), http_requests(guarded), REQUESTS),
        ]
        costs = [cost(*way, rounds) for way in ways]
    memories = [
        memory("need of a process", GUARDED, few),
        memory("need of a gunicorn worker's hooks", GUARDED + HOOKS, few),
    ]
    print("\n".join(row for row, _ in costs + memories))
    print(f"\nOne reading of memory: {reading_us():.0f} us.\n")
    print("| growth under 128 MiB | crossings | median | slowest | need then | killed |")
    print("|---|---|---|---|---|---|")
    reactions = [reaction(pace, few) for pace in PACES_MIB_S]
    print("\n".join(row for row, _ in reactions))
    slow = any(median > ALLOWED_S for _, median in reactions[:2])
    dear = any(added > ALLOWED_US for _, added in costs[:2])
    large = any(added > ALLOWED_MIB for _, added in memories[:1])
    return int(slow or dear or large)


if __name__ == "__main__":
    sys.exit(main())
