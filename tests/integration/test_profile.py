"""``memtune profile`` as a user types it."""

import html
import json
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memtune.config.names import profile_names

Memtune = Callable[..., subprocess.CompletedProcess[str]]
PROFILES = ["original", "optimized", "conservative"]


def test_every_shipped_profile_is_executed_below() -> None:
    assert sorted(PROFILES) == profile_names()


def profile(memtune: Memtune, *words: str) -> tuple[int, dict[str, Any]]:
    done = memtune("profile", "--json", *words)
    assert done.stdout, done.stderr
    document = json.loads(done.stdout)
    assert document["schema"] == 1
    return done.returncode, document["result"]


@pytest.mark.parametrize(
    ("name", "code", "outcome"),
    [("original", 1, "oom_main"), ("optimized", 0, "completed"), ("conservative", 0, "completed")],
)
def test_the_seed_profiles_under_512_mib(
    memtune: Memtune, name: str, code: int, outcome: str
) -> None:
    exit_code, result = profile(memtune, "-p", name, "-n", "1")

    run = result["trial"]["runs"][0]["run"]
    assert (exit_code, run["outcome"]) == (code, outcome)
    assert run["measurement"]["enforced_cap"]["value"] == 512 * 1024 * 1024


@pytest.mark.parametrize("name", PROFILES)
def test_the_seed_profiles_under_a_cap_that_is_too_small(memtune: Memtune, name: str) -> None:
    exit_code, result = profile(memtune, "-p", name, "-n", "1", "--cap", "40MiB")

    run = result["trial"]["runs"][0]["run"]
    assert (exit_code, run["outcome"]) == (1, "oom_main")
    assert run["measurement"]["need"]["bias"] == "lower bound"


def test_a_command_without_a_file_is_explained_by_memray(memtune: Memtune) -> None:
    program = "def hold(): return bytearray(40 << 20)\nx = hold()\nimport time; time.sleep(0.1)"

    exit_code, result = profile(
        memtune, "--explain", "--cap", "256MiB", "-n", "2", "--", "python", "-c", program
    )

    assert exit_code == 0
    assert len(result["trial"]["runs"]) == 2
    largest = result["explanation"]["allocators"][0]
    assert (largest["function"], largest["line"]) == ("hold", 1)
    assert largest["bytes"] == pytest.approx(40 << 20, rel=0.01)
    assert result["explanation"]["heap_peak"]["value"] >= 40 << 20
    assert result["explanation"]["tax_bytes"] > 0


def test_processes_of_every_start_method_are_captured(memtune: Memtune, tmp_path: Path) -> None:
    program = (
        "import multiprocessing, time\n"
        "def work():\n"
        "    x = bytearray(20 << 20); time.sleep(0.5)\n"
        "if __name__ == '__main__':\n"
        "    for method in ('fork', 'spawn', 'forkserver'):\n"
        "        p = multiprocessing.get_context(method).Process(target=work)\n"
        "        p.start(); p.join(); assert p.exitcode == 0\n"
    )
    (tmp_path / "job.py").write_text(program)
    tmp_path.chmod(0o755)

    _, result = profile(
        memtune, "--explain", "--cap", "256MiB", "-n", "1", "--", "python", "job.py"
    )

    # The main process, its three children, the fork server and the resource tracker.
    assert result["explanation"]["processes"] >= 4
    assert result["explanation"]["allocators"][0]["function"] == "work"
    assert result["explanation"]["problems"] == []


def test_a_program_that_is_not_python_has_no_explanation_and_says_so(memtune: Memtune) -> None:
    exit_code, result = profile(memtune, "--explain", "--cap", "64MiB", "-n", "1", "--", "ls", "/")

    assert exit_code == 0
    assert result["explanation"]["heap_peak"] is None
    assert result["explanation"]["problems"] == ["no Python process left a capture"]


@pytest.mark.parametrize(
    ("words", "code", "message", "hint"),
    [
        (("--cap", "5MiB", "--", "true"), 2, "too small", "6MiB"),
        (("--cap", "512", "--", "true"), 2, "unit is missing", "512MiB"),
        (("-p", "conservativ"), 2, "no profile 'conservativ'", "conservative"),
        (("fase",), 2, "no workload 'fase'", "face"),
        (("--set", "worker=2"), 2, "no knob 'worker'", "workers"),
        (("--set", "workers=3"), 2, "no value '3'", "1, 2, 4, 8"),
        (("--set", "workers"), 2, "not an assignment", "workers=2"),
        (("--executor", "podman", "--", "true"), 2, "no executor 'podman'", "docker"),
        (("missing.yaml",), 2, "missing.yaml", "path"),
        (("--", "no-such-command"), 3, "no-such-command", "doctor"),
    ],
)
def test_bad_input_gets_one_clear_message(
    memtune: Memtune, words: tuple[str, ...], code: int, message: str, hint: str
) -> None:
    done = memtune("profile", *words)

    assert done.returncode == code
    assert done.stdout == ""
    assert message in done.stderr
    assert hint in done.stderr.split("hint:")[1]
    assert "Traceback" not in done.stderr


def test_without_a_daemon_docker_is_refused_and_auto_says_that_it_goes_local(
    memtune: Memtune, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")

    refused = memtune("profile", "--executor", "docker", "--", "true")
    local = memtune("profile", "-n", "1", "--", "true")

    assert refused.returncode == 3
    assert "memtune doctor" in refused.stderr
    assert local.returncode == 0
    assert "cgroup of this machine" in local.stderr
    assert "\nlocal, cgroup" in local.stdout


SERVICES = """\
version: 1
name: demo
kind: service
cap_for: each
services:
  one: { image: host, port: 8001, command: [python, service.py, "8001"] }
  two: { image: host, port: 8002, command: [python, service.py, "8002"] }
load:
  requests: 2
  calls:
    - { name: first, get: one/hold/40 }
    - { name: second, get: two/hold/20 }
"""


def test_services_are_explained_each_at_its_own_peak(memtune: Memtune, tmp_path: Path) -> None:
    shutil.copy(Path(__file__).with_name("service.py"), tmp_path)
    (tmp_path / "workload.yaml").write_text(SERVICES)
    tmp_path.chmod(0o755)

    exit_code, result = profile(memtune, "--explain", "-n", "1", "--cap", "128MiB", "workload.yaml")

    assert exit_code == 0
    explanation = result["explanation"]
    assert explanation["problems"] == []
    for peak, size in zip(explanation["peaks"], (40, 20), strict=True):
        rows = [*peak["processes"], *peak["rest"]]
        assert sum(row["bytes"] for row in rows) == peak["need_bytes"]
        sites = [s for p in peak["processes"] for part in p["parts"] for s in part["sites"]]
        largest = max(sites, key=lambda site: site["bytes"])
        assert largest["function"] == "hold"
        assert largest["bytes"] == pytest.approx(size << 20, rel=0.01)
    assert [peak["service"] for peak in explanation["peaks"]] == ["one", "two"]


def test_flame_graphs_lie_beside_the_reports_and_captures_are_gone(
    memtune: Memtune, tmp_path: Path
) -> None:
    program = "x = bytearray(40 << 20)\nimport time; time.sleep(0.3)"

    done = memtune("profile", "--explain", "--temporal", "-n", "1", "--", "python", "-c", program)

    (path,) = (tmp_path / ".memtune" / "reports").glob("flames-*.html")
    assert f"flame graph: .memtune/reports/{path.name}" in done.stdout
    assert "<html" in path.read_text()
    assert list((tmp_path / ".memtune" / "captures").iterdir()) == []


def test_flame_graphs_without_a_run_that_explains_are_refused(memtune: Memtune) -> None:
    done = memtune("profile", "--temporal", "--", "true")

    assert done.returncode == 2
    assert "hint: add --explain" in done.stderr


def test_the_page_shows_the_command_as_it_was_typed(memtune: Memtune, tmp_path: Path) -> None:
    # given a command with options that its result does not tell
    words = ["profile", "--cap=64MiB", "-n", "1", "--headroom", "5%", "--json"]
    words += ["--", "python", "-c", "print('a < b')"]
    done = memtune(*words)
    run = json.loads(done.stdout)["result"]["trial"]["runs"][0]["run"]["id"]

    # when pages of its study and of its run are asked for
    for what in ([], [run]):
        assert memtune("report", *what, "-o", "page.html").returncode == 0

        # then each shows it word for word
        page = html.unescape((tmp_path / "page.html").read_text())
        assert f"<code>{shlex.join(['memtune', *words])}</code>" in page
