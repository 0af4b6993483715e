"""The list before a deployment: which lines it has, and which run ticks which of them."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from memtune.errors import UsageError
from memtune.model import (
    Call,
    Checks,
    Health,
    Image,
    ImageKind,
    Kind,
    Load,
    Plan,
    Platform,
    Preflight,
    Program,
    Ruling,
    Settings,
    Workload,
)
from memtune.preflight import preflight, soaked
from tests.bench import Bench
from tests.fakes import MIB, Play

PLATFORM = Platform("render:starter", "Render", 512 * MIB, cpus=0.5, health_timeout_s=5)
HOST = Image(ImageKind.HOST)
WORKLOAD = Workload(
    name="demo",
    kind=Kind.SERVICE,
    programs=(Program(HOST, ("web",), name="web"),),
    directory="/project",
    plan=Plan(
        Load(
            before=(Call("register", "POST", "http://web:1/register"),),
            calls=(Call("login", "POST", "http://web:1/login"),),
            after=(Call("stranger", "POST", "http://web:1/login", status=401),),
            requests=40,
        ),
        (Health("web", "http://web:1/health"),),
    ),
    timeout_s=20,
    checks=Checks(headroom=0.1),
)
GOOD = (
    b'{"boot_s": 1.5, "register": "ok", "requests": 40, "errors": 0, "error_rate": 0, '
    b'"health_max_ms": 40, "health_failures": 0, "stranger": "ok"}'
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    workload = soaked(WORKLOAD, 30, PLATFORM)
    made = Bench(tmp_path / ".memtune", workload, PLATFORM.ram_bytes)
    with closing(made.store):
        yield made


def listed(bench: Bench, service: Play, load: Play) -> Preflight:
    session = bench.session(lambda asked: load if asked.command[0] == "python" else service)
    return preflight(session, Settings(), "conservative", PLATFORM)


def ticks(result: Preflight) -> dict[str, str]:
    return {finding.check: finding.ruling for finding in result.findings}


SERVICE = Play(ends_on=("term",), need_bytes=100 * MIB)


def test_all_lines_are_ticked_when_all_holds(bench: Bench) -> None:
    result = listed(bench, SERVICE, Play(stdout=GOOD))

    assert result.ruling is Ruling.PASS
    assert ticks(result) == dict.fromkeys(
        [
            "start",
            "register",
            "login",
            "health under load",
            "stranger",
            "outcome",
            "headroom web",
            "logs",
        ],
        "pass",
    )


def test_the_load_goes_on_for_the_soak_under_the_plans_memory_and_cpus(bench: Bench) -> None:
    listed(bench, SERVICE, Play(stdout=GOOD))

    web, load = sorted(bench.executor.requests, key=lambda asked: asked.cap_bytes)
    assert (web.cap_bytes, web.cpus) == (512 * MIB, 0.5)
    assert load.cpus is None
    assert '"duration_s": 30' in dict(load.env)["MEMTUNE_LOAD"]
    assert '"requests": null' in dict(load.env)["MEMTUNE_LOAD"]


def test_an_oom_kill_fails_the_outcome_and_leaves_what_was_not_reached(bench: Bench) -> None:
    killed = Play(status=137, oom_kills="1", need_bytes=512 * MIB)
    cut_short = b'{"boot_s": 1.5, "register": "ok"}'

    result = listed(bench, killed, Play(stdout=cut_short))

    assert result.ruling is Ruling.FAIL
    assert ticks(result)["outcome"] == "fail"
    assert ticks(result)["register"] == "pass"
    assert ticks(result)["login"] == ticks(result)["stranger"] == "inconclusive"


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        (b'"boot_s": 1.5, ', b"", "start"),
        (b'"register": "ok"', b'"register": "failed"', "register"),
        (b'"errors": 0', b'"errors": 3', "login"),
        (b'"requests": 40', b'"requests": 0', "login"),
        (b'"health_max_ms": 40', b'"health_max_ms": 5001', "health under load"),
        (b'"health_failures": 0', b'"health_failures": 1', "health under load"),
        (b'"stranger": "ok"', b'"stranger": "failed"', "stranger"),
    ],
)
def test_each_line_can_fail(bench: Bench, old: bytes, new: bytes, check: str) -> None:
    result = listed(bench, SERVICE, Play(stdout=GOOD.replace(old, new)))

    assert result.ruling is Ruling.FAIL
    assert [name for name, ruling in ticks(result).items() if ruling == "fail"] == [check]


def test_a_line_in_the_logs_that_alarms_is_shown(bench: Bench) -> None:
    noisy = replace(SERVICE, stderr=b"fine\nTraceback (most recent call last):\n  boom\n")

    result = listed(bench, noisy, Play(stdout=GOOD))

    logs = next(finding for finding in result.findings if finding.check == "logs")
    assert logs.ruling is Ruling.FAIL
    assert logs.observed == "web: Traceback (most recent call last):"


def test_a_platform_with_a_shorter_boot_limit_sets_it() -> None:
    plan = soaked(WORKLOAD, 30, replace(PLATFORM, boot_limit_s=10)).plan

    assert plan is not None
    assert plan.load.boot_limit_s == 10


def test_a_pipeline_has_no_preflight() -> None:
    with pytest.raises(UsageError, match="no calls"):
        soaked(replace(WORKLOAD, plan=None, kind=Kind.PIPELINE), 30, PLATFORM)
