"""Real containers and real control groups. Nothing here is skipped for want of Docker:
without it these tests fail, so that a green run means that they ran."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from memtune.execute.docker import DockerExecutor
from memtune.execute.executor import Executor, execute
from memtune.execute.local import LocalExecutor
from memtune.execute.request import Request
from memtune.model import Image, ImageKind, Run, Settings

MIB = 1024 * 1024


def pytest_configure(config: pytest.Config) -> None:
    """Let the memtunes of each of several processes that test at the same time wait for their own
    runs alone."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        del config
        own = Path(tempfile.gettempdir()) / f"memtune-tests-{os.getuid()}-{worker}"
        own.mkdir(mode=0o755, exist_ok=True)
        os.environ["TMPDIR"] = str(own)
        tempfile.tempdir = None


Execute = Callable[..., Run]


@pytest.fixture(scope="session")
def docker_executor() -> DockerExecutor:
    return DockerExecutor()


@pytest.fixture(params=["docker", "local"])
def executor(request: pytest.FixtureRequest) -> Executor:
    """Both executors; the local one needs rights that only root surely has."""
    if request.param == "docker":
        docker: DockerExecutor = request.getfixturevalue("docker_executor")
        return docker
    if os.geteuid() != 0:
        pytest.skip("the local executor needs root")
    return LocalExecutor()


@pytest.fixture
def run(executor: Executor) -> Execute:
    """Executes a shell line, or a Python program, under a cap on ``image: host``."""

    def execute_it(
        line: str = "",
        *,
        python: str = "",
        cap_mib: float = 64,
        timeout_s: float = 60,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Run:
        command = ("python", "-c", python) if python else ("sh", "-c", line)
        return execute(executor, request_for(command, cap_mib, timeout_s), cancelled)

    return execute_it


def request_for(command: tuple[str, ...], cap_mib: float = 64, timeout_s: float = 60) -> Request:
    return Request(
        workload="test",
        settings=Settings(),
        image=Image(ImageKind.HOST),
        command=command,
        directory="",
        env=(),
        cap_bytes=round(cap_mib * MIB),
        timeout_s=timeout_s,
    )


@pytest.fixture
def memtune(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Executes the command line as a user would, in an empty directory or another one."""

    def call(
        *words: str, cwd: Path = tmp_path, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "memtune", *words],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            env=os.environ | {"COLUMNS": "120"} | dict(env or {}),
        )

    return call
