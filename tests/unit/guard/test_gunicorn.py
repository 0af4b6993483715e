"""The hooks in a real gunicorn: guards start in the workers, and one at a time is recycled."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

CONFIG = """
import memtune.guard.gunicorn as hooks
from memtune.guard.gunicorn import post_fork, post_request, post_worker_init

hooks.YOUNGEST_S = 0.5
bind = "127.0.0.1:0"
workers = 2
graceful_timeout = 5
control_socket_disable = True
"""
WAYS = {"sync": (), "threads, preloaded": ("--threads", "4", "--preload")}


@dataclass
class Service:
    process: subprocess.Popen[bytes]
    share: Path
    log: Path

    def lines(self, word: str) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if word in line]

    def ask(self, path: str) -> tuple[int, int, str]:
        """Return the answering process, its parent, and whether it is watched."""
        found = re.search(r"Listening at: .*http://(127[^ ,]*)", self.log.read_text())
        assert found
        with urllib.request.urlopen(f"http://{found[1]}{path}", timeout=5) as response:
            pid, parent, watched = response.read().decode().split()
        return int(pid), int(parent), watched


def until(condition: Callable[[], object], service: Service, timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, service.log.read_text()
        time.sleep(0.02)


@pytest.fixture(params=WAYS.values(), ids=list(WAYS))
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    share, log, config = tmp_path / "share", tmp_path / "log", tmp_path / "conf.py"
    share.write_text("0.1")
    config.write_text(CONFIG)
    command = [sys.executable, "-m", "gunicorn", "-c", str(config), *request.param]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "tests.unit.guard.gunicorn_app:application"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"GUARD_SHARE": str(share), "PYTHONPATH": os.getcwd()},
        )
    service = Service(process, share, log)
    try:
        until(lambda: len(service.lines("Memory limit: 100MB (test)")) == 2, service)
        yield service
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def test_each_worker_is_watched_and_logs_where_gunicorn_does(service: Service) -> None:
    startups = service.lines("🟢 Memory startup: 10.0MB / 100MB")
    pids = {re.findall(r"\[(\d+)\]", line)[0] for line in startups}

    pid, parent, watched = service.ask("/")

    assert len(pids) == 2
    assert (str(pid) in pids, parent, watched) == (True, service.process.pid, "True")


def test_the_worker_that_has_grown_is_recycled_and_the_service_goes_on(service: Service) -> None:
    time.sleep(0.6)  # no worker is recycled younger than YOUNGEST_S
    grown, _, _ = service.ask("/keep")

    service.share.write_text("0.90")
    until(lambda: service.lines("Booting worker")[2:], service)
    service.share.write_text("0.10")

    (line,) = service.lines("has grown by")
    assert f"[{grown}]" in line
    assert f"[{grown}] [INFO] Worker exiting" in service.log.read_text()
    assert service.ask("/")[0] != grown


def test_no_worker_is_recycled_while_another_one_goes(service: Service) -> None:
    time.sleep(0.6)
    service.ask("/keep")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as another:
        another.bind(f"\0memtune-guard-{service.process.pid}")
        service.share.write_text("0.90")
        until(lambda: service.lines("Memory trimmed")[1:], service)
        time.sleep(1.2)
        assert service.lines("has grown by") == []

    until(lambda: service.lines("Booting worker")[2:], service)


def test_no_worker_is_recycled_that_has_not_grown(service: Service) -> None:
    time.sleep(0.6)

    service.share.write_text("0.90")
    until(lambda: len(service.lines("Memory trimmed")) == 2, service)
    time.sleep(1.2)  # recycling is asked for once a second

    assert service.lines("has grown by") == []
    assert len(service.lines("Booting worker")) == 2
