"""The whole driver, as memtune executes it: a process with the plan in its environment."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from memtune.execute.request import plan_json
from memtune.model import PLAN_VARIABLE, Call, Health, Load, Plan
from tests.unit.load.server import Reply, Seen, Service

DRIVER = [sys.executable, "-P", "-m", "memtune.load"]
WAIT_S = 60


def environment(service: Service, load: Load) -> dict[str, str]:
    plan = Plan(load, (Health("api", f"{service.url}/health"),))
    return os.environ | {PLAN_VARIABLE: plan_json(plan)}


def execute(service: Service, load: Load) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        DRIVER,
        env=environment(service, load),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )


@contextmanager
def begun(service: Service, load: Load) -> "Iterator[subprocess.Popen[str]]":
    """The driver at work; it is ended afterwards, should the test have failed."""
    with subprocess.Popen(
        DRIVER, env=environment(service, load), stdout=subprocess.PIPE, text=True
    ) as driver:
        try:
            yield driver
        finally:
            alive = driver.poll() is None
            for each in psutil.Process(driver.pid).children(recursive=True) if alive else ():
                each.kill()
            driver.kill()


def last(ended: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    found = json.loads(ended.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def call(service: Service, name: str = "login", **given: Any) -> Call:
    return Call(name, given.pop("method", "POST"), f"{service.url}/{name}", **given)


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has asked for its status is a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_closed_loop_from_boot_to_report(service: Service) -> None:
    together = threading.Barrier(4)

    def meet(_: Seen) -> Reply:
        together.wait(WAIT_S)  # four at the same time, or none is answered
        return Reply(b'{"person": "obama"}')

    service.routes["/login"] = meet
    load = Load(
        before=(call(service, "register"),),
        calls=(call(service, answer=(("person", "obama"),)),),
        after=(call(service, "drop", method="DELETE"),),
        concurrency=4,
        warm_up=4,
        requests=8,
        health_interval_s=0.05,
    )

    ended = execute(service, load)

    assert (ended.returncode, ended.stderr) == (0, "")
    figures = last(ended)
    assert list(figures) == [
        *("boot_s", "register", "requests", "errors", "error_rate"),
        *("p50_ms", "p95_ms", "p99_ms", "max_ms", "throughput_per_s", "load_s"),
        *("health_max_ms", "health_failures", "drop"),
    ]
    assert (figures["register"], figures["drop"]) == ("ok", "ok")
    assert (figures["requests"], figures["errors"], figures["error_rate"]) == (8, 0, 0)
    assert 0 < figures["p50_ms"] <= figures["p95_ms"] <= figures["p99_ms"] == figures["max_ms"]
    assert figures["health_failures"] == 0
    paths = [path for path in service.paths() if path != "/health"]
    assert paths == ["/register", *["/login"] * 12, "/drop"]
    assert service.paths().count("/health") >= 2
    assert len({one.peer for one in service.seen if one.path == "/login"}) == 4


def test_in_the_open_loop_a_stall_is_part_of_the_latency_of_all_that_fell_due(
    service: Service,
) -> None:
    first = iter([True])

    def stall(_: Seen) -> Reply:
        time.sleep(0.4 if next(first, False) else 0)
        return Reply()

    service.routes["/login"] = stall
    load = Load(calls=(call(service),), concurrency=1, rate_per_s=50, duration_s=0.2)

    figures = last(execute(service, load))

    # Ten fell due within 0.2 s; the last of them waited for 0.22 s at least, the fifth for 0.32.
    assert figures["requests"] == 10
    assert figures["p50_ms"] >= 300
    assert figures["max_ms"] >= 400
    assert figures["load_s"] >= 0.4


def test_errors_of_a_load_that_fails_part_way_are_counted_by_their_reasons(
    service: Service,
) -> None:
    answers = iter(
        [Reply(b'{"person": "biden"}')] * 3
        + [Reply(b"\x1b[31mno memory", 503)] * 2
        + [Reply(b'{"nobody": 1}')]
        + [Reply(b'{"person": "obama"}')] * 2
    )
    service.routes["/login"] = lambda _: next(answers, Reply(hang_up=True))
    load = Load(calls=(call(service, answer=(("person", "obama"),)),), requests=12)

    ended = execute(service, load)

    figures = last(ended)
    assert ended.returncode == 0
    assert (figures["requests"], figures["errors"], figures["error_rate"]) == (12, 10, 0.833333)
    assert ended.stderr.splitlines() == [
        "4 of 12 requests: login: Remote end closed connection without response",
        "3 of 12 requests: login: person is 'biden' instead of 'obama', "
        'such as: {"person": "biden"}',
        "2 of 12 requests: login: status 503 instead of 200, such as: [31mno memory",
        "1 of 12 requests: login: the answer has no member 'person', such as: {\"nobody\": 1}",
    ]


def test_a_service_that_is_not_ready_ends_it_with_3(service: Service) -> None:
    service.routes["/health"] = lambda _: Reply(b"loading", 503)

    ended = execute(service, Load(boot_limit_s=1, command=("echo", "never")))

    assert ended.returncode == 3
    assert ended.stdout == "{}\n"
    assert ended.stderr == ("api was not ready within 1 s: it last answered status 503: loading\n")


def test_a_call_before_that_fails_ends_it_with_4(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        Path(f"{name}.jpg").write_text(name)
    service.routes["/register"] = lambda seen: (
        Reply(b"no\nface", 422) if seen.body == b"b" else Reply()
    )
    register = call(service, "register", each="*.jpg", body="@{file}")

    ended = execute(service, Load(before=(register,), command=("echo", "never")))

    assert ended.returncode == 4
    assert last(ended) == {"boot_s": last(ended)["boot_s"], "register": "failed"}
    assert "never" not in ended.stdout
    assert ended.stderr == "the call 'register' failed: status 422 instead of 200: no face\n"
    assert [one.body for one in service.seen if one.path == "/register"] == [b"a", b"b"]


def test_a_call_after_that_fails_is_reported_with_the_figures(service: Service) -> None:
    service.routes["/drop"] = lambda _: Reply(status=404)

    ended = execute(service, Load(command=("true",), after=(call(service, "drop"),)))

    assert ended.returncode == 4
    assert last(ended)["drop"] == "failed"
    assert last(ended)["health_failures"] == 0


def test_a_plan_that_cannot_be_carried_out_ends_it_with_2_before_anything_is_sent(
    service: Service,
) -> None:
    load = Load(
        before=(call(service, "register"),), calls=(call(service, body="{foo}"),), requests=1
    )

    ended = execute(service, load)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("the call 'login': {foo} stands for nothing\nhint: ")
    assert service.seen == []


def test_a_command_is_executed_with_its_output_figures_and_status(
    service: Service, tmp_path: Path
) -> None:
    enough = tmp_path / "enough"  # questions for health

    def well(_: Seen) -> Reply:
        if service.paths().count("/health") >= 3:
            enough.touch()
        return Reply()

    service.routes["/health"] = well
    script = (
        """echo first; echo to stderr >&2; sleep 0.1; n=0; """
        f"""while [ ! -e '{enough}' ] && [ $n -lt 200 ]; do n=$((n+1)); sleep 0.1; done; """
        """printf '{"rps": 5, "boot_s": 9}'; exit 7"""
    )

    ended = execute(service, Load(command=("sh", "-c", script), health_interval_s=0.01))

    assert ended.returncode == 7
    assert ended.stderr == "to stderr\n"
    assert ended.stdout.startswith('first\n{"rps": 5, "boot_s": 9}\n{')
    figures = last(ended)
    assert figures.keys() == {"boot_s", "rps", "load_s", "health_max_ms", "health_failures"}
    assert figures["rps"] == 5
    assert figures["boot_s"] != 9
    assert figures["load_s"] >= 0.1
    assert service.paths().count("/health") >= 3


def test_sigterm_ends_it_at_once_with_all_that_the_command_started(service: Service) -> None:
    script = "sleep 60 & echo $! $$; wait"
    with begun(service, Load(command=("sh", "-c", script))) as driver:
        assert driver.stdout is not None
        pids = [int(word) for word in driver.stdout.readline().split()]

        driver.send_signal(signal.SIGTERM)

        assert driver.wait(20) == 128 + signal.SIGTERM
        assert driver.stdout.read() == ""
    assert len(pids) == 2
    deadline = time.monotonic() + 20
    while not all(gone(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert all(gone(pid) for pid in pids)


def test_sigterm_ends_a_load_whose_requests_are_not_answered(service: Service) -> None:
    arrived, released = threading.Event(), threading.Event()

    def stall(_: Seen) -> Reply:
        arrived.set()
        released.wait(WAIT_S)
        return Reply(hang_up=True)

    service.routes["/login"] = stall
    with begun(service, Load(calls=(call(service),), duration_s=60)) as driver:
        assert arrived.wait(WAIT_S)

        driver.send_signal(signal.SIGTERM)

        assert driver.wait(20) == 128 + signal.SIGTERM
        released.set()
        assert driver.communicate()[0] == ""
