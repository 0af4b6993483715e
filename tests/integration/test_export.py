"""A recommendation is listed, shown again and put to work: real runs, a real image, real tools."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
import yaml

from memtune.export import dockerfile, kubernetes
from tests.unit.export.deployments import deployment, hostile, program

Memtune = Callable[..., subprocess.CompletedProcess[str]]
JOB = """
import json, os, sys, time
blocks = int(os.environ["BLOCKS"])
block = os.urandom(1) * (20 << 20)
held = [bytearray(block) for _ in range(blocks)]
time.sleep(0.1)
print(json.dumps({"missed": max(0, 2 - blocks), "blocks": blocks, "words": sys.argv[1]}))
"""
WORKLOAD = """
version: 1
name: blocks
kind: pipeline
image: host
command: [python, job.py]
checks: {output: {missed: {max: 0}}}
space:
  blocks: {values: [1, 2, 3], env: BLOCKS}
  mode: {values: ["plain text", fancy], args: ["{value}"]}
"""


@pytest.fixture
def workload(tmp_path: Path) -> str:
    (tmp_path / "job.py").write_text(JOB)
    (tmp_path / "blocks.yaml").write_text(WORKLOAD)
    tmp_path.chmod(0o755)
    return "blocks.yaml"


def ok(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_recommendation_is_shown_again_and_put_to_work(
    memtune: Memtune, workload: str, tmp_path: Path
) -> None:
    # given a recommendation, with its floor
    words = (workload, "--cap", "256MiB", "--confirm", "2", "--prove")
    shown = ok(memtune("recommend", *words))

    # then it is listed, and shown again as it was
    rows = json.loads(ok(memtune("studies", "--json")))["result"]["studies"]
    assert [(row["command"], row["state"]) for row in rows] == [
        ("floor", "finished"),
        ("recommend", "finished"),
    ]
    for row in rows:
        assert ok(memtune("show", row["id"])) == shown
    assert ok(memtune("show")) == shown

    # and what sh and a container make of it is what was recommended
    (tmp_path / ".env").write_text("BLOCKS=9\n")
    ok(memtune("export", "--to", "env:.env", "--force"))
    line = f'set -a; . ./.env; exec {sys.executable} job.py "plain text"'
    by_hand = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, check=True)
    assert json.loads(by_hand.stdout)["blocks"] == 2


def test_a_study_that_was_killed_is_listed_and_continued(
    memtune: Memtune, workload: str, tmp_path: Path
) -> None:
    # given a study that was killed between its runs
    words = ("recommend", workload, "--cap", "256MiB", "--confirm", "8")
    killed = subprocess.Popen(
        [sys.executable, "-m", "memtune", *words],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def rows() -> list[dict[str, Any]]:
        return list(json.loads(ok(memtune("studies", "--json")))["result"]["studies"])

    while not (found := rows()) or found[0]["runs"] < 2:
        assert killed.poll() is None
        time.sleep(0.1)
    assert found[0]["state"] == "running"
    killed.send_signal(signal.SIGKILL)
    killed.wait()

    # then it can be resumed, and shows what it tried
    assert rows()[0]["state"] == "can be resumed"
    assert "`memtune recommend` continues it" in ok(memtune("show", found[0]["id"]))

    # and continued, it is the same study, finished
    ok(memtune(*words))
    [only] = rows()
    assert (only["id"], only["state"]) == (found[0]["id"], "finished")


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Callable[[str], dict[str, Any]]]:
    client = docker.from_env()
    tag = f"memtune-test-export-{os.getpid()}"

    def build(text: str) -> dict[str, Any]:
        (tmp_path / "Dockerfile").write_text(text)
        client.images.build(path=str(tmp_path), tag=tag, rm=True)
        return dict(client.images.get(tag).attrs["Config"])

    yield build
    client.images.remove(tag, force=True)
    client.close()


def test_docker_builds_the_lines_to_what_was_meant(
    built: Callable[[str], dict[str, Any]],
) -> None:
    # given a Dockerfile to which values are added that a shell would take apart
    before = 'FROM scratch\nENV V1=old OTHER="stays"\nCMD ["old"]\n'
    arguments = ("--heap=64", "a b", "$x", 'it\'s "so"', "back\\slash")
    written = dockerfile.write(deployment(program(hostile(), arguments)), before)

    # when Docker builds it
    config = built(written.text)

    # then the image has each of them, and the rest of the file's
    env = dict(one.split("=", 1) for one in config["Env"])
    assert {name: env[name] for name in hostile()} == hostile()
    assert env["OTHER"] == "stays"
    assert config["Cmd"] == ["python", "app.py", *arguments]


BASE = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: sidecar, image: proxy}
      - name: web
        image: web
        env: [{name: GONE, value: old}, {name: V1, value: old}, {name: OTHER, value: stays}]
        args: [old]
        resources: {limits: {memory: 2Gi, cpu: "1"}}
"""


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")
def test_kubectl_patches_a_deployment_with_it(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    where = deployment(program(hostile(), ("--heap=64",), unset=("GONE",)))
    (tmp_path / "patch.yaml").write_text(kubernetes.write(where, None).text)

    done = subprocess.run(
        ["kubectl", "patch", "--local", "-f", "base.yaml", "--patch-file", "patch.yaml",
         "-o", "yaml"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip

    containers = yaml.safe_load(done.stdout)["spec"]["template"]["spec"]["containers"]
    patched = {container["name"]: container for container in containers}
    assert patched["sidecar"]["image"] == "proxy"
    env = {one["name"]: one.get("value", "") for one in patched["web"]["env"]}
    assert env.pop("OTHER") == "stays"
    assert {name: value.replace("$$", "$") for name, value in env.items()} == hostile()
    assert patched["web"]["command"] == ["python", "app.py", "--heap=64"]
    assert not patched["web"].get("args")
    assert patched["web"]["resources"] == {
        "limits": {"memory": "512Mi", "cpu": "1"},
        "requests": {"memory": "113Mi"},
    }
