"""memray in every process of a run: the photograph of the peak, the captures that the
processes left, and what both say together."""

from importlib.resources import files
from pathlib import Path

INJECT_VARIABLE = "MEMTUNE_CAPTURES"
"""Environment variable that tells the injected sitecustomize where captures go."""
NATIVE_VARIABLE = "MEMTUNE_NATIVE"
"""Set where native frames shall be captured too."""
MEMRAY_VARIABLE = "MEMTUNE_MEMRAY"
"""Tells the injected sitecustomize where it finds memray for Pythons that lack it."""


def inject_directory() -> Path:
    """Return the directory to put on PYTHONPATH so that every Python process is captured."""
    return Path(str(files("memtune.measure.inject")))


def memray_version() -> str:
    """Return the version of memray, without loading it."""
    from importlib.metadata import version

    return version("memray")
