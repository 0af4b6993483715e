"""A real HTTP server on the loopback that does what a test tells it to, and keeps what it saw."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Seen:
    """One request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    peer: tuple[str, int]


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    body: bytes = b'{"status": "ok"}'
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    hang_up: bool = False
    """Close the connection instead of answering."""


Answering = Callable[[Seen], Reply]


def _well(_: Seen) -> Reply:
    return Reply()


@dataclass
class Service:
    """The server: what it answers by path, and what it saw."""

    url: str = ""
    routes: dict[str, Answering] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    most_in_flight: int = 0
    in_flight: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def paths(self) -> list[str]:
        return [one.path for one in self.seen]

    def answer(self, seen: Seen) -> Reply:
        with self.lock:
            self.seen.append(seen)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return self.routes.get(seen.path, _well)(seen)
        finally:
            with self.lock:
                self.in_flight -= 1


class Server(ThreadingHTTPServer):
    request_queue_size = 64
    daemon_threads = True
    block_on_close = False


@contextmanager
def serving() -> Iterator[Service]:
    """A server while the block lasts."""
    served = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except ConnectionError:  # a client that was killed
                self.close_connection = True

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self._serve
            raise AttributeError(name)

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = served.answer(Seen(self.command, self.path, headers, body, self.client_address))
            if reply.hang_up:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
