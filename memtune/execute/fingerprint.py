"""What a workload executes, as one short text that changes when a file of it does."""

import hashlib
import os
from importlib.resources import files
from pathlib import Path

from memtune.model import ImageKind, Workload

SKIPPED = {"__pycache__", "node_modules"}
"""Directories, beside the hidden ones, that hold no source of the project."""


def of(workload: Workload) -> str:
    """Return a digest of names, sizes and times of the project's files.

    An image that is built or named has a digest of its own in the environment.
    """
    if all(image.kind is not ImageKind.HOST for image in workload.images):
        return ""
    root = Path(workload.directory) if workload.directory else Path(str(files("memtune")))
    digest = hashlib.sha256()
    for directory, names, file_names in os.walk(root):
        names[:] = sorted(n for n in names if not n.startswith(".") and n not in SKIPPED)
        for name in sorted(file_names):
            digest.update(_line(Path(directory, name)).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:16]


def _line(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:  # it went away, or is a link to nowhere
        return f"{path}\n"
    return f"{path} {status.st_size} {status.st_mtime_ns}\n"
