"""gunicorn as it is deployed: workers, slots, health under load, kills, and its settings."""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests
from conftest import HERE, Server, entrypoint_environment, photo

Serve = Callable[..., Server]

PHONE = photo("login/obama_phone_12mp.jpg")


def login(server: Server, image: bytes = PHONE) -> requests.Response:
    return requests.post(f"{server.url}/login", files={"image": image}, timeout=60)


def register(server: Server, user: str = "obama") -> requests.Response:
    image = photo("register/obama_portrait.jpg")
    return requests.post(
        f"{server.url}/register", data={"user": user}, files={"image": image}, timeout=60
    )


def test_health_answers_while_all_threads_are_wanted(serve: Serve) -> None:
    server = serve(THREADS="3", SLOTS="1", QUEUE_LIMIT="unlimited", UPSAMPLE="2")

    with ThreadPoolExecutor(6) as clients:
        asked = [clients.submit(login, server) for _ in range(6)]
        slowest_s = 0.0
        while not all(each.done() for each in asked):
            begun = time.monotonic()
            assert requests.get(f"{server.url}/health", timeout=10).status_code == 200
            slowest_s = max(slowest_s, time.monotonic() - begun)
            time.sleep(0.05)

    statuses = sorted(each.result().status_code for each in asked)
    assert statuses.count(401) >= 2  # two of three threads take requests
    assert set(statuses) <= {401, 503}
    assert slowest_s < 1.0


def test_full_queue_is_told_with_retry_after_whatever_the_body(serve: Serve) -> None:
    server = serve(SLOTS="1", QUEUE_LIMIT="1", WEB_CONCURRENCY="2", UPSAMPLE="2")
    large = PHONE + bytes(5_000_000)

    with ThreadPoolExecutor(6) as clients:
        answers = list(clients.map(lambda _: login(server, large), range(6)))

    refused = [each for each in answers if each.status_code == 503]
    assert 2 <= len(refused) <= 4
    assert all(each.headers["Retry-After"] == "2" for each in refused)
    assert all("busy" in each.json()["error"] for each in refused)


def test_too_large_body_gets_its_answer(serve: Serve) -> None:
    server = serve(MAX_BODY_MB="1")

    assert login(server, bytes(1_900_000)).status_code == 413


def test_registration_is_known_to_all_workers_at_once(serve: Serve) -> None:
    server = serve(WEB_CONCURRENCY="2", MAX_SIDE_PX="320")
    assert register(server).status_code == 200

    with ThreadPoolExecutor(4) as clients:
        answers = list(clients.map(lambda _: login(server), range(8)))

    assert [each.json().get("user") for each in answers] == ["obama"] * 8


def test_killed_worker_is_replaced_and_its_slot_is_free(serve: Serve) -> None:
    server = serve(SLOTS="1", UPSAMPLE="2", MAX_SIDE_PX="1600")
    register(server)
    (worker,) = psutil.Process(server.process.pid).children()

    with ThreadPoolExecutor(1) as clients:
        begun_s = worker.cpu_times().user
        hit = clients.submit(login, server)
        while worker.cpu_times().user < begun_s + 0.2 and not hit.done():  # not yet at work
            time.sleep(0.01)
        worker.send_signal(signal.SIGKILL)
        with pytest.raises(requests.ConnectionError):
            hit.result()

    assert login(server).json()["user"] == "obama"


def test_metrics_add_up_all_workers(serve: Serve) -> None:
    server = serve(WEB_CONCURRENCY="2")
    for _ in range(12):
        requests.get(f"{server.url}/health", timeout=10)

    text = requests.get(f"{server.url}/metrics", timeout=10).text

    found = re.search(r'^facial_requests_total{endpoint="health",status="200"} (\S+)', text, re.M)
    assert found is not None
    assert float(found[1]) == 12


def test_max_requests_replaces_workers_without_an_error(serve: Serve) -> None:
    server = serve(MAX_REQUESTS="3")
    before = {each.pid for each in psutil.Process(server.process.pid).children()}

    statuses = [requests.get(f"{server.url}/health", timeout=10).status_code for _ in range(12)]

    assert statuses == [200] * 12
    assert before.isdisjoint(each.pid for each in psutil.Process(server.process.pid).children())


@pytest.mark.parametrize("preload", ["0", "1"])
def test_service_starts_and_stops_cleanly(serve: Serve, tmp_path: Path, preload: str) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    server = serve(PRELOAD=preload, TMPDIR=str(temporary))
    assert register(server).status_code == 200

    server.process.send_signal(signal.SIGTERM)

    assert server.process.wait(30) == 0
    assert "Traceback" not in server.log.read_text()
    assert list(temporary.iterdir()) == []


def test_silent_client_is_let_go(serve: Serve) -> None:
    server = serve(BODY_TIMEOUT_S="0.5")

    with socket.create_connection(("127.0.0.1", server.port), 20) as client:
        client.sendall(
            b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
            b"Content-Type: application/json\r\n\r\n{"
        )
        answer = b""
        while piece := client.recv(4096):  # until it is closed
            answer += piece

    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SLOTS": "many"}, "SLOTS='many' is not allowed"),
        ({"ALLOCATOR": "best"}, "ALLOCATOR='best' is not allowed"),
    ],
)
def test_wrong_setting_ends_the_start_with_a_sentence(
    variables: dict[str, str], sentence: str
) -> None:
    started = subprocess.run(
        [str(HERE / "entrypoint.sh")],
        env={**entrypoint_environment(), **variables},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert started.returncode != 0
    assert sentence in started.stderr
    assert "Traceback" not in started.stderr
