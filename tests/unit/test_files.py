"""Files are written whole or not at all."""

from pathlib import Path

import pytest

from memtune.files import write_whole


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"before")
    file.chmod(0o640)

    write_whole(file, b"after")

    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"after", 0o640)
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_one(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    link.symlink_to(file)

    write_whole(link, b"after")

    assert link.is_symlink()
    assert file.read_bytes() == b"after"


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    directory = tmp_path / "file"
    directory.mkdir()
    (directory / "kept").touch()

    with pytest.raises(OSError, match="directory"):
        write_whole(directory, b"after")

    assert list(tmp_path.iterdir()) == [directory]
    assert (directory / "kept").exists()
