"""image: host: what of this machine a container sees."""

import os
import sys
from pathlib import Path

import pytest

from memtune.execute.host_image import (
    NOBODY,
    capture_environment,
    directories,
    environment,
    user,
)
from memtune.measure.captures import INJECT_VARIABLE


def covers(kept: list[str], path: str) -> bool:
    return any(Path(path).is_relative_to(outer) for outer in kept)


def test_the_system_this_python_memtune_and_the_project_are_seen(tmp_path: Path) -> None:
    kept = directories(str(tmp_path))

    for path in ("/usr", "/etc", sys.prefix, sys.base_prefix, str(tmp_path)):
        assert covers(kept, path), path
    assert all(Path(path).is_dir() for path in kept)


def test_no_directory_is_mounted_inside_another(tmp_path: Path) -> None:
    for project in (str(tmp_path), "/usr/share", sys.prefix, ""):
        kept = directories(project)

        for path in kept:
            assert not covers([other for other in kept if other != path], path)


def test_the_root_and_what_does_not_exist_are_never_mounted(tmp_path: Path) -> None:
    assert "/" not in directories("/")
    assert str(tmp_path / "absent") not in directories(str(tmp_path / "absent"))


def test_this_interpreter_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/somewhere/bin")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("SECRET_TOKEN", "x")
    monkeypatch.delenv("LC_ALL", raising=False)

    env = environment()

    assert env["PATH"].split(os.pathsep) == [os.path.dirname(sys.executable), "/somewhere/bin"]
    assert env["TZ"] == "UTC"
    assert "LC_ALL" not in env
    assert "SECRET_TOKEN" not in env


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_becomes_nobody_where_the_files_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memtune.execute.host_image.directories", lambda project: [project])
    tmp_path.chmod(0o755)
    assert user(str(tmp_path)) == (NOBODY, NOBODY)

    tmp_path.chmod(0o700)
    assert user(str(tmp_path)) == (0, 0)


def test_who_is_not_root_stays_who_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setattr(os, "getegid", lambda: 5678)

    assert user("/nowhere") == (1234, 5678)


@pytest.mark.parametrize(
    ("env", "path"),
    [({}, "/inject"), ({"PYTHONPATH": "/mine"}, "/inject:/mine"), ({"PYTHONPATH": ""}, "/inject")],
)
def test_the_tracker_is_put_before_the_workloads_own_path(env: dict[str, str], path: str) -> None:
    added = capture_environment(env, "/inject", "/captures")

    assert added == {"PYTHONPATH": path, INJECT_VARIABLE: "/captures"}
