"""WSGI middleware (PEP 3333): answers 503 with Retry-After while memory is short."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]

DRAIN_BYTES = 64 * 1024 * 1024
"""Of a refused request's body, that is read and thrown away: a server that closes on a client
which still sends resets the connection, and the client never sees why."""

CHUNK_BYTES = 64 * 1024


class Admission(Protocol):
    """What middleware needs of a guard."""

    retry_after_s: int

    @property
    def started(self) -> bool:
        """Whether this process is watched."""
        ...

    def start(self) -> object:
        """Watch from now on."""
        ...

    def begin(self) -> bool:
        """Admit a piece of work."""
        ...

    def end(self) -> None:
        """End it."""
        ...


class WsgiGuard:
    """Passes requests on while the guard admits them."""

    def __init__(self, guard: Admission, app: WsgiApp, exempt: tuple[str, ...]) -> None:
        self._guard = guard
        self._app = app
        self._exempt = Exempt(exempt)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        guard = self._guard
        if not guard.started:
            guard.start()
        if environ.get("PATH_INFO", "") in self._exempt:
            return self._app(environ, start_response)
        if not guard.begin():
            return _refuse(environ, start_response, guard.retry_after_s)
        try:
            body = self._app(environ, start_response)
        except BaseException:
            guard.end()
            raise
        if isinstance(body, (list, tuple, environ.get("wsgi.file_wrapper", tuple))):
            guard.end()  # the work is done; a server recognises its own file wrapper
            return body
        return _Body(body, guard.end)


class _Body:
    """A body that tells when it is closed, which PEP 3333 promises."""

    def __init__(self, body: Iterable[bytes], end: Callable[[], None]) -> None:
        self._body = body
        self._end: Callable[[], None] | None = end

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Close the application's body and end the work, once."""
        end, self._end = self._end, None
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            if end is not None:
                end()


class Exempt:
    """Paths that are always answered, and what lies below them."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self._paths = frozenset(paths)
        self._below = tuple(f"{path.rstrip('/')}/" for path in paths)

    def __contains__(self, path: str) -> bool:
        return path in self._paths or path.startswith(self._below)


def refusal(retry_after_s: int) -> tuple[list[tuple[str, str]], bytes]:
    """Return headers and body of a 503."""
    body = f"memory is short here, try again in {retry_after_s} s\n".encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Retry-After", str(retry_after_s)),
    ]
    return headers, body


def _refuse(environ: Environ, start_response: StartResponse, retry_after_s: int) -> Iterable[bytes]:
    _drain(environ)
    headers, body = refusal(retry_after_s)
    start_response("503 Service Unavailable", headers)
    return [body]


def _drain(environ: Environ) -> None:
    """Read the request's body, as far as the server says how long it is."""
    length = environ.get("CONTENT_LENGTH") or "0"
    left = int(length) if length.isdecimal() else 0
    if environ.get("wsgi.input_terminated"):
        left = DRAIN_BYTES
    left = min(left, DRAIN_BYTES)
    while left > 0 and (chunk := environ["wsgi.input"].read(min(left, CHUNK_BYTES))):
        left -= len(chunk)
