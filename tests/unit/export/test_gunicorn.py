"""gunicorn.conf.py, loaded by gunicorn itself."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gunicorn.app.base import Application  # type: ignore[import-untyped]
from gunicorn.config import Config  # type: ignore[import-untyped]

from memtune.errors import UsageError
from memtune.export.gunicorn import write
from memtune.model import Kind
from tests.unit.export.deployments import deployment, hostile, program

APP = "def app(environ, start_response): ...\n"


class Loader(Application):  # type: ignore[misc]
    """An application that only reads its configuration."""

    def __init__(self, file: Path) -> None:
        self.file = str(file)
        self.cfg = Config()
        self.load_config_from_file(self.file)


def loaded(text: str, folder: Path) -> dict[str, Any]:
    file = folder / "gunicorn.conf.py"
    file.write_text(text)
    return {name: setting.get() for name, setting in Loader(file).cfg.settings.items()}


@pytest.mark.parametrize(
    ("env", "args", "expected"),
    [
        ({"WEB_CONCURRENCY": "2", "THREADS": "4"}, (), {"workers": 2, "threads": 4}),
        ({"GUNICORN_MAX_REQUESTS": "100"}, (), {"max_requests": 100}),
        ({}, ("--workers=3", "--threads", "8"), {"workers": 3, "threads": 8}),
        ({}, ("-w", "3", "--max-requests-jitter=5"), {"workers": 3, "max_requests_jitter": 5}),
        ({"GUNICORN_CMD_ARGS": "--workers=2 --threads 3"}, (), {"workers": 2, "threads": 3}),
        ({"OMP_NUM_THREADS": "1", "THREADS": "unlimited"}, (), {"workers": 1, "threads": 1}),
    ],
)
def test_gunicorn_reads_its_own_settings(
    env: dict[str, str], args: tuple[str, ...], expected: dict[str, int], tmp_path: Path
) -> None:
    written = write(deployment(program(env, args)), None)

    settings = loaded(written.text, tmp_path)

    assert {name: settings[name] for name in expected} == expected
    assert not any("--workers" in note or "--threads" in note for note in written.notes)


def test_gunicorn_accepts_the_file_and_every_variable(tmp_path: Path) -> None:
    # given a file with variables of every sort
    env = {name: value for name, value in hostile().items() if value == value.rstrip()}
    (tmp_path / "gunicorn.conf.py").write_text(write(deployment(program(env)), None).text)
    (tmp_path / "shop.py").write_text(APP)

    # when gunicorn checks it, as its users would
    command = [sys.executable, "-m", "gunicorn", "--check-config", "shop:app"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GUNICORN")}
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
    )

    # then gunicorn accepts it, and its list of variables is the one that was meant
    assert done.returncode == 0, done.stderr
    settings = loaded((tmp_path / "gunicorn.conf.py").read_text(), tmp_path)
    assert dict(one.split("=", 1) for one in settings["raw_env"]) == env


def test_a_value_that_gunicorn_would_change_is_refused() -> None:
    with pytest.raises(UsageError, match="ends with a space"):
        write(deployment(program({"A": "x "})), None)


def test_what_is_read_too_early_is_said_and_not_written() -> None:
    env = {"MALLOC_ARENA_MAX": "1", "PYTHONMALLOC": "malloc", "CACHE": "250"}

    written = write(deployment(program(env, ["--verbose"], unset=("B",))), None)

    assert "MALLOC_ARENA_MAX" not in written.text
    said = "\n".join(written.notes)
    assert "MALLOC_ARENA_MAX=1, which is read before" in said
    assert "PYTHONMALLOC=malloc, which is read before" in said
    assert "not carried: --verbose" in said
    assert "elsewhere: B" in said


def test_what_gunicorn_does_not_serve_is_refused() -> None:
    with pytest.raises(UsageError, match="is a pipeline"):
        write(deployment(program({"WORKERS": "1"}, kind=Kind.PIPELINE)), None)
    with pytest.raises(UsageError, match="no knob is a setting"):
        write(deployment(program({"MALLOC_ARENA_MAX": "1"}, ["--x"])), None)
