"""The documentation's examples, executed in their order, as a reader would."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import blocks, commands, page, save

PLATFORMS = ("cloud-run", "fly", "heroku", "kubernetes", "lambda", "railway", "render")
JOB = """\
version: 1
name: job
kind: pipeline
image: host
command: [python, -c, "print('{}')"]
space:
  batch: { values: [1, 10], env: BATCH }
"""
_FIGURE = re.compile(r"[-+]?\d[\d,.]*(?: (?:B|KiB|MiB|GiB|ms|s|%))?")


def shell(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Execute lines in a shell that finds memtune, and knows who commits."""
    who = {f"GIT_{role}_{what}": "reader@example.org"
           for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}  # fmt: skip
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", text], cwd=folder, capture_output=True, text=True,
        timeout=300, check=False, env=os.environ | who | {"PATH": path, "COLUMNS": "140"},
    )  # fmt: skip


def without_figures(text: str) -> list[str]:
    return [" ".join(_FIGURE.sub("#", line).split()) for line in text.splitlines()]


def test_the_tutorial_shows_what_happens(tmp_path: Path) -> None:
    shell("git init --quiet", tmp_path)
    done = None
    for block in blocks(page("tutorial.md")):
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "shell":
            done = shell(block.text, tmp_path)
            assert done.returncode == 0, block.text + done.stdout + done.stderr
        elif block.language == "text":
            assert done is not None
            printed = without_figures(done.stdout)
            for line in filter(None, without_figures(block.text)):
                assert any(line in one for one in printed), f"{line!r} not in:\n{done.stdout}"

    settings = (tmp_path / ".env").read_text().splitlines()
    assert settings[-2:] == ["BATCH=1000", "KEEP=100"]
    assert done is not None
    assert done.stdout.splitlines()[-1] == "ended with 1"


@pytest.mark.parametrize("framework", ["gunicorn", "uvicorn", "node"])
def test_the_service_of_a_how_to_passes(framework: str, tmp_path: Path) -> None:
    text = page(f"how-to/{framework}.md")
    save(text, tmp_path)
    first = commands(text)[0]

    done = shell(first, tmp_path)

    assert first.startswith("memtune profile workload.yaml")
    assert (done.returncode, "PASS  needs" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.parametrize("name", PLATFORMS)
def test_the_commands_of_a_platform_lead_to_its_file(name: str, tmp_path: Path) -> None:
    # Given the files of the page, or a job whose batches are a knob,
    text = page(f"how-to/{name}.md")
    (tmp_path / "handler.py").write_text("def handler(event, context):\n    return event\n")
    (tmp_path / "workload.yaml").write_text(JOB)
    save(text, tmp_path)

    # when its commands are executed,
    lines = [
        line for line in commands(text) if line.split()[1] in ("profile", "recommend", "export")
    ]
    for line in lines:
        done = shell(line, tmp_path)
        assert done.returncode == 0, line + done.stdout + done.stderr

    # then the settings are in the file that the platform reads.
    [export] = [line for line in lines if " export " in line]
    written = (tmp_path / export.rpartition(":")[2]).read_text()
    assert re.search(r"BATCH\W+(value: )?\W*1\b", written), written


@pytest.mark.parametrize(
    "line",
    [
        "DOCKER_HOST=unix:///nowhere memtune profile --executor docker --cap 64MiB -- true",
        "memtune profile w.yaml",
        "memtune recommend w.yaml",
        "memtune profile --cap 1MiB -- true",
        "memtune profile --cap 900GiB -- true",
        "memtune show nothing",
    ],
)
def test_an_error_reads_as_its_page_says(line: str, tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(
        "{version: 1, name: x, kind: pipeline, image: 'nowhere:1', command: ['true']}"
    )

    said = shell(line, tmp_path).stderr.replace("unix:///nowhere", "unix:///var/run/docker.sock")

    [error] = [words for words in without_figures(said) if words.startswith("error: ")]
    assert error in without_figures(page("troubleshooting.md"))
