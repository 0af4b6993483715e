"""The WSGI middleware behind a real server, asked by real clients."""

import http.client
import threading
from collections.abc import Iterable, Iterator
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

import pytest

from memtune.guard import Guard
from memtune.guard.wsgi import Environ, Exempt, StartResponse, WsgiApp
from tests.unit.guard.kernel import MIB
from tests.unit.guard.meters import SetMeter


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Service:
    """An application with a gate that a request can be held at, behind a guard."""

    def __init__(self) -> None:
        self.meter = SetMeter(0.1)
        self.guard = Guard(meter=self.meter, retry_after_s=7)
        self.entered = threading.Event()
        self.gate = threading.Event()
        self.port = 0

    def app(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/broken":
            raise RuntimeError("broken")
        start_response("200 OK", [("Content-Type", "text/plain")])
        return self.stream() if path == "/stream" else [b"done"]

    def stream(self) -> Iterator[bytes]:
        yield b"first"
        self.entered.set()
        assert self.gate.wait(5)
        yield b"last"

    def set(self, share: float) -> None:
        self.meter.share = share
        self.guard.look_again()

    def ask(self, path: str, body: bytes | None = None) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET" if body is None else "POST", path, body)
        response = connection.getresponse()
        response.headers["Text"] = response.read().decode().strip()
        connection.close()
        return response


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    app: WsgiApp = validator(service.guard.wsgi(validator(service.app)))
    with make_server("127.0.0.1", 0, app, server_class=Server, handler_class=Handler) as server:
        service.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield service
        service.gate.set()
        server.shutdown()
        thread.join()
    service.guard.stop()


def test_requests_pass_while_there_is_memory(service: Service) -> None:
    response = service.ask("/")

    assert (response.status, response.headers["Text"]) == (200, "done")
    assert service.guard.started


def test_a_full_service_answers_503_and_when_to_come_again(service: Service) -> None:
    service.set(0.95)

    response = service.ask("/")

    assert response.status == 503
    assert response.headers["Retry-After"] == "7"
    assert response.headers["Text"] == "memory is short here, try again in 7 s"
    assert service.guard.counts.refused == 1


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/metrics"])
def test_health_and_metrics_are_always_answered(service: Service, path: str) -> None:
    service.set(0.99)

    assert service.ask(path).status == 200


def test_a_refused_body_is_read_so_that_its_sender_sees_the_answer(service: Service) -> None:
    service.set(0.95)

    response = service.ask("/register", body=b"x" * (20 * MIB))

    assert response.status == 503


def test_a_critical_service_answers_one_at_a_time_until_the_body_is_sent(
    service: Service,
) -> None:
    service.set(0.90)
    first = threading.Thread(target=service.ask, args=("/stream",))
    first.start()
    assert service.entered.wait(5)

    during = service.ask("/")
    service.gate.set()
    first.join()
    after = service.ask("/")

    assert (during.status, after.status) == (503, 200)


def test_a_request_that_fails_is_over(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    service.set(0.90)

    assert [service.ask("/broken").status for _ in range(3)] == [500, 500, 500]
    assert service.ask("/").status == 200
    assert "RuntimeError: broken" in capsys.readouterr().err


def test_a_client_that_goes_away_in_mid_answer_leaves_nothing_in_flight(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    connection.request("GET", "/stream")
    assert service.entered.wait(5)
    connection.close()
    service.gate.set()

    service.set(0.90)
    statuses = {service.ask("/").status for _ in range(20)}

    assert 200 in statuses
    assert service.ask("/").status == 200


def test_a_servers_own_file_wrapper_is_passed_on_as_it_is() -> None:
    guard = Guard(meter=SetMeter(0.1))
    wrapper = FileWrapper(open(__file__, "rb"))  # noqa: SIM115 - the server closes it
    app = guard.wsgi(lambda environ, start_response: wrapper)

    body = app({"PATH_INFO": "/", "wsgi.file_wrapper": FileWrapper}, print)

    assert body is wrapper
    wrapper.close()
    guard.stop()


@pytest.mark.parametrize(
    ("path", "exempt"),
    [
        ("/health", True),
        ("/health/", True),
        ("/health/live", True),
        ("/healthy", False),
        ("/", False),
        ("", False),
        ("/api/health", False),
    ],
)
def test_exempt_paths(path: str, exempt: bool) -> None:
    assert (path in Exempt(("/health", "/metrics/"))) is exempt
