"""Reads a project's files: bounded, never through a symbolic link, never a device."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from memtune.errors import UsageError
from memtune.lint.facts import SourceFile
from memtune.model.lint import Skip

MAX_FILE_BYTES = 1024 * 1024
MAX_FILES = 20_000
MAX_ENTRIES = 500_000
_SKIPPED_DIRECTORIES_WORDS = """
    .git .hg .svn .venv venv env .env .tox .nox node_modules bower_components site-packages
    __pycache__ .mypy_cache .ruff_cache .pytest_cache .memtune vendor dist build .next .nuxt
    coverage tests test __tests__ spec __mocks__
"""
SKIPPED_DIRECTORIES = frozenset(_SKIPPED_DIRECTORIES_WORDS.split())
"""Foreign code, what tools made, and tests, which are not deployed."""
_WANTED = re.compile(
    r"(?i)(.*\.)?(dockerfile|containerfile)(\..*)?"
    r"|(docker-)?compose([.-][\w.-]+)?\.ya?ml|render\.ya?ml|package\.json|procfile"
    r"|requirements[\w.-]*\.(txt|in)|pyproject\.toml|.*\.(py|js|cjs|mjs|ts|sh)"
)
_UNWANTED = re.compile(r"(?i).*(\.min\.js|\.d\.ts|[._](test|spec)\.\w+|\.dockerignore)|test_.*\.py")
_REQUIREMENTS = re.compile(r"(?i)(.*/)?requirements/[\w.-]+\.(txt|in)")


def read_tree(directory: Path) -> tuple[list[SourceFile], list[Skip]]:
    """Return the files that lint knows how to read, and what was left out.

    Raises UsageError where the directory cannot be read.
    """
    files: list[SourceFile] = []
    skipped: list[Skip] = []
    for path in _paths(directory, skipped):
        if len(files) == MAX_FILES:
            skipped.append(Skip(path, f"more than {MAX_FILES} files: the rest is not read"))
            break
        text = _text(directory / path)
        if isinstance(text, str):
            files.append(SourceFile(_shown(path), text))
        else:
            skipped.append(Skip(_shown(path), text.reason))
    return files, skipped


def _shown(path: str) -> str:
    """A path that can be printed and stored: names of files need not be UTF-8."""
    return os.fsencode(path).decode("utf-8", errors="backslashreplace")


def _paths(directory: Path, skipped: list[Skip]) -> Iterator[str]:
    """Wanted files below the directory, in order of their path."""
    waiting, seen = [""], 0
    while waiting:
        here = waiting.pop()
        for entry in _entries(directory / here, here, skipped):
            seen += 1
            if seen > MAX_ENTRIES:
                skipped.append(
                    Skip(_shown(here), f"more than {MAX_ENTRIES} entries: the rest is not read")
                )
                return
            path = f"{here}/{entry.name}" if here else entry.name
            if entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.name.lower() not in SKIPPED_DIRECTORIES:
                    waiting.append(path)
            elif _is_wanted(entry.name, path):
                yield path


def _is_wanted(name: str, path: str) -> bool:
    if _UNWANTED.fullmatch(name):
        return False
    return bool(_WANTED.fullmatch(name) or _REQUIREMENTS.fullmatch(path))


def _entries(directory: Path, shown: str, skipped: list[Skip]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        if not shown:
            raise UsageError(
                f"cannot read the directory {directory}: {error.strerror}",
                hint="give the directory of a project",
            ) from error
        skipped.append(Skip(_shown(shown), f"cannot be read: {error.strerror}"))
        return []


def _text(path: Path) -> str | Skip:
    try:
        # NONBLOCK: opening a pipe must not wait for its writer.
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return Skip("", f"cannot be read: {error.strerror}")
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            return Skip("", "is no file")
        raw = file.read(MAX_FILE_BYTES + 1)
    if len(raw) > MAX_FILE_BYTES:
        return Skip("", f"larger than {MAX_FILE_BYTES // 1024} KiB")
    if b"\0" in raw:
        return Skip("", "is no text")
    return raw.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
