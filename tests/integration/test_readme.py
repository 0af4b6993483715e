"""README's commands, executed in their order in a project as a reader would have it."""

import gzip
import re
import shutil
from pathlib import Path

import pytest

from tests.documents import ROOT, blocks, commands
from tests.integration.test_docs import shell

README = (ROOT / "README.md").read_text(encoding="utf-8")
ELSEWHERE = {
    "memtune profile workload.yaml --soak 10m": "test_soak.py, with seconds",
    "memtune preflight -p examples/both/conservative.yaml --platform render:starter --soak 30s": (
        "test_examples.py, for five seconds"
    ),
    "memtune watch web": "test_watch.py, with containers of its own",
    "memtune watch shop --warn 70% --warn 90% --for 10m --json": "test_watch.py, for seconds",
    "memtune init": "test_init.py; here the project has its files already",
    "memtune history --measure v1.0..HEAD": "test_history.py",
}
"""What takes minutes, or a project of another kind, and which tests execute it."""
SHORTENED = "memtune compare"
"""Executed with one run of each side."""
FINDS_SOMETHING = ("memtune lint", "memtune diagnose")
"""These end with 1 here, for they find what they look for."""
JOB = """\
import json, os
block = bytearray(int(os.environ.get("WORKERS", "1")) * 8 << 20)
for position in range(0, len(block), 4096):
    block[position] = 1
print(json.dumps({"wrong": 0, "p95_ms": 12}))
"""
LOG = "[4711] [CRITICAL] WORKER TIMEOUT (pid:9)\nOut of memory: Killed process 9 (gunicorn)\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clone with what the commands speak of: a job, workloads, the example, logs."""
    origin = tmp_path / "origin"
    for example in ("batch-job", "facial-service"):
        shutil.copytree(
            ROOT / "examples" / example,
            origin / "examples" / example,
            ignore=shutil.ignore_patterns(".memtune", "__pycache__"),
        )
    [job] = [one.text for one in blocks(README) if one.text.startswith("version: 1\nname: my-job")]
    [budget] = [one.text for one in blocks(README) if "scenarios:" in one.text]
    texts = {
        "job.py": JOB,
        "my-job.yaml": job,
        "workload.yaml": job,
        "memtune.yaml": budget,
        ".gitignore": ".memtune/\n",
        "Dockerfile": "FROM node:20\nENV NODE_OPTIONS=--max-old-space-size=900\n",
        "render.log": LOG,
    }
    for name, text in texts.items():
        (origin / name).write_text(text)
    (origin / "backend.log.gz").write_bytes(gzip.compress(LOG.encode()))
    made = shell(
        "git init --quiet --initial-branch=main origin && cd origin && git add --all && "
        "git commit --quiet --message='The job' && git clone --quiet . ../project",
        tmp_path,
    )
    assert made.returncode == 0, made.stderr
    return tmp_path / "project"


def test_the_commands_of_the_readme_do_what_they_say(project: Path) -> None:
    lines = {without_remark(line): line for line in commands(README)}
    assert ELSEWHERE.keys() <= lines.keys()

    for command, line in lines.items():
        if command in ELSEWHERE:
            continue
        if command.startswith("memtune baseline"):
            commit(project)
        done = shell(f"{command} --runs 1" if command.startswith(SHORTENED) else line, project)
        expected = 1 if command.startswith(FINDS_SOMETHING) else 0
        assert done.returncode == expected, line + done.stdout + done.stderr
        if command.startswith("memtune baseline"):
            commit(project)
        if command.startswith("memtune recommend face"):
            found = re.search(r"tried \d+ of 3072 settings in (\d+) runs", done.stdout)
            assert found is not None, done.stdout
            assert int(found[1]) < 40

    for name in ("report.html", "memory-time.svg", "compose.memory.yaml"):
        assert (project / name).stat().st_size > 0, name
    assert "FACE_WORKERS=1" in (project / ".env").read_text().splitlines()
    assert "workers = 1" in (project / "gunicorn.conf.py").read_text().splitlines()


def commit(project: Path) -> None:
    done = shell("git add --all && git commit --quiet --message='As it is now'", project)
    assert done.returncode == 0, done.stderr


def without_remark(line: str) -> str:
    return line.partition("  #")[0].strip()
