"""Real faces, a real database, real models; gunicorn as it is deployed where that matters."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from facial_service.app import create_app
from facial_service.settings import Settings, settings_from
from flask.testing import FlaskClient

HERE = Path(__file__).parent.parent
REPOSITORY = HERE.parent.parent
PHOTOS = HERE / "photos"

PATIENCE_S = 30.0

MakeSettings = Callable[..., Settings]
MakeClient = Callable[..., FlaskClient]


def photo(name: str) -> bytes:
    """The photograph of this path below photos/."""
    return (PHOTOS / name).read_bytes()


@pytest.fixture
def settings(tmp_path: Path) -> MakeSettings:
    """Makes settings from variables, with a database and a run directory of the test's own."""

    def make(**variables: str) -> Settings:
        database = str(tmp_path / "faces.sqlite3")
        return settings_from({"DATABASE": database, "RUN_DIR": str(tmp_path), **variables})

    return make


@pytest.fixture
def client(settings: MakeSettings) -> MakeClient:
    """Makes an application from variables and returns a client of it."""
    return lambda **variables: create_app(settings(**variables)).test_client()


@dataclass(frozen=True)
class Server:
    """The service behind gunicorn, as the entrypoint starts it."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts gunicorn with variables, and ends it with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**variables: str) -> Server:
        port = _free_port()
        database = str(tmp_path / "faces.sqlite3")
        env = {**entrypoint_environment(), "PORT": str(port), "DATABASE": database, **variables}
        log = tmp_path / "log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [str(HERE / "entrypoint.sh")], env=env, stdout=output, stderr=output
            )
        started.append(process)
        _wait_for(port, process, log)
        return Server(port, process, log)

    yield start
    for process in started:
        process.terminate()
    for process in started:
        process.wait(PATIENCE_S)


def entrypoint_environment() -> dict[str, str]:
    """This process's, with the Python of the tests first and memtune to be imported."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(REPOSITORY)}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())
