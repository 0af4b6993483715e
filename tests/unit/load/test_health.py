"""Readiness and health, asked of a real server."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from memtune.load.health import Watch, boot, boot_figures, not_ready
from memtune.load.prepare import Target, target
from tests.unit.load.server import Reply, Seen, Service


@pytest.fixture
def nowhere() -> Iterator[Target]:
    """A port that nobody listens on, and nobody else can take."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield Target("127.0.0.1", taken.getsockname()[1], "/")


def where(service: Service, path: str = "/health") -> Target:
    return target(service.url + path, "test")


def test_a_service_is_ready_at_its_first_2xx(service: Service) -> None:
    answers = iter([Reply(status=503), Reply(status=302), Reply(hang_up=True), Reply(status=204)])
    service.routes["/health"] = lambda _: next(answers)
    started = time.monotonic()

    boots = boot([("api", where(service))], 20)

    assert not_ready(boots, 20) == ""
    assert len(service.seen) == 4
    figures = boot_figures(boots, started)
    assert figures.keys() == {"boot_s"}
    assert 3 * 0.05 <= figures["boot_s"] <= 20


def test_who_is_not_ready_in_time_is_named_with_what_it_last_answered(
    service: Service, nowhere: Target
) -> None:
    service.routes["/health"] = lambda _: Reply(b"loading\nmodels", 503)
    services = [("api", where(service)), ("gone", nowhere), ("well", where(service, "/"))]
    started = time.monotonic()

    boots = boot(services, 1)

    assert not_ready(boots, 1) == (
        "api was not ready within 1 s: it last answered status 503: loading models; "
        "gone was not ready within 1 s: it last answered connection refused"
    )
    assert boot_figures(boots, started).keys() == {"boot_s_well"}


@pytest.mark.parametrize(
    ("limit_s", "last"), [(0.7, "status 503: loading"), (1.7, "no answer in time")]
)
def test_a_question_that_the_end_of_the_boot_cuts_off_counts_after_a_second(
    service: Service, limit_s: float, last: str
) -> None:
    # Given a service that answers once, and then not again,
    answered, over = threading.Event(), threading.Event()

    def answer(_: Seen) -> Reply:
        if answered.is_set():
            over.wait(5)
        answered.set()
        return Reply(b"loading", 503)

    service.routes["/health"] = answer

    # when the time for its boot is over,
    boots = boot([("api", where(service))], limit_s)
    over.set()

    # then what it last answered is told, unless it was silent for long.
    assert not_ready(boots, limit_s) == (
        f"api was not ready within {limit_s:g} s: it last answered {last}"
    )


def test_of_several_services_each_has_its_boot_time_and_the_last_is_that_of_all(
    service: Service,
) -> None:
    slow = iter([Reply(status=503)] * 4 + [Reply()])
    service.routes["/slow"] = lambda _: next(slow)
    services = [("slow", where(service, "/slow")), ("fast", where(service))]
    started = time.monotonic()

    figures = boot_figures(boot(services, 20), started)

    assert figures.keys() == {"boot_s", "boot_s_slow", "boot_s_fast"}
    assert figures["boot_s"] == figures["boot_s_slow"] >= 4 * 0.05


def test_a_service_that_accepts_and_never_answers_is_not_ready() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = Target("127.0.0.1", listener.getsockname()[1], "/")

        boots = boot([("silent", silent)], 0.2)

    assert "last answered no" in not_ready(boots, 0.2)


def test_a_stall_is_seen_at_its_full_length_and_failures_are_counted(
    service: Service, nowhere: Target
) -> None:
    asked: list[int] = []
    enough = threading.Event()

    def answer(_: Seen) -> Reply:
        asked.append(1)
        if len(asked) == 2:
            time.sleep(0.3)
        if len(asked) == 5:
            enough.set()
        return Reply(b"no memory", 503) if len(asked) in (3, 4) else Reply()

    service.routes["/health"] = answer
    watch = Watch([("api", where(service)), ("gone", nowhere)], interval_s=0.02)

    watch.start()
    assert enough.wait(20)
    figures = watch.stop()

    assert figures["health_max_ms"] >= 300
    of_api, of_gone = sorted(watch.failures(), key=lambda line: "gone" in line)
    assert of_api.startswith("2 of ")
    assert of_api.endswith(" questions for health: api: status 503, such as: no memory")
    assert of_gone.endswith(" questions for health: gone: connection refused")
    assert figures["health_failures"] == 2 + int(of_gone.split()[0])


def test_a_stall_does_not_keep_other_services_from_being_asked(service: Service) -> None:
    stalled = threading.Event()
    others: list[int] = []

    def stall(_: Seen) -> Reply:
        stalled.wait(20)
        return Reply()

    def well(_: Seen) -> Reply:
        others.append(1)
        if len(others) == 5:
            stalled.set()
        return Reply()

    service.routes |= {"/stall": stall, "/well": well}
    watch = Watch([("a", where(service, "/stall")), ("b", where(service, "/well"))], 0.01)

    watch.start()
    assert stalled.wait(20)
    figures = watch.stop()

    assert len(others) >= 5
    assert figures["health_failures"] == 0


def test_without_services_nothing_is_said_of_health() -> None:
    watch = Watch([], 1)
    watch.start()

    assert watch.stop() == {}
