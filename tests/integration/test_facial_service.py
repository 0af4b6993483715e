"""The example facial service in its own image: its tests, and its death under load."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import docker
import pytest

MIB = 1024 * 1024
ROOT = Path(__file__).parents[2]
SERVICE = ROOT / "examples" / "facial-service"
PHOTO = SERVICE / "photos" / "register" / "obama_portrait.jpg"
TESTS_LIMIT_S = 300
BOOT_LIMIT_S = 60


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    client = docker.from_env(timeout=600)
    yield client
    client.close()


def built(client: Any, target: str) -> str:
    image, _ = client.images.build(
        path=str(ROOT), dockerfile=str(SERVICE / "Dockerfile"), target=target, rm=True
    )
    return str(image.id)


def test_its_own_tests_pass_in_its_image(client: Any) -> None:
    mounts = {
        str(SERVICE / name): {"bind": f"/app/{name}", "mode": "ro"}
        for name in ("tests", "photos", "pytest.ini", "README.md")
    }
    image = built(client, "test")
    with container(client, image, volumes=mounts, network_mode="none") as tests:
        status = tests.wait(timeout=TESTS_LIMIT_S)["StatusCode"]
        log = tests.logs().decode()
    assert status == 0, log[-5000:]
    assert " passed" in log


def test_what_was_acknowledged_survives_a_kill_under_load(client: Any) -> None:
    image = built(client, "service")
    volume = client.volumes.create()
    try:
        acknowledged = registered_until_killed(client, image, volume)
        with container(client, image, **reached(volume)) as again:
            port = ready(again)
            missing = [name for name in acknowledged if not deleted(port, name)]
    finally:
        volume.remove(force=True)
    assert len(acknowledged) >= 3
    assert missing == []


def registered_until_killed(client: Any, image: str, volume: Any) -> list[str]:
    """Register people from four clients, kill the container meanwhile; who was acknowledged."""
    acknowledged: list[str] = []
    with container(client, image, **reached(volume)) as service:
        port = ready(service)

        def go_on(who: int) -> None:
            for turn in range(200):
                name = f"person-{who}-{turn}"
                with suppress(OSError):
                    if register(port, name):
                        acknowledged.append(name)
                        continue
                return

        with ThreadPoolExecutor(4) as clients:
            work = [clients.submit(go_on, who) for who in range(4)]
            deadline = time.monotonic() + BOOT_LIMIT_S
            while len(acknowledged) < 8 and time.monotonic() < deadline:
                time.sleep(0.05)
            service.kill("KILL")
            for one in work:
                one.result(timeout=BOOT_LIMIT_S)
        service.wait(timeout=30)
    return acknowledged


def reached(volume: Any) -> dict[str, Any]:
    return {
        "ports": {"5001/tcp": ("127.0.0.1", None)},
        "volumes": {volume.name: {"bind": "/data", "mode": "rw"}},
        "mem_limit": 256 * MIB,
        "memswap_limit": 256 * MIB,
    }


def ready(service: Any) -> int:
    deadline = time.monotonic() + BOOT_LIMIT_S
    while time.monotonic() < deadline:
        service.reload()
        with suppress(OSError, KeyError, TypeError, IndexError):
            port = int(service.ports["5001/tcp"][0]["HostPort"])
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return port
        time.sleep(0.2)
    raise AssertionError(service.logs().decode()[-3000:])


def register(port: int, name: str) -> bool:
    """Whether the service says that it has registered somebody."""
    boundary = b"memtune-test"
    user = b"Content-Disposition: form-data; name=user\r\n\r\n" + name.encode()
    image = b"Content-Disposition: form-data; name=image; filename=a.jpg\r\n\r\n"
    parts = [user, image + PHOTO.read_bytes()]
    body = b"".join(b"--%b\r\n%b\r\n" % (boundary, part) for part in parts)
    body += b"--%b--\r\n" % boundary
    kind = f"multipart/form-data; boundary={boundary.decode()}"
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/register", body, {"Content-Type": kind}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        return error.code == 200


def deleted(port: int, name: str) -> bool:
    """Whether somebody was there to be deleted."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/users/{name}", method="DELETE")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False


@contextmanager
def container(client: Any, image: str, **options: Any) -> Iterator[Any]:
    hardened: dict[str, Any] = {
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "tmpfs": {"/tmp": "size=64m"},
    }
    started = client.containers.run(image, detach=True, **hardened, **options)
    try:
        yield started
    finally:
        started.remove(force=True, v=True)
