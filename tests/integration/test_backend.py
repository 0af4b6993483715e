"""The example backend in its own image: its tests, and its death as clients see it."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.integration.lab import wait_until

MIB = 1024 * 1024
BACKEND = Path(__file__).parents[2] / "examples" / "backend"
HARDENED: dict[str, Any] = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "tmpfs": {"/tmp": "size=64m"},
}
TESTS_LIMIT_S = 120
BOOT_LIMIT_S = 30


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    client = docker.from_env(timeout=300)
    yield client
    client.close()


def test_its_own_tests_pass_in_its_image(client: Any) -> None:
    image, _ = client.images.build(path=str(BACKEND), target="test", rm=True)
    with container(client, image.id, network_mode="none") as tests:
        status = tests.wait(timeout=TESTS_LIMIT_S)["StatusCode"]
        log = tests.logs().decode()
    assert status == 0, log[-5000:]
    assert "\n# fail 0\n" in log
    assert "\n# pass 0\n" not in log


def out_of_memory(client: Any, container: str) -> bool:
    """Whether the daemon has heard of an OOM kill, which may be after the end."""
    asked = {"container": container, "event": "oom"}
    return bool(list(client.api.events(since="0", until=f"{time.time():.6f}", filters=asked)))


@dataclass(frozen=True)
class Answer:
    """What a client got for one post: a status with its JSON, or the name of an error."""

    status: int | None
    body: dict[str, Any]
    error: str


def test_a_backend_killed_under_load_refuses_and_never_lies(client: Any) -> None:
    # Given the seed's settings, under a cap that sixteen posts of 8 MB cannot fit in
    post = photograph(8 * MIB)
    with both(client, cap_mib=96) as (backend, port):
        # When they come at once
        with ThreadPoolExecutor(16) as clients:
            answers = list(clients.map(lambda _: login(port, post), range(32)))
        # Then the kernel kills it
        backend.wait(timeout=30)
        backend.reload()
        assert backend.attrs["State"]["ExitCode"] == 137, backend.logs().decode()[-2000:]
        assert wait_until(lambda: out_of_memory(client, backend.id), 5)
        # and each client sees that: by a connection that breaks, or is refused.
        assert {answer.error for answer in answers} & {"ConnectionResetError", "BrokenPipeError"}
        assert login(port, post).error == "ConnectionRefusedError"
    # No 200 but for a photograph that the facial service saw whole.
    for answer in answers:
        assert answer.status in (None, 200)
        assert answer.status is None or answer.body == {
            "user": "ana",
            "distance": 0.31,
            "bytes": len(post),
        }


def test_the_same_load_passes_under_the_same_cap_when_bodies_are_streamed(client: Any) -> None:
    post = photograph(8 * MIB)
    env = {"FORWARD": "stream", "SLOTS": "4"}
    with both(client, cap_mib=96, env=env) as (backend, port):
        with ThreadPoolExecutor(16) as clients:
            answers = list(clients.map(lambda _: login(port, post), range(32)))
        backend.reload()
        assert backend.status == "running", backend.logs().decode()[-2000:]
    assert [answer.status for answer in answers] == [200] * 32, answers


SEEDS = {
    "FORWARD": "parse",
    "SLOTS": "unlimited",
    "BODY_LIMIT_MB": "50",
    "MEMORY_REFUSE": "off",
}


@contextmanager
def both(
    client: Any, *, cap_mib: int, env: dict[str, str] | None = None
) -> Iterator[tuple[Any, int]]:
    """A backend under a cap, with the stub of the facial service in its network; its port."""
    image, _ = client.images.build(path=str(BACKEND), rm=True)
    cap = {"mem_limit": cap_mib * MIB, "memswap_limit": cap_mib * MIB}
    ports = {"3000/tcp": ("127.0.0.1", None)}
    with container(client, image.id, environment=env or SEEDS, ports=ports, **cap) as backend:
        stub = {"command": ["node", "stub.js"], "environment": {"STUB_DELAY_MS": "500"}}
        with container(client, image.id, network_mode=f"container:{backend.id}", **stub) as facial:
            backend.reload()
            port = int(backend.ports["3000/tcp"][0]["HostPort"])
            until(lambda: b"listens" in facial.logs() and b"listens" in backend.logs())
            yield backend, port


@contextmanager
def container(client: Any, image: str, **options: Any) -> Iterator[Any]:
    started = client.containers.run(image, detach=True, **HARDENED, **options)
    try:
        yield started
    finally:
        started.remove(force=True)


def photograph(size: int) -> bytes:
    """A post of about this many bytes, as the seed's clients made them."""
    image = base64.b64encode(bytes(size // 4 * 3)).decode()
    return json.dumps({"image": image}).encode()


def login(port: int, body: bytes) -> Answer:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/api/face/login", body, headers)
        response = connection.getresponse()
        return Answer(response.status, json.loads(response.read()), "")
    except (OSError, HTTPException) as error:
        return Answer(None, {}, named(error))
    finally:
        connection.close()


def named(error: Exception) -> str:
    """RemoteDisconnected is both a ConnectionResetError and a BadStatusLine."""
    kinds = (ConnectionRefusedError, ConnectionResetError, BrokenPipeError)
    return next((kind.__name__ for kind in kinds if isinstance(error, kind)), repr(error))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + BOOT_LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)
