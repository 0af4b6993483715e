"""Finds the files of workloads and profiles by name or path; the shipped ones are package data."""

import os
from importlib.resources import as_file, files
from pathlib import Path

from memtune.config.document import Document, read
from memtune.errors import UsageError, did_you_mean

BUILT_IN = {"face": "memtune.face"}
"""Built-in workloads: name -> package that holds their ``workload.yaml``."""
SUFFIXES = (".yaml", ".yml")


def workload_document(name: str) -> Document:
    """Read the file of a built-in workload, or of a path.

    Raises UsageError for an unknown name and ConfigError for what is no plain YAML.
    """
    if name in BUILT_IN:
        with as_file(files(BUILT_IN[name]) / "workload.yaml") as path:
            return read(path)
    if not is_path(name):
        raise UsageError(
            f"there is no workload {name!r}",
            hint=did_you_mean(name, BUILT_IN) + "; or give the path of a workload file",
        )
    return read(Path(name).absolute())


def profile_document(name: str) -> Document:
    """Read the file of a shipped profile, or of a path; raises as ``workload_document`` does."""
    if is_path(name):
        return read(Path(name).absolute())
    if name not in profile_names():
        raise UsageError(
            f"there is no profile {name!r}",
            hint=did_you_mean(name, profile_names()) + "; or give the path of a profile file",
        )
    with as_file(files("memtune.profiles") / f"{name}.yaml") as path:
        return read(path)


def profile_names() -> list[str]:
    """Return the names of the shipped profiles."""
    return sorted(
        Path(entry.name).stem
        for entry in files("memtune.profiles").iterdir()
        if entry.name.endswith(SUFFIXES)
    )


def is_path(name: str) -> bool:
    """Return whether a name is a file's path, and not that of what is built in or shipped."""
    return "/" in name or name.endswith(SUFFIXES)


def beside(document: Document, name: str) -> str:
    """Return a path that stands in a file relative to that file; a plain name stays."""
    return os.path.join(os.path.dirname(document.file), name) if is_path(name) else name
