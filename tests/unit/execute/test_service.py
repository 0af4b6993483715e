"""How the endings of containers become the outcome of a run of services."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from memtune.execute.executor import execute
from memtune.execute.request import Request, ServiceRequest, request
from memtune.execute.service import Ended, decide, execute_service
from memtune.model import (
    Call,
    CapFor,
    Health,
    Image,
    ImageKind,
    Kind,
    Knob,
    Load,
    Measurement,
    Outcome,
    Plan,
    Program,
    Run,
    Settings,
    Space,
    Workload,
)
from tests.fakes import MIB, FakeExecutor, FakeLaunched, Play

CAP = 100 * MIB
HOST = Image(ImageKind.HOST)
WORKLOAD = Workload(
    name="demo",
    kind=Kind.SERVICE,
    programs=(
        Program(HOST, ("web",), (("MODE", "fast"),), "web"),
        Program(HOST, ("face",), (), "face", 40 * MIB),
    ),
    directory="/project",
    plan=Plan(
        Load(calls=(Call("hello", "GET", "http://web:1/"),), requests=1),
        (Health("web", "http://web:1/health"),),
    ),
    timeout_s=20,
    space=Space(
        (
            Knob("web.heap", (1, 2), env=(("HEAP", "{value}"),), service="web"),
            Knob("face.heap", (1, 2), args=("--heap={value}",), service="face"),
        )
    ),
)
SETTINGS = Settings.of({"web.heap": 2, "face.heap": 1})


def asked(workload: Workload = WORKLOAD) -> ServiceRequest:
    made = request(workload, SETTINGS, CAP)
    assert isinstance(made, ServiceRequest)
    return made


def run(outcome: Outcome, reason: str = "", stderr: str = "") -> Run:
    return Run(
        id="run-1",
        workload="demo",
        settings=SETTINGS,
        cap_bytes=CAP,
        executor="fake",
        outcome=outcome,
        exit_status=0,
        measurement=Measurement(),
        reason=reason or outcome,
        stderr_tail=stderr,
    )


WELL = run(Outcome.COMPLETED)


def test_each_service_gets_its_own_knobs_and_cap() -> None:
    (_, web), (_, face) = asked().services

    assert web.env == (("MODE", "fast"), ("HEAP", "2"))
    assert web.command == ("web",)
    assert web.cap_bytes == CAP
    assert face.env == ()
    assert face.command == ("face", "--heap=1")
    assert face.cap_bytes == 40 * MIB


def test_a_run_takes_the_caps_of_all_that_it_starts() -> None:
    each, together = asked(), asked(replace(WORKLOAD, cap_for=CapFor.ALL))

    assert each.memory_bytes == CAP + 40 * MIB + each.load.cap_bytes
    assert together.memory_bytes == CAP + together.load.cap_bytes


@pytest.mark.parametrize(
    ("web", "face", "load", "early", "outcome", "reason"),
    [
        (WELL, WELL, WELL, "", Outcome.COMPLETED, "the load was carried out"),
        (
            run(Outcome.FAILED, "exit status 3"),
            run(Outcome.OOM_CHILD, "a child"),
            run(Outcome.CANCELLED),
            "web",
            Outcome.OOM_CHILD,
            "face: a child",
        ),
        (WELL, WELL, run(Outcome.CANCELLED, "stopped"), "", Outcome.CANCELLED, "stopped"),
        (WELL, run(Outcome.INFRA, "gone"), WELL, "face", Outcome.INFRA, "face: gone"),
        (WELL, WELL, run(Outcome.INFRA, "gone"), "", Outcome.INFRA, "the load: gone"),
        (
            WELL,
            run(Outcome.PIDS_LIMIT, "forks"),
            WELL,
            "face",
            Outcome.PIDS_LIMIT,
            "face: forks",
        ),
        (
            run(Outcome.COMPLETED, "ended by itself"),
            WELL,
            WELL,
            "web",
            Outcome.FAILED,
            "web ended before the load was over: ended by itself",
        ),
        (
            WELL,
            WELL,
            run(Outcome.OOM_MAIN, "killed"),
            "",
            Outcome.INFRA,
            "the load itself ran out of memory: killed",
        ),
        (WELL, WELL, run(Outcome.TIMEOUT, "late"), "", Outcome.TIMEOUT, "the load: late"),
        (
            WELL,
            WELL,
            run(Outcome.FAILED, "exit status 3", "x\nweb was not ready\n"),
            "",
            Outcome.FAILED,
            "the load: web was not ready",
        ),
    ],
)
def test_the_first_rule_that_holds_decides(
    web: Run, face: Run, load: Run, early: str, outcome: Outcome, reason: str
) -> None:
    ended = Ended({"web": web, "face": face}, load, frozenset({early} - {""}))

    assert decide(ended) == (outcome, reason)


def play(request: Request) -> Play:
    """Services go on until they are asked to end; the load ends at once."""
    if request.command[0] == "python":
        return Play(stdout=b'{"requests": 1, "error_rate": 0}')
    need = 60 if request.command[0] == "web" else 25
    return Play(ends_on=("term",), need_bytes=need * MIB, status=143)


def test_services_end_in_order_when_the_load_is_over_and_their_needs_add_up() -> None:
    executor = FakeExecutor(play)

    ended = execute_service(executor, asked(), lambda: False)

    assert (ended.outcome, ended.reason) == (Outcome.COMPLETED, "the load was carried out")
    assert ended.output == (("requests", 1), ("error_rate", 0))
    assert [part.service for part in ended.parts] == ["web", "face"]
    assert ended.measurement.need is not None
    assert ended.measurement.need.value == 85 * MIB
    assert ended.measurement.need.source.startswith("sum over services")
    assert ended.capped == ended.parts
    assert executor.running == 0


class Slow(FakeExecutor):
    """A daemon that removes the container of the first service after that of the load."""

    def __init__(self, play: Callable[[Request], Play]) -> None:
        super().__init__(play)
        self._ended, self._removed = threading.Event(), threading.Event()

    @contextmanager
    def launch(self, request: Request) -> Iterator[FakeLaunched]:
        load = request.command[0] == "python"
        with super().launch(request) as launched:
            assert not load or self._ended.wait(20)
            yield launched
            if request.command[0] == "web":
                self._ended.set()
                assert self._removed.wait(20)
                time.sleep(0.5)
        if load:
            self._removed.set()


def test_a_service_that_died_is_seen_though_its_container_goes_after_the_loads() -> None:
    def dies(request: Request) -> Play:
        return Play(status=3) if request.command[0] == "web" else play(request)

    ended = execute_service(Slow(dies), asked(), lambda: False)

    assert ended.outcome is Outcome.FAILED
    assert ended.reason.startswith("web ended before the load was over")


def test_the_figures_of_a_single_service_are_those_of_the_run() -> None:
    alone = replace(asked(), services=asked().services[:1])

    ended = execute_service(FakeExecutor(play), alone, lambda: False)

    assert ended.measurement.need == ended.parts[0].measurement.need
    assert ended.measurement.duration is not None


def test_a_container_that_is_released_ends_well_whatever_its_status() -> None:
    web = asked().services[0][1]

    ended = execute(FakeExecutor(play), web, released=lambda: True)

    assert (ended.outcome, ended.exit_status) == (Outcome.COMPLETED, 143)
