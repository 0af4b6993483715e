"""The ASGI middleware, called as the specification says a server calls it."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from memtune.guard import Guard
from memtune.guard.asgi import Message, Receive, Send
from tests.unit.guard.meters import SetMeter

Scope = MutableMapping[str, Any]


class Client:
    """One request to an application: its messages in, the application's messages out."""

    def __init__(self, path: str = "/", kind: str = "http", body: tuple[bytes, ...] = ()) -> None:
        self.scope: Scope = {"type": kind, "path": path, "root_path": "", "headers": []}
        if kind == "websocket":
            self.incoming: list[Message] = [{"type": "websocket.connect"}]
        else:
            last = len(body) - 1
            self.incoming = [
                {"type": "http.request", "body": part, "more_body": number < last}
                for number, part in enumerate(body)
            ] or [{"type": "http.request", "body": b"", "more_body": False}]
        self.answer: list[Message] = []

    async def receive(self) -> Message:
        return self.incoming.pop(0) if self.incoming else {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.answer.append(message)

    @property
    def status(self) -> int:
        return int(self.answer[0]["status"])


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/broken":
        raise RuntimeError("broken")
    if scope["path"] == "/slow":
        await asyncio.sleep(0.05)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})


def service(share: float) -> Guard:
    guard = Guard(meter=SetMeter(share), retry_after_s=7)
    guard.look_again()
    return guard


async def ask(guard: Guard, *clients: Client) -> None:
    guarded = guard.asgi(app)
    try:
        await asyncio.gather(*(guarded(one.scope, one.receive, one.send) for one in clients))
    finally:
        guard.stop()


def test_requests_pass_while_there_is_memory() -> None:
    client = Client()

    asyncio.run(ask(service(0.1), client))

    assert client.status == 200


def test_a_full_service_answers_503_and_when_to_come_again() -> None:
    client = Client("/register", body=(b"a" * 1000, b"b" * 1000, b"c"))

    asyncio.run(ask(service(0.95), client))

    assert client.status == 503
    assert (b"retry-after", b"7") in client.answer[0]["headers"]
    assert client.answer[1]["body"] == b"memory is short here, try again in 7 s\n"
    assert client.incoming == []  # the body was taken, so that its sender reads the answer


def test_a_client_that_went_away_is_not_waited_for() -> None:
    client = Client(body=(b"a", b"b"))
    client.incoming = [{"type": "http.disconnect"}]

    asyncio.run(asyncio.wait_for(ask(service(0.95), client), timeout=5))

    assert client.status == 503


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/metrics"])
def test_health_and_metrics_are_always_answered(path: str) -> None:
    client = Client(path)

    asyncio.run(ask(service(0.99), client))

    assert client.status == 200


def test_the_path_below_a_mount_point_counts() -> None:
    client = Client("/api/health")
    client.scope["root_path"] = "/api"

    asyncio.run(ask(service(0.99), client))

    assert client.status == 200


def test_a_critical_service_answers_one_at_a_time() -> None:
    clients = [Client("/slow") for _ in range(3)]

    asyncio.run(ask(service(0.90), *clients))

    assert sorted(client.status for client in clients) == [200, 503, 503]


def test_a_request_that_fails_is_over() -> None:
    guard = service(0.90)
    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(ask(guard, Client("/broken")))
    client = Client()

    asyncio.run(ask(guard, client))

    assert client.status == 200


def test_a_websocket_is_told_to_come_again_later() -> None:
    client = Client(kind="websocket")

    asyncio.run(ask(service(0.95), client))

    assert client.answer == [{"type": "websocket.close", "code": 1013}]


def test_the_lifespan_is_never_refused() -> None:
    client = Client(kind="lifespan")

    asyncio.run(ask(service(0.99), client))

    assert client.status == 200
