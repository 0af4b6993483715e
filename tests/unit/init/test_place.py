"""Files are put in place all together or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from memtune.errors import HostError, UsageError
from memtune.execute import owner
from memtune.init.place import place, refuse_existing, staging, write


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_files_move_to_their_place_and_the_stage_is_gone(tmp_path: Path) -> None:
    with staging(tmp_path) as stage:
        write(stage / "a", "A")
        write(stage / "b", "B")
        place(stage, {stage / "a": tmp_path / "a", stage / "b": tmp_path / "x" / "y" / "b"})

    assert names(tmp_path) == {"a", "x", "x/y", "x/y/b"}


def test_what_a_killed_memtune_left_is_swept_and_a_living_one_is_let_be(tmp_path: Path) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", "from memtune.execute import owner; print(owner.me())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    for name in (f"{dead}-abc", f"{owner.me()}-abc"):
        (tmp_path / f".memtune-init-{name}").mkdir()

    with staging(tmp_path):
        pass

    assert names(tmp_path) == {f".memtune-init-{owner.me()}-abc"}


def test_when_one_cannot_be_placed_all_is_as_before(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "full").write_text("")

    with staging(tmp_path) as stage:
        for name in "ab":
            write(stage / name, "new")
        moves = {stage / "a": tmp_path / "a", stage / "b": tmp_path / "n" / "b"}
        moves[stage / "missing"] = tmp_path / "d"
        with pytest.raises(HostError, match="cannot write"):
            place(stage, moves)

    assert names(tmp_path) == {"a", "c", "c/full"}
    assert (tmp_path / "a").read_text() == "old"


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="No space left on device") as caught:
        write(Path("/dev/full"), "x" * 100)

    assert "disk full" in caught.value.hint


def test_what_is_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    os.symlink("nowhere", tmp_path / "b")
    files: dict[Path, str | None] = {tmp_path / name: None for name in "abc"}

    with pytest.raises(UsageError, match=r"already there: \S*a, \S*b$"):
        refuse_existing(tmp_path, files, force=False)
    refuse_existing(tmp_path, files, force=True)


def test_the_same_text_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")

    refuse_existing(tmp_path, {tmp_path / "a": "x"}, force=False)
    with pytest.raises(UsageError):
        refuse_existing(tmp_path, {tmp_path / "a": "y"}, force=False)


def test_a_link_out_of_the_project_is_refused(tmp_path: Path) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside"
    project.mkdir()
    outside.mkdir()
    os.symlink(outside, project / ".github")

    with pytest.raises(UsageError, match="outside the project"):
        refuse_existing(project, {project / ".github" / "w.yml": None}, force=True)
