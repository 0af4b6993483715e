"""One request and its answer, with a real server on the other side."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from memtune.load.body import Bodies
from memtune.load.exchange import Attempt, Client, attempt, message
from memtune.load.prepare import Request, requests
from memtune.model import Call, Member
from tests.unit.load.server import Reply, Service


def request(url: str, **given: object) -> Request:
    (made,) = requests([Call("call", given.pop("method", "GET"), url, **given)])  # type: ignore[arg-type]
    return made


def made(url: str, client: Client | None = None, **given: object) -> Attempt:
    return attempt((client or Client(10)).ask, message(request(url, **given), Bodies()))


@contextmanager
def raw(first: bytes, again: bytes = b"") -> Iterator[str]:
    """A server that sends these bytes, then others every 50 ms, until its client has gone."""

    def serve(listener: socket.socket) -> None:
        with suppress(OSError), listener.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(first)
            while again:
                connection.sendall(again)
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 100000000000000000000",
        b"Content-Length: 1000000000000000",
        b"Transfer-Encoding: chunked\r\n\r\n-5",
        b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff",
    ],
)
def test_an_answer_of_senseless_length_is_an_error(head: bytes) -> None:
    with raw(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n") as url:
        assert made(url).error


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_an_answer_that_drips_for_ever_is_broken_off(first: bytes, again: bytes) -> None:
    with raw(first, again) as url:
        sent = message(request(url), Bodies())
        assert attempt(Client(0.3).ask_in_time, sent).error == "no answer in time"


def test_a_time_that_is_over_before_there_is_a_connection_is_over() -> None:
    with raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x") as url:
        client = Client(60)
        client._break_off()
        began = time.monotonic()

        sent = message(request(url), Bodies())

        assert attempt(client.ask_in_time, sent).error == "no answer in time"
        assert time.monotonic() - began < 30


def test_what_is_sent_arrives(service: Service) -> None:
    sent = made(
        service.url + "/a?b=c",
        method="post",
        json=(("n", 1),),
        headers=(("X-One", "1"), ("content-type", "application/vnd.api+json")),
    )

    (seen,) = service.seen
    assert sent.error == ""
    assert (seen.method, seen.path, seen.body) == ("POST", "/a?b=c", b'{"n": 1}')
    assert seen.headers["x-one"] == "1"
    assert seen.headers["content-type"] == "application/vnd.api+json"
    assert seen.headers["content-length"] == "8"


@pytest.mark.parametrize(
    ("reply", "expected", "error"),
    [
        (Reply(), (), ""),
        (Reply(b'{"person": "obama", "more": 1}'), (("person", "obama"),), ""),
        (Reply(b'{"known": true, "n": 1}'), (("known", True), ("n", 1.0)), ""),
        (Reply(b"boom", 500), (), "status 500 instead of 200"),
        (Reply(b"{}", 302, (("Location", "/"),)), (), "status 302 instead of 200"),
        (
            Reply(b'{"person": "biden"}'),
            (("person", "obama"),),
            "person is 'biden' instead of 'obama'",
        ),
        (
            Reply(b'{"person": "%b"}' % (b"x" * 9999)),
            (("person", "obama"),),
            f"person is '{'x' * 59}... instead of 'obama'",
        ),
        (Reply(b'{"n": "1"}'), (("n", 1),), "n is '1' instead of 1"),
        (Reply(b"{}"), (("person", "obama"),), "the answer has no member 'person'"),
        (Reply(b"[1]"), (("person", "obama"),), "the answer is no JSON object"),
        (Reply(b"<html>"), (("person", "obama"),), "the answer is no JSON object"),
        (Reply(b"[" * 100_000), (("person", "obama"),), "the answer is no JSON object"),
        (Reply(hang_up=True), (), "Remote end closed connection without response"),
    ],
)
def test_an_answer_is_right_when_it_has_the_status_and_the_members(
    service: Service, reply: Reply, expected: tuple[tuple[str, Member], ...], error: str
) -> None:
    service.routes["/"] = lambda _: reply

    assert made(service.url, answer=expected).error == error


def test_a_refusal_can_be_the_right_answer_and_is_read_whole(service: Service) -> None:
    body = b'{"error": "' + b"x" * 300_000 + b'", "code": 7}'
    service.routes["/"] = lambda _: Reply(body, 401)

    assert made(service.url, status=401, answer=(("code", 7),)).error == ""


def test_a_compressed_answer_is_asked_for_and_read(service: Service) -> None:
    packed = gzip.compress(b'{"person": "obama"}')
    service.routes["/"] = lambda _: Reply(packed, headers=(("Content-Encoding", "gzip"),))

    assert made(service.url, answer=(("person", "obama"),)).error == ""
    assert service.seen[0].headers["accept-encoding"] == "gzip"


def test_connections_stay_open_and_one_that_the_server_closed_is_opened_again(
    service: Service,
) -> None:
    client = Client(10)
    service.routes["/last"] = lambda _: Reply(headers=(("Keep-Alive", "timeout=0"),))

    assert [made(service.url, client).error for _ in range(3)] == ["", "", ""]
    assert len({one.peer for one in service.seen}) == 1

    # The server closes without having said so, as Node does after five seconds.
    for one in list(client._connections.values()):
        assert one.sock is not None
        one.sock.shutdown(socket.SHUT_WR)  # its read ends, and it closes its side
        while one.sock.recv(1, socket.MSG_PEEK):
            time.sleep(0.01)
    assert made(service.url, client, method="POST").error == ""
    assert len({one.peer for one in service.seen}) == 2


def test_a_request_that_broke_is_not_made_again(service: Service) -> None:
    service.routes["/"] = lambda _: Reply(hang_up=True)
    client = Client(10)
    made(service.url + "/first", client)

    assert made(service.url, client).error != ""
    assert service.paths() == ["/first", "/"]


def test_a_large_body_that_is_refused_before_it_was_read_has_an_answer() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        peer, _ = listener.accept()
        peer.recv(1000)
        peer.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        peer.close()  # with most of the body unread: the client's sending breaks

    thread = threading.Thread(target=refuse)
    thread.start()
    sent = made(
        f"http://127.0.0.1:{listener.getsockname()[1]}/",
        method="POST",
        body="x" * 20_000_000,
        status=413,
    )
    thread.join()
    listener.close()

    assert sent.error == ""


def test_no_answer_is_told_in_words_that_group() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    assert made(url, Client(0.05)).error == "no answer in time"
    listener.close()
    assert made(url).error == "connection refused"


def test_of_a_wrong_answer_the_beginning_is_kept_without_control_characters(
    service: Service,
) -> None:
    service.routes["/"] = lambda _: Reply(b"\x1b[2Jno\r\nmemory\x00" + b"x" * 1000, 503)

    seen = made(service.url).seen

    assert seen.startswith("[2Jno  memory xxx")
    assert len(seen) <= 200
    assert seen.isprintable()
