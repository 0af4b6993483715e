"""``memtune init`` as a user types it, on projects that are really built and executed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from memtune.config.budgets import load_scenarios
from memtune.units import MIB

ROOT = Path(__file__).parents[2]
Memtune = Callable[..., subprocess.CompletedProcess[str]]
SERVER = """\
import http.server, os
HELD = bytearray(40 << 20)
for position in range(0, len(HELD), 4096):
    HELD[position] = 1
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
"""
DOCKERFILE = """\
FROM python:3.11-slim-bookworm
COPY server.py .
EXPOSE 8081
HEALTHCHECK CMD curl http://localhost:8081/healthz
CMD ["python", "server.py"]
"""


def names(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not {".git", ".memtune"} & set(path.parts)
    }


def test_a_job_gets_a_budget_at_a_quarter_more_than_it_needs(
    memtune: Memtune, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "examples" / "batch-job" / "job.py", tmp_path)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)

    done = memtune("init", "--yes", "--quiet")

    assert done.returncode == 0, done.stdout + done.stderr
    assert names(tmp_path) == {
        "job.py",
        "memtune.yaml",
        "memtune.workload.yaml",
        ".memtune-schema/budgets.json",
        ".memtune-schema/workload.json",
        ".github/workflows/memtune.yml",
    }
    scenario = next(iter(load_scenarios(tmp_path / "memtune.yaml").values()))
    assert scenario.budget.growth is not None
    assert scenario.budget.max_bytes is not None
    assert 40 * MIB < scenario.budget.max_bytes / 1.25 < 60 * MIB
    assert memtune("validate").returncode == 0

    again = memtune("init", "--yes", "--quiet")

    assert again.returncode == 2
    assert "already there: memtune.yaml, .github/workflows/memtune.yml" in again.stderr


def test_a_service_that_lacks_a_variable_is_corrected_and_taken_up_again(
    memtune: Memtune, tmp_path: Path
) -> None:
    (tmp_path / "server.py").write_text(SERVER.replace('"PORT"', '"LISTEN"'))
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)

    first = memtune("init", "--yes", "--quiet")

    assert first.returncode == 1
    assert "KeyError: 'LISTEN'" in first.stdout
    assert "hint: it reads LISTEN, which nothing sets: write them under env" in first.stdout
    file = tmp_path / "memtune.workload.yaml"
    assert not (tmp_path / "memtune.yaml").exists()

    text = file.read_text().replace("# env:", "env:").replace("#   LISTEN:", "  LISTEN: 8081")
    file.write_text(text)
    second = memtune("init", "--yes", "--quiet")

    assert second.returncode == 0, second.stdout + second.stderr
    assert file.read_text() == text
    scenario = next(iter(load_scenarios(tmp_path / "memtune.yaml").values()))
    assert scenario.workload.plan is not None
    assert scenario.workload.plan.health[0].url == "http://web:8081/healthz"
    assert (scenario.budget.max_bytes or 0) > 50 * MIB


def test_force_replaces_what_is_there(memtune: Memtune, tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples" / "batch-job" / "job.py", tmp_path)
    (tmp_path / "memtune.yaml").write_text("mine")
    (tmp_path / "memtune.workload.yaml").write_text("mine")

    done = memtune("init", "--yes", "--force", "--quiet")

    assert done.returncode == 0, done.stdout + done.stderr
    assert next(iter(load_scenarios(tmp_path / "memtune.yaml"))).startswith("test-force")


def test_without_docker_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)

    done = subprocess.run(
        [sys.executable, "-m", "memtune", "init", "--yes"],
        cwd=tmp_path,
        env=os.environ | {"DOCKER_HOST": "unix:///nowhere.sock"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 3, done.stderr
    assert names(tmp_path) == {"server.py", "Dockerfile"}
    assert not list(tmp_path.glob(".memtune-init-*"))


def test_an_image_that_cannot_be_built_leaves_nothing(memtune: Memtune, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim-bookworm\nRUN false\nCMD true\n")

    done = memtune("init", "--yes", "--quiet")

    assert done.returncode == 3
    assert names(tmp_path) == {"Dockerfile"}


def test_a_service_on_this_machine_listens_where_its_command_says(
    memtune: Memtune, tmp_path: Path
) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "Procfile").write_text("web: PORT=${PORT:-8081} python server.py\n")

    done = memtune("init", "--yes", "--quiet")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "port 8081 (web in Procfile:1)" in done.stdout
