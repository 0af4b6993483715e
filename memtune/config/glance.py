"""What files name, told at a glance for a shell that waits: they are not held against their
schemas, and what cannot be read names nothing. Nothing here raises."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import as_file, files
from itertools import islice
from pathlib import Path
from typing import Any

from memtune.config.document import MAX_BYTES, Document, read
from memtune.config.names import (
    SUFFIXES,
    beside,
    is_path,
    profile_document,
    workload_document,
)
from memtune.errors import MemtuneError

MOST_ENTRIES = 5000
"""Of a directory, that are looked at."""
MOST_FILES = 200
"""Of a directory, that are opened."""
MOST_EXTENDED = 8
"""Profiles on the way to the one that names the workload."""
_KEY = re.compile(rb"^([a-z_]+)[ \t]*:", re.MULTILINE)


def workload_files(directory: Path) -> list[str]:
    """Return the names of a directory's workload files."""
    return [name for name, keys in _files(directory) if {b"version", b"name", b"kind"} <= keys]


def profile_files(directory: Path) -> list[str]:
    """Return the names of a directory's profile files."""
    return [
        name
        for name, keys in _files(directory)
        if b"version" in keys and keys & {b"settings", b"extends"} and b"kind" not in keys
    ]


def directories(directory: Path) -> list[str]:
    """Return the names of a directory's directories that are not hidden, each with a slash."""
    return [
        f"{entry.name}/"
        for entry in _entries(directory)
        if entry.is_dir() and not entry.name.startswith(".")
    ]


def knobs(workload: str) -> dict[str, list[str]]:
    """Return the knobs of a workload, each with its values, as ``--set`` takes them."""
    document = _document(workload)
    if document is None:
        return {}
    services = document.data.get("services")
    if not isinstance(services, dict):
        return dict(_knobs("", document.data))
    several = len(services) > 1
    return {
        name: values
        for service, part in services.items()
        for name, values in _knobs(f"{service}." if several else "", part)
    }


def workload_of(profile: str) -> str:
    """Return the workload of a profile; empty where it names none."""
    for _ in range(MOST_EXTENDED):
        document = _document(profile, of_profile=True)
        if document is None:
            break
        if isinstance(workload := document.data.get("workload"), str):
            return beside(document, workload)
        if not isinstance(base := document.data.get("extends"), str):
            break
        profile = beside(document, base)
    return ""


def scenarios(file: str) -> list[str]:
    """Return the scenarios of a budget file."""
    document = _read(file)
    found = document.data.get("scenarios") if document else None
    return list(found) if isinstance(found, dict) else []


def plans() -> dict[str, str]:
    """Return the plans of all providers, each with its memory, as the catalogue writes it."""
    with as_file(files("memtune.config") / "platforms.yaml") as path:
        providers = read(path).data["providers"]
    return {
        f"{provider}:{plan}": f"{size['ram']}, {part['title']}"
        for provider, part in providers.items()
        for plan, size in part["sizes"]["plans"].items()
    }


def _files(directory: Path) -> Iterator[tuple[str, set[bytes]]]:
    """The YAML files of a directory, with the keys that begin a line. Pipes are not opened."""
    names = (
        entry.name
        for entry in _entries(directory)
        if entry.name.endswith(SUFFIXES) and entry.is_file()
    )
    for name in islice(names, MOST_FILES):
        with suppress(OSError), (directory / name).open("rb") as opened:
            yield name, set(_KEY.findall(opened.read(MAX_BYTES)))


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(directory) as entries:
        return sorted(islice(entries, MOST_ENTRIES), key=lambda entry: entry.name)
    return []


def _document(name: str, *, of_profile: bool = False) -> Document | None:
    if is_path(name):
        return _read(name)
    with suppress(MemtuneError):
        return profile_document(name) if of_profile else workload_document(name)
    return None


def _read(name: str) -> Document | None:
    with suppress(MemtuneError):
        return read(Path(name)) if os.path.isfile(name) else None
    return None


def _knobs(prefix: str, part: Any) -> Iterator[tuple[str, list[str]]]:
    space = part.get("space") if isinstance(part, dict) else None
    for name, knob in space.items() if isinstance(space, dict) else ():
        values = knob.get("values") if isinstance(knob, dict) else None
        if isinstance(values, list):
            yield prefix + name, [str(value) for value in values]
