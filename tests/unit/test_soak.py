"""Soaks: how long the load goes on, what is read out of a run's timeline, and what is advised."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from memtune.errors import UsageError
from memtune.execute.request import Request, request
from memtune.execute.service import execute_any
from memtune.judge import judge
from memtune.model import (
    Call,
    CapFor,
    Checks,
    Health,
    Image,
    ImageKind,
    Judged,
    Kind,
    Load,
    Moment,
    Outcome,
    Plan,
    Program,
    Run,
    Settings,
    Workload,
)
from memtune.model.run import Figure, Measurement, Unit
from memtune.model.soak import SoakResult, Trend
from memtune.soak import soak, soaking
from memtune.trial import Session
from tests.bench import Bench
from tests.fakes import MIB, FakeExecutor, Play

CAP = 256 * MIB
SOAK_S = 600.0
LOOP = Workload("loop", Kind.PIPELINE, (Program(Image(ImageKind.HOST), ("loop",)),), "")
CALLS = Load(calls=(Call("call", "GET", "web/"),), requests=10, boot_limit_s=20)


def service(*command: str, names: tuple[str, ...] = ("web",), headroom: float = 0.2) -> Workload:
    programs = tuple(Program(Image(ImageKind.HOST), command, name=name) for name in names)
    health = tuple(Health(name, f"http://{name}/") for name in names)
    checks = Checks(headroom=headroom)
    return Workload("demo", Kind.SERVICE, programs, "", plan=Plan(CALLS, health), checks=checks)


def rising(mib_a_minute: float, ready_s: float = 3.0) -> tuple[Moment, ...]:
    """40 MiB when it is ready, and a little noise."""
    return tuple(
        Moment(at, round((40 + mib_a_minute * at / 60 + number % 3 / 4) * MIB), 0)
        if at >= ready_s
        else Moment(at, 5 * MIB, 0)
        for number, at in enumerate(n / 2 for n in range(1202))
    )


def run_of(workload: Workload, rates: dict[str, float], cap_for: CapFor = CapFor.EACH) -> Run:
    """A run whose services grow by so many MiB a minute."""
    whole = Run(
        id="run-1",
        workload=workload.name,
        settings=Settings(),
        cap_bytes=CAP,
        executor="fake",
        outcome=Outcome.COMPLETED,
        exit_status=0,
        measurement=Measurement(
            need=Figure(50 * MIB, Unit.BYTES, "fake"), duration=Figure(601, Unit.SECONDS, "fake")
        ),
        output=(("boot_s", 3.0), ("requests", 6000), ("load_s", 600.0), ("error_rate", 0)),
        cap_for=cap_for,
        timeline=rising(sum(rates.values())),
    )
    if workload.plan is None:
        return replace(whole, output=())
    parts = tuple(replace(whole, service=name, timeline=rising(mib)) for name, mib in rates.items())
    return replace(whole, parts=parts)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / ".memtune", LOOP, CAP)
    with closing(made.store):
        yield made


class Played(Session):
    """A session whose run is the one that the test has made."""

    played: Run

    def run(self, settings: Settings, reason: str) -> Judged:
        del settings
        return Judged(self.played, judge(self.played, self.workload.checks), reason)


def soaked(
    bench: Bench, workload: Workload, rates: dict[str, float], cap_for: CapFor = CapFor.EACH
) -> SoakResult:
    session = Played(**(vars(bench.session(Play())) | {"workload": workload}))
    object.__setattr__(session, "played", run_of(workload, rates, cap_for))
    return soak(session, Settings(), "", SOAK_S)


def test_a_service_s_load_goes_on_for_the_time_and_its_deadline_moves() -> None:
    long = soaking(service("web"), SOAK_S)

    assert long.plan is not None
    assert (long.plan.load.duration_s, long.plan.load.requests) == (SOAK_S, None)
    assert long.timeout_s == 300 + SOAK_S + 20


def test_a_load_that_is_a_command_cannot_be_made_longer() -> None:
    workload = service("web")
    assert workload.plan is not None
    plan = replace(workload.plan, load=Load(command=("hey",)))

    with pytest.raises(UsageError, match="no calls that could go on"):
        soaking(replace(workload, plan=plan), SOAK_S)


def test_a_pipeline_that_loops_is_asked_to_end_and_has_completed() -> None:
    asked = request(soaking(LOOP, 0.3), Settings(), CAP)
    assert isinstance(asked, Request)

    run = execute_any(FakeExecutor(Play(status=143, ends_on=("term",))), asked, lambda: False)

    assert run.outcome is Outcome.COMPLETED
    assert run.reason == "ended when asked to"
    assert run.measurement.duration is not None
    assert 0.3 <= run.measurement.duration.value < 5


def test_a_pipeline_that_ends_earlier_has_ended_by_itself() -> None:
    asked = request(soaking(LOOP, SOAK_S), Settings(), CAP)

    run = execute_any(FakeExecutor(Play(status=1)), asked, lambda: False)

    assert run.outcome is Outcome.FAILED


def test_a_leak_has_its_slope_its_share_of_a_request_and_its_time_to_the_cap(bench: Bench) -> None:
    found = soaked(bench, service("python", "web.py"), {"web": 6.0})

    assert found.requests_per_s == 10
    (web,) = found.services
    assert web.course.trend is Trend.GROWS
    assert web.course.slope is not None
    assert web.course.slope.low < 6 * MIB / 60 < web.course.slope.high
    assert web.request_bytes == pytest.approx(6 * MIB / 600, rel=0.01)
    assert web.to_cap_s is not None
    at, first, last = web.to_cap_s
    assert at == pytest.approx((256 - 100.5) / 6 * 60, rel=0.01)
    assert first < at < last


def test_requests_until_a_restart_leave_the_headroom(bench: Bench) -> None:
    (web,) = soaked(bench, service("python", "web.py"), {"web": 6.0}).services

    # 204.8 MiB may be needed, 40.5 are when it is ready, and each request takes 10 KiB more.
    assert web.recycle_after == 16_000
    assert any("after 16,000 requests, or when it needs 204.8 MiB" in line for line in web.advice)


def test_what_does_not_grow_needs_no_advice(bench: Bench) -> None:
    (web,) = soaked(bench, service("web"), {"web": 0.0}).services

    assert web.course.trend is Trend.NO_GROWTH
    assert (web.to_cap_s, web.request_bytes, web.recycle_after, web.advice) == (
        None,
        None,
        None,
        (),
    )


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        (("/venv/bin/gunicorn", "app:app"), "gunicorn --max-requests 16000 --max-requests-jitter"),
        (("python", "-m", "uvicorn", "app:app"), "uvicorn --limit-max-requests 16000"),
        (("sh", "-c", "exec celery -A app worker"), "--max-tasks-per-child 16000"),
        (("node", "server.js"), "pm2 start APP --max-memory-restart 205M"),
        (("/app/server",), "restart it after 16,000 requests"),
    ],
)
def test_advice_fits_what_the_service_is_started_with(
    bench: Bench, command: tuple[str, ...], advice: str
) -> None:
    (web,) = soaked(bench, service(*command), {"web": 6.0}).services

    assert any(advice in line for line in web.advice)
    assert any("memray" in line or "explain" in line for line in web.advice) != (
        command[0] == "node"
    )


def test_a_file_of_the_project_tells_what_an_entrypoint_hides(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "gunicorn.conf.py").touch()
    workload = replace(service("/app/entrypoint.sh"), directory=str(tmp_path))

    (web,) = soaked(bench, workload, {"web": 6.0}).services

    assert any("gunicorn --max-requests" in line for line in web.advice)


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        (("gunicorn", "app:app"), "gunicorn --max-requests"),
        (("sh", "-c", "exec gunicorn app:app -c /etc/g.conf"), "gunicorn --max-requests"),
        (("python3.12", "web.py"), "restart it after 16,000 requests"),
        (("/app/entrypoint.sh",), "pm2 start APP"),
    ],
)
def test_a_front_end_beside_a_python_service_makes_it_no_node(
    bench: Bench, tmp_path: Path, command: tuple[str, ...], advice: str
) -> None:
    (tmp_path / "package.json").touch()
    workload = replace(service(*command), directory=str(tmp_path))

    (web,) = soaked(bench, workload, {"web": 6.0}).services

    assert any(advice in line for line in web.advice)
    assert any("heapsnapshot" in line for line in web.advice) == ("pm2" in advice)


def test_all_services_together_are_no_one_s_program(bench: Bench) -> None:
    workload = service("node", "server.js", names=("web", "face"))
    web, face = workload.programs
    workload = replace(workload, programs=(web, replace(face, command=("gunicorn", "app:app"))))

    whole, web_alone, _ = soaked(bench, workload, {"web": 6.0, "face": 3.0}, CapFor.ALL).services

    assert not any("pm2" in line or "heapsnapshot" in line for line in whole.advice)
    assert not any("gunicorn" in line for line in whole.advice)
    assert any("when it needs 204.8 MiB" in line for line in whole.advice)
    assert any("heapsnapshot" in line for line in web_alone.advice)


def test_each_of_several_services_is_looked_at(bench: Bench) -> None:
    workload = service("web", names=("web", "face"))

    web, face = soaked(bench, workload, {"web": 6.0, "face": 0.0}).services

    assert (web.service, web.course.trend) == ("web", Trend.GROWS)
    assert (face.service, face.course.trend) == ("face", Trend.NO_GROWTH)


@pytest.mark.parametrize("cap_for", CapFor)
def test_no_service_is_told_to_count_the_requests_of_all(bench: Bench, cap_for: CapFor) -> None:
    # Given a load that calls two services, and how often it calls each is not known
    workload = service("gunicorn", "app:app", names=("web", "face"))

    found = soaked(bench, workload, {"web": 6.0, "face": 3.0}, cap_for).services

    # Then none is recycled after so many requests as the load makes in all
    assert {one.course.trend for one in found} == {Trend.GROWS}
    assert {one.recycle_after for one in found} == {None}
    assert not any("requests" in line for one in found for line in one.advice)
    assert any("when it needs 204.8 MiB" in line for line in found[0].advice)


def test_a_cap_that_services_share_is_reached_by_all_together(bench: Bench) -> None:
    workload = service("web", names=("web", "face"))

    whole, web, face = soaked(bench, workload, {"web": 6.0, "face": 3.0}, CapFor.ALL).services

    assert [whole.cap_bytes, web.cap_bytes, face.cap_bytes] == [CAP, None, None]
    assert whole.to_cap_s is not None
    assert whole.to_cap_s[0] == pytest.approx((256 - 130.5) / 9 * 60, rel=0.02)
    assert web.to_cap_s is None
    assert web.request_bytes == pytest.approx(6 * MIB / 600, rel=0.01)


def test_a_pipeline_has_no_requests_and_no_boot(bench: Bench) -> None:
    found = soaked(bench, LOOP, {"loop": 6.0})

    assert found.requests_per_s is None
    (loop,) = found.services
    assert [phase.name for phase in loop.course.phases] == ["warm-up", "steady state"]
    assert loop.request_bytes is None
    assert loop.to_cap_s is not None
    assert any("restart it when it needs 230.4 MiB" in line for line in loop.advice)


def test_a_run_without_a_timeline_says_nothing_of_its_memory(bench: Bench) -> None:
    session = Played(**vars(bench.session(Play())))
    object.__setattr__(session, "played", replace(run_of(LOOP, {}), timeline=()))

    assert soak(session, Settings(), "", SOAK_S).services == ()
