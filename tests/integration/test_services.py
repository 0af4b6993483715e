"""Runs of services on real containers: how they end, what they need, what is left of them."""

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from memtune.config.catalogue import load_workload
from memtune.errors import HostError
from memtune.execute import owner
from memtune.execute.docker import OWNER_LABEL, DockerExecutor
from memtune.execute.local import LocalExecutor
from memtune.execute.request import request
from memtune.execute.service import execute_any
from memtune.measure.cgroup import CGROUP_ROOT
from memtune.model import Outcome, Run, Settings
from tests.integration.conftest import MIB
from tests.integration.lab import wait_until

PORTS = {"one": 8001, "two": 8002}
Serve = Callable[..., Run]


@pytest.fixture
def serve(docker_executor: DockerExecutor, tmp_path: Path) -> Serve:
    """Executes services named ``one`` and ``two`` while a load goes on."""

    def execute(
        *calls: str,
        services: str = "one",
        words: str = "",
        cap_mib: int = 128,
        cap_for: str = "each",
        load: str = "",
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Run:
        workload = load_workload(
            str(written(tmp_path, calls, services.split(), words, cap_for, load))
        )
        asked = request(workload, Settings(), cap_mib * MIB, 60)
        return execute_any(docker_executor, asked, cancelled)

    return execute


def written(
    folder: Path, calls: tuple[str, ...], names: list[str], words: str, cap_for: str, load: str
) -> Path:
    """A workload file beside the service's program."""
    folder.chmod(0o755)
    shutil.copy(Path(__file__).with_name("service.py"), folder)
    lines = [f"  - {{name: call, get: {call}}}" for call in calls]
    services = [
        f"  {name}:\n    image: host\n    port: {PORTS[name]}\n"
        f"    command: [python, service.py, '{PORTS[name]}', {words}]"
        for name in names
    ]
    pace = load or f"requests: {len(calls)}"
    path = folder / "workload.yaml"
    path.write_text(
        "\n".join(
            [
                "version: 1\nname: demo\nkind: service",
                f"cap_for: {cap_for}\nservices:",
                *services,
                f"load:\n  {pace}",
                *(["  calls:"] if calls else []),
                *("  " + line for line in lines),
            ]
        )
    )
    return path


def need(run: Run) -> float:
    assert run.measurement.need is not None
    return run.measurement.need.value / MIB


def test_a_service_is_measured_while_its_load_goes_on(serve: Serve) -> None:
    small, large = serve("one/hold/1"), serve("one/hold/1", "one/hold/50")

    assert (large.outcome, large.reason) == (Outcome.COMPLETED, "the load was carried out")
    assert large.figure("requests") == 2
    assert large.figure("errors") == 0
    assert need(large) - need(small) == pytest.approx(50, abs=2)
    assert [part.service for part in large.parts] == ["one"]
    assert large.parts[0].reason == "ended when asked to"


def test_services_reach_each_other_by_name_and_their_needs_add_up(serve: Serve) -> None:
    run = serve("one/peer/two:8002", "two/peer/one:8001", "two/hold/40", services="one two")

    assert run.figure("errors") == 0
    one, two = run.parts
    assert need(two) - need(one) == pytest.approx(40, abs=3)
    assert need(run) == pytest.approx(need(one) + need(two))


def test_a_cap_for_all_is_shared_and_a_cap_for_each_is_not(serve: Serve) -> None:
    both = ("one/hold/60", "two/hold/60")

    each = serve(*both, services="one two", cap_mib=110)
    all_fit = serve(*both, services="one two", cap_mib=220, cap_for="all")
    too_much = serve(*both, services="one two", cap_mib=110, cap_for="all")

    assert each.outcome is Outcome.COMPLETED
    assert all_fit.outcome is Outcome.COMPLETED
    assert 120 < need(all_fit) < 220
    assert need(all_fit) == pytest.approx(need(each), abs=8)
    assert too_much.outcome is Outcome.OOM_MAIN
    assert too_much.reason.startswith(("one: killed by the kernel", "two: killed by the kernel"))
    assert leftover_groups() == []


def leftover_groups() -> list[Path]:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        mine = f"memtune/{owner.me()}-*"  # others test beside this process
        left = [*CGROUP_ROOT.glob(mine), *CGROUP_ROOT.glob(f"*/{mine}")]
        if not left:
            return []
        time.sleep(0.1)
    return left


def test_an_oom_kill_ends_the_run_and_names_the_service(serve: Serve) -> None:
    begun = time.monotonic()
    run = serve("one/health", "two/hold/200", "one/health", services="one two", cap_mib=64)

    assert run.outcome is Outcome.OOM_MAIN
    assert run.reason == "two: killed by the kernel for memory (exit status 137)"
    assert time.monotonic() - begun < 30


def test_an_oom_kill_of_a_child_is_seen_though_the_service_lives_on(serve: Serve) -> None:
    run = serve("one/fork/200", cap_mib=64)

    assert run.outcome is Outcome.OOM_CHILD
    assert run.reason.startswith("one: the kernel killed 1 process(es)")


def test_a_service_that_ends_by_itself_fails_the_run(serve: Serve) -> None:
    run = serve("one/die/3", "one/health")

    assert run.outcome is Outcome.FAILED
    assert run.reason == "one ended before the load was over: exit status 3"


def test_a_service_that_is_never_ready_fails_the_run(serve: Serve) -> None:
    run = serve("one/health", words="late", load="requests: 1\n  boot_limit: 1s")

    assert run.outcome is Outcome.FAILED
    assert "one" in run.reason
    assert "not ready" in run.reason


def test_a_service_that_ignores_the_end_is_ended_by_force(serve: Serve) -> None:
    run = serve("one/health", words="deaf")

    assert run.outcome is Outcome.COMPLETED
    assert run.parts[0].reason == "ended when asked to, but only by force"


def test_a_command_can_be_the_load_and_its_status_counts(serve: Serve) -> None:
    python = "import urllib.request as u; print(u.urlopen('http://one:8001/health').status)"
    passed = serve(load=f'command: [python, -c, "{python}"]')
    failed = serve(load="command: [sh, -c, 'echo no good >&2; exit 9']")

    assert passed.outcome is Outcome.COMPLETED
    assert "200" in passed.stdout_tail
    assert failed.outcome is Outcome.FAILED
    assert failed.exit_status == 9
    assert "no good" in failed.reason


def test_a_cancelled_run_leaves_nothing(serve: Serve) -> None:
    before = my_containers()
    begun = time.monotonic()
    run = serve(
        "one/health",
        services="one two",
        cap_for="all",
        load="duration: 30s",
        cancelled=lambda: time.monotonic() > begun + 4,
    )

    assert run.outcome is Outcome.CANCELLED
    assert time.monotonic() - begun < 25
    assert leftover_groups() == []
    assert wait_until(lambda: my_containers() <= before)  # what held their network ends by itself


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_container_that_somebody_kills_is_no_evidence(serve: Serve, name: str) -> None:
    threading.Thread(target=kill_when_up, args=(PORTS[name],), daemon=True).start()
    run = serve("one/health", services="one two", load="duration: 20s")

    assert run.outcome is Outcome.INFRA
    assert run.reason == f"{name}: somebody else sent the container signal 9"


def kill_when_up(port: int) -> None:
    """Kill the container of this test's service once it runs."""
    for _ in range(200):
        ids = my_containers()
        found = json.loads(docker("inspect", *ids)) if ids else []
        for container in found:
            if container["State"]["Running"] and str(port) in container["Config"]["Entrypoint"]:
                time.sleep(2)
                docker("kill", container["Id"])
                return
        time.sleep(0.1)


def my_containers() -> set[str]:
    """The containers of this process: others test beside it."""
    return set(docker("ps", "-aq", "--filter", f"label={OWNER_LABEL}={owner.me()}").split())


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=False).stdout


def test_the_local_executor_says_that_services_need_docker(tmp_path: Path) -> None:
    workload = load_workload(str(written(tmp_path, ("one/health",), ["one"], "", "each", "")))
    asked = request(workload, Settings(), 64 * MIB)

    with pytest.raises(HostError, match="cannot execute services"):
        execute_any(LocalExecutor(), asked, lambda: False)
