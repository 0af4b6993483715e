"""The guard where it counts: in processes that the kernel kills without it."""

import json

from memtune.model import Outcome, Run
from tests.integration.conftest import Execute

CAP_MIB = 128

CACHE = """
import json, logging, sys, time
from memtune.guard import Guard

logging.basicConfig(level=logging.INFO, format="%(message)s")
cache, filled = {{}}, 0
guard = Guard(**{options})
guard.register(cache.clear)
if {guarded}:
    guard.start()
while filled < 600:  # MiB, through a cache that nothing bounds
    cache[filled] = b"x" * (1 << 20)
    filled += 1
    time.sleep(0.008)
print(json.dumps({{"filled_mib": filled, "trims": guard.counts.trims}}))
"""

SERVER = """
import http.client, json, logging, threading, time
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from memtune.guard import Guard

class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128

class Handler(WSGIRequestHandler):
    def log_message(self, *_):
        pass

def app(environ, start_response):
    if environ["PATH_INFO"] == "/work":
        held = []
        for _ in range(8):  # 4 MiB in 80 ms, and no less for 200 ms
            held.append(b"x" * (512 << 10))
            time.sleep(0.01)
        time.sleep(0.2)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]

logging.basicConfig(level=logging.INFO, format="%(message)s")
guard = Guard()
server = make_server(
    "127.0.0.1", 0, guard.wsgi(app) if {guarded} else app,
    server_class=Server, handler_class=Handler,
)
threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
statuses, hints, slowest, stop = [], set(), [0.0], threading.Event()

def ask(path):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.headers["Retry-After"]

def client():
    while not stop.is_set():
        status, hint = ask("/work")
        statuses.append(status)
        if status == 503:
            hints.add(hint)
            time.sleep(0.1)

def watch_health():
    while not stop.is_set():
        begun = time.monotonic()
        healthy.append(ask("/health")[0])
        slowest[0] = max(slowest[0], time.monotonic() - begun)
        time.sleep(0.05)

healthy = []
threads = [threading.Thread(target=watch_health)]
threads += [threading.Thread(target=client) for _ in range(60)]
for thread in threads:
    thread.start()
    time.sleep(0.05)
time.sleep(2)
stop.set()
for thread in threads:
    thread.join()
print(json.dumps({{
    "answered": statuses.count(200), "refused": statuses.count(503),
    "others": len(statuses) - statuses.count(200) - statuses.count(503),
    "hint": "/".join(map(str, hints)), "health_ok": healthy.count(200), "health": len(healthy),
    "health_slowest_s": slowest[0],
}}))
"""


def figures(run: Run) -> dict[str, object]:
    assert run.outcome is Outcome.COMPLETED, run.reason + run.stderr_tail
    found: dict[str, object] = json.loads(run.stdout_tail.splitlines()[-1])
    return found


def test_an_unbounded_cache_is_killed_without_a_guard(run: Execute) -> None:
    ended = run(python=CACHE.format(guarded=False, options={}), cap_mib=CAP_MIB)

    assert ended.outcome is Outcome.OOM_MAIN


def test_an_unbounded_cache_lives_with_a_guard(run: Execute) -> None:
    ended = run(python=CACHE.format(guarded=True, options={}), cap_mib=CAP_MIB)

    said = figures(ended)
    assert said["filled_mib"] == 600
    assert isinstance(said["trims"], int)
    assert 600 / CAP_MIB <= said["trims"] <= 60
    assert "/ 128MB" in ended.stderr_tail
    assert "Memory trimmed: " in ended.stderr_tail


def test_the_limit_is_the_containers_whatever_is_said(run: Execute) -> None:
    """The thresholds of the seed, 500 and 700 MB of 800, never fired on its instance of 512 MB."""
    options = {"limit_bytes": 800 << 20}

    ended = run(python=CACHE.format(guarded=True, options=options), cap_mib=CAP_MIB)

    assert figures(ended)["filled_mib"] == 600
    assert "800.0MB was given, but the container has 128.0MB" in ended.stderr_tail


def test_a_lower_limit_is_kept(run: Execute) -> None:
    options = {"limit_bytes": 64 << 20}

    ended = run(python=CACHE.format(guarded=True, options=options), cap_mib=256)

    figures(ended)
    need = ended.measurement.need
    assert need is not None
    assert need.value < 64 << 20


def test_a_server_under_growing_load_is_killed_without_a_guard(run: Execute) -> None:
    ended = run(python=SERVER.format(guarded=False), cap_mib=CAP_MIB)

    assert ended.outcome is Outcome.OOM_MAIN


def test_a_server_under_growing_load_refuses_what_it_cannot_do(run: Execute) -> None:
    ended = run(python=SERVER.format(guarded=True), cap_mib=CAP_MIB)

    said = figures(ended)
    assert said["hint"] == "5"
    assert isinstance(said["answered"], int)
    assert isinstance(said["refused"], int)
    assert said["answered"] > 100
    assert said["refused"] > 100
    assert said["others"] == 0
    assert isinstance(said["health"], int)
    assert said["health_ok"] == said["health"] > 20
