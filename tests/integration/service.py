"""A small HTTP service for tests: holds memory, forks, calls its peer, dies; all on demand.

python service.py PORT [deaf]; it keeps what it was given under /leak/KIB, and forgets it under
/forget/KIB.
"""

import os
import signal
import sys
import time
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HELD: list[bytes] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        what, _, word = self.path.strip("/").partition("/")
        answer = ACTIONS[what](word)
        body = f'{{"said": "{answer}"}}'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def hold(mib: int) -> str:
    HELD.append(b"1" * (mib << 20))
    return "held"


def leak(kib: int) -> str:
    HELD.append(os.urandom(kib << 10))
    return "kept"


def fork(mib: int) -> str:
    child = os.fork()
    if child == 0:
        hold(mib)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return f"child {os.waitstatus_to_exitcode(status)}"


def peer(address: str) -> str:
    with urllib.request.urlopen(f"http://{address}/health", timeout=5) as answer:
        return str(answer.status)


def die(status: str) -> str:
    os._exit(int(status))


ACTIONS: dict[str, Callable[[str], str]] = {
    "health": lambda _: "well",
    "hold": lambda word: hold(int(word)),
    "leak": lambda word: leak(int(word)),
    "forget": lambda word: f"{len(os.urandom(int(word) << 10))} bytes",
    "fork": lambda word: fork(int(word)),
    "peer": peer,
    "die": die,
}


def main() -> None:
    if "deaf" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "late" in sys.argv:
        time.sleep(3600)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()


if __name__ == "__main__":
    main()
