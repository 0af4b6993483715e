"""ASGI middleware: answers 503 with Retry-After while memory is short."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from memtune.guard.wsgi import DRAIN_BYTES, Admission, Exempt, refusal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

TRY_AGAIN_LATER = 1013
"""The websocket close code for a server that is short of something."""


class AsgiGuard:
    """Passes requests on while the guard admits them."""

    def __init__(self, guard: Admission, app: AsgiApp, exempt: tuple[str, ...]) -> None:
        self._guard = guard
        self._app = app
        self._exempt = Exempt(exempt)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request, or one websocket from its handshake to its end."""
        guard = self._guard
        if not guard.started:
            guard.start()
        kind = scope["type"]
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if kind not in ("http", "websocket") or path in self._exempt:
            await self._app(scope, receive, send)
        elif not guard.begin():
            await (_refuse if kind == "http" else _close)(receive, send, guard.retry_after_s)
        else:
            try:
                await self._app(scope, receive, send)
            finally:
                guard.end()


async def _refuse(receive: Receive, send: Send, retry_after_s: int) -> None:
    await _drain(receive)
    headers, body = refusal(retry_after_s)
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": 503, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _close(receive: Receive, send: Send, retry_after_s: int) -> None:
    """Refuse a handshake, which servers answer with 403: it has no 503."""
    await receive()
    await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})


async def _drain(receive: Receive) -> None:
    left = DRAIN_BYTES
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
