"""One request and its answer over HTTP, and whether the answer is right; decides no pace.

Locust's two HTTP clients were tried first, and each fails at a part of this. FastHttpUser joins
head and body of every request (16 x 11 MB in flight: 165 MB more), repeats a GET or DELETE whose
connection broke without saying so, and cuts the answers of statuses that it takes for errors.
HttpUser does all that right and makes a quarter of the requests per second. So the clients are
locust's, and what they speak with is the standard library's, which copies no body and repeats
nothing. The same code makes the calls before and after, and asks for health.
"""

import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from memtune.load.body import Bodies
from memtune.load.prepare import Request
from memtune.load.words import LENGTH, beginning

LIMIT_S = 60.0
"""A request without an answer for so long has failed; so has one for which no client was free."""
_SHOWN = 60
NO_ANSWER = (OSError, HTTPException, ValueError, OverflowError, MemoryError)
"""What a request without an answer raises."""


@dataclass(frozen=True)
class Message:
    """A request as it is sent."""

    request: Request
    headers: dict[str, str]
    body: bytes | None


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    """Decompressed."""

    @property
    def beginning(self) -> str:
        """The first words of the body, for people."""
        return beginning(self.body[:LENGTH].decode("utf-8", "replace"))


@dataclass(frozen=True)
class Attempt:
    """One request that was made."""

    ended: float
    """When the answer was there, on the monotonic clock."""
    error: str
    """What was wrong, in the same words each time; empty when the answer was right."""
    seen: str = ""
    """The beginning of a wrong answer."""


Ask = Callable[[Message], tuple[Answer, float]]


class Client:
    """One client: its connections stay open between requests. Redirects are not followed."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._connections: dict[tuple[str, int], HTTPConnection] = {}
        self._socket: socket.socket | None = None
        self._cut = False

    def ask(self, message: Message) -> tuple[Answer, float]:
        """Return the answer and when it was there. Raises one of NO_ANSWER.

        The time limit is for each wait: an answer that drips can take for ever.
        """
        connection = self._connection(message.request.target.host, message.request.target.port)
        try:
            _send(connection, message)
            self._socket = connection.sock
            if self._cut:  # before there was one to shut down
                raise TimeoutError
            response = connection.getresponse()
            body = response.read()
            ended = time.monotonic()
        except BaseException:
            connection.close()
            raise
        encoding = response.getheader("Content-Encoding", "").lower()
        return Answer(response.status, _unzipped(body) if encoding == "gzip" else body), ended

    def ask_in_time(self, message: Message) -> tuple[Answer, float]:
        """Ask with the time limit for the whole answer; takes a thread. Raises as ``ask``."""
        timer = threading.Timer(self._timeout_s, self._break_off)
        timer.daemon = True
        timer.start()
        try:
            answer = self.ask(message)
        except NO_ANSWER as failure:
            if self._cut:
                raise TimeoutError from failure
            raise
        finally:
            timer.cancel()
        if self._cut:  # an answer without a length ends where it was broken off
            raise TimeoutError
        return answer

    def _break_off(self) -> None:
        self._cut = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections.values():
            connection.close()

    def _connection(self, host: str, port: int) -> HTTPConnection:
        connection = self._connections.get((host, port))
        if connection is None:
            connection = HTTPConnection(host, port, timeout=self._timeout_s)
            self._connections[host, port] = connection
        elif connection.sock is not None and _was_closed(connection.sock, self._timeout_s):
            connection.close()  # the next request opens it again
        return connection


def message(request: Request, bodies: Bodies) -> Message:
    """Return a request as it is sent; its body is built, or shared with an equal one."""
    body = bodies.body(request.content)
    headers = {"User-Agent": "memtune", "Accept-Encoding": "gzip"}
    if body is not None:
        headers["Content-Type"] = body.type
    for name, value in request.headers:
        headers = {key: text for key, text in headers.items() if key.lower() != name.lower()}
        headers[name] = value
    return Message(request, headers, body.data if body is not None else None)


def attempt(ask: Ask, sent: Message) -> Attempt:
    """Make a request and judge its answer."""
    try:
        answer, ended = ask(sent)
    except NO_ANSWER as failure:
        return Attempt(time.monotonic(), told(failure))
    error = wrong(sent.request, answer)
    return Attempt(ended, error, answer.beginning if error else "")


def wrong(request: Request, answer: Answer) -> str:
    """Return what is wrong with an answer; nothing when it has the status and the members."""
    if answer.status != request.status:
        return f"status {answer.status} instead of {request.status}"
    if not request.answer:
        return ""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return "the answer is no JSON object"
    for name, value in request.answer:
        if name not in found:
            return f"the answer has no member {name!r}"
        if found[name] != value:
            return f"{name} is {_shown(found[name])} instead of {_shown(value)}"
    return ""


def told(error: BaseException) -> str:
    """Return why there was no answer, in words without addresses and numbers of their own."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _send(connection: HTTPConnection, sent: Message) -> None:
    request = sent.request
    try:
        connection.request(request.method, request.target.path, sent.body, sent.headers)
    except (BrokenPipeError, ConnectionResetError):
        # A server may refuse a large body by answering before it has read it, such as with
        # 413, and close: the answer is there to be read.
        return


def _was_closed(sock: socket.socket, timeout_s: float) -> bool:
    """Whether the server closed a connection that was kept open, as servers do after a while."""
    sock.settimeout(0)
    try:
        sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        sock.settimeout(timeout_s)
    return True  # the end, or bytes that nobody asked for


def _unzipped(body: bytes) -> bytes:
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return body
