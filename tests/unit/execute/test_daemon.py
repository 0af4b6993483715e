"""What docker-py raises, told as one of memtune's errors: the map has no hole."""

import inspect
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import docker.errors
import pytest
import requests
import requests.exceptions
import urllib3.exceptions

from memtune.errors import ExitCode, HostError
from memtune.execute import daemon
from memtune.execute.daemon import FAILURES, gone, translated, words

WAIT_S = 30


def raised(error: Exception) -> HostError:
    with pytest.raises(HostError) as caught, translated("making a run"):
        raise error
    return caught.value


def refusal(explanation: str) -> docker.errors.APIError:
    return docker.errors.APIError("500 Server Error", requests.Response(), explanation)


ERRORS = [
    kind
    for module in (docker.errors, requests.exceptions)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__ == module.__name__
]


@pytest.mark.parametrize("kind", [kind for kind in ERRORS if not issubclass(kind, Warning)])
def test_whatever_the_libraries_raise_is_translated(kind: type[Exception]) -> None:
    assert issubclass(kind, FAILURES)


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (docker.errors.ImageNotFound("404", explanation="No such image: x"), "image: x", "pull"),
        (docker.errors.BuildError("RUN failed", iter(())), "RUN failed", "docker build"),
        (refusal('exec: "/bin/sh": stat: no such file'), "has no /bin/sh", "use an image"),
        (refusal("write /var: no space left on device"), "no space left", "make room"),
        (refusal("something odd"), "something odd", "refuses"),
        (requests.exceptions.ReadTimeout("60"), "does not answer in time", "restart Docker"),
        (requests.exceptions.ConnectionError(), "ConnectionError", "is the daemon running"),
        (urllib3.exceptions.ProtocolError("broken"), "broken", "is the daemon running"),
        (docker.errors.DockerException("no TLS"), "no TLS", "is the daemon running"),
    ],
)
def test_each_error_says_what_happened_and_what_to_do(
    error: Exception, message: str, hint: str
) -> None:
    told = raised(error)

    assert told.exit_code is ExitCode.ENVIRONMENT
    assert told.message.startswith("making a run: ")
    assert message in told.message
    assert hint in told.hint


def test_what_the_system_said_counts_and_not_who_passed_it_on() -> None:
    refused = ConnectionRefusedError(111, "Connection refused")
    passed_on = requests.exceptions.ConnectionError(
        urllib3.exceptions.ProtocolError("Connection aborted.", refused)
    )

    assert words(passed_on) == "Connection refused"
    assert gone(passed_on).endswith("in mid-run (Connection refused)")


def test_of_a_long_text_the_first_line_is_told() -> None:
    assert words(docker.errors.DockerException("first\nsecond")) == "first"


def test_a_late_answer_is_no_daemon_that_went_away() -> None:
    assert "has not answered" in gone(requests.exceptions.ReadTimeout())


def test_an_address_that_makes_no_sense_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:99999")

    with pytest.raises(HostError, match="makes no sense") as caught:
        daemon.connect()

    assert "unset" in caught.value.hint


class Dumb(BaseHTTPRequestHandler):
    """A daemon that tells its version and answers nothing else."""

    def do_GET(self) -> None:
        if self.path.endswith("/version"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"ApiVersion": "1.41"}')
        else:
            time.sleep(WAIT_S)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""


@pytest.fixture
def dumb(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Dumb) as server:
        server.daemon_threads, server.block_on_close = True, False
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


@pytest.mark.parametrize(
    "ask",
    [
        lambda api: list(api.events(since="0", until="1", decode=True)),
        lambda api: api.wait("web", condition="removed"),
        lambda api: api.attach_socket("web"),
    ],
    ids=["events", "wait", "attach"],
)
@pytest.mark.usefixtures("dumb")
def test_a_daemon_that_answers_no_more_holds_nobody_for_ever(ask: Callable[[Any], object]) -> None:
    began = time.monotonic()

    with pytest.raises(requests.exceptions.ReadTimeout):
        ask(daemon.connect(1).api)

    assert time.monotonic() - began < WAIT_S


class Silent:
    """A daemon that answers twice and then no more."""

    def __init__(self, error: Exception) -> None:
        self.asked = 0
        self._error = error

    def ping(self) -> Any:
        self.asked += 1
        if self.asked > 2:
            raise self._error


def test_a_heartbeat_tells_that_the_daemon_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "BEAT_S", 0.01)
    silent = Silent(requests.exceptions.ReadTimeout())
    heartbeat = daemon.Heartbeat(silent)

    heartbeat._beat()

    assert silent.asked == 3
    assert "has not answered" in heartbeat.lost


def test_a_stopped_heartbeat_asks_no_more() -> None:
    silent = Silent(requests.exceptions.ReadTimeout())
    heartbeat = daemon.Heartbeat(silent)

    heartbeat.stop()
    heartbeat._beat()

    assert (silent.asked, heartbeat.lost) == (0, "")
