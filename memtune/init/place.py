"""Puts files into a project: all of them or none, and never over what is there unasked."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from memtune.errors import HostError, UsageError
from memtune.execute import owner

_PREFIX = ".memtune-init-"


def refuse_existing(root: Path, files: Mapping[Path, str | None], force: bool) -> None:
    """Raise UsageError where one of the files is there already, or would lie outside ``root``.

    A file that is known to get a text may be there with that text.
    """
    for file in files:
        if not file.parent.resolve().is_relative_to(root.resolve()):
            raise UsageError(
                f"{file} would lie outside the project, behind a symbolic link",
                hint="remove the link",
            )
        if file.is_dir():
            raise UsageError(f"{file} is a directory", hint="remove it")
    there = [os.path.relpath(file) for file, text in files.items() if _differs(file, text)]
    if there and not force:
        raise UsageError(
            f"already there: {', '.join(there)}", hint="--force replaces them; or remove them"
        )


def _differs(file: Path, text: str | None) -> bool:
    try:
        return file.read_text(encoding="utf-8") != text
    except FileNotFoundError:
        return os.path.lexists(file)
    except (OSError, UnicodeDecodeError):
        return True


@contextmanager
def staging(directory: Path) -> Iterator[Path]:
    """Make a directory for files that are not yet in their place; it is gone afterwards, and so
    are those that killed memtunes left.

    Raises HostError where that cannot be done.
    """
    for left in directory.glob(f"{_PREFIX}*"):
        if not owner.lives(left.name.removeprefix(_PREFIX).rpartition("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    try:
        stage = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{owner.me()}-", dir=directory))
    except OSError as error:
        raise _unwritable(directory, error) from error
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def write(file: Path, text: str) -> None:
    """Write a file and see it on the disk; raises HostError where that cannot be done."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise _unwritable(file, error) from error


def place(stage: Path, moves: Mapping[Path, Path]) -> None:
    """Move staged files to where they belong; if one cannot be, all is as it was before.

    Raises HostError then.
    """
    placed: list[Path] = []
    kept: dict[Path, Path] = {}
    made: list[Path] = []
    try:
        for position, (staged, file) in enumerate(moves.items()):
            made += _made(file.parent)
            if os.path.lexists(file):
                kept[file] = stage / f"old-{position}"
                file.rename(kept[file])
            staged.rename(file)
            placed.append(file)
    except BaseException as error:
        for file in placed:
            file.unlink(missing_ok=True)
        for file, old in kept.items():
            old.rename(file)
        for directory in reversed(made):
            directory.rmdir()
        if isinstance(error, OSError):
            raise _unwritable(file, error) from error
        raise


def _made(directory: Path) -> list[Path]:
    """Make a directory and those above it; return the ones that were not there."""
    missing = [one for one in (directory, *directory.parents) if not one.exists()][::-1]
    directory.mkdir(parents=True, exist_ok=True)
    return missing


def _unwritable(file: Path, error: OSError) -> HostError:
    return HostError(
        f"cannot write {file}: {error.strerror}",
        hint="is the disk full, or the directory not writable? Nothing was written",
    )
