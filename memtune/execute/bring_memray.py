"""Brings memray to the Pythons of an image, by mounts: the image itself is never changed."""

import os
import platform
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from memtune.errors import HostError
from memtune.measure.captures import memray_version

STAND_INS = {
    "rich/__init__.py": "print = print\n",
    "rich/progress.py": "class Progress: ...\nclass SpinnerColumn: ...\n",
    "typing_extensions.py": "from typing import Protocol, TypedDict\n",
}
"""What memray loads and a capture never uses: the real ones would take 6 MiB of each process."""
LAYOUT = 1
"""Raised when what is kept in the cache changes."""
OLDEST = (3, 9)
_PLATFORMS = {
    "glibc": ("manylinux2014_{}", "manylinux_2_17_{}", "manylinux_2_26_{}", "manylinux_2_28_{}"),
    "musl": ("musllinux_1_1_{}", "musllinux_1_2_{}"),
}
_LIMIT_S = 180
_TELL = (
    "import sys,os,platform;print('memtune-python',sys.implementation.cache_tag,"
    "platform.libc_ver()[0] or 'musl',os.uname()[4])"
)
PROBE = f"""
IFS=:
for directory in $PATH /usr/local/bin /usr/bin /venv/bin /opt/venv/bin /app/.venv/bin; do
  for python in "$directory"/python3 "$directory"/python "$directory"/python3.[0-9] \
      "$directory"/python3.[0-9][0-9]; do
    [ -x "$python" ] && "$python" -I -S -c "{_TELL}" 2>/dev/null
  done
done
exit 0
"""
"""Shell script that names the Pythons of an image: those on the path and in usual places."""
_NAMED = re.compile(r"^memtune-python (cpython-3(\d+)) (glibc|musl) (\w+)$", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Python:
    """A Python that an image has."""

    tag: str
    """As in ``sys.implementation.cache_tag``: ``cpython-312``."""
    minor: int
    libc: str
    machine: str

    def __str__(self) -> str:
        return f"Python 3.{self.minor} ({self.libc}, {self.machine})"


def pythons(told: str) -> list[Python]:
    """Return the Pythons that the probe has named."""
    named = {Python(tag, int(minor), libc, arch) for tag, minor, libc, arch in _NAMED.findall(told)}
    return sorted(named)


def brought(
    found: list[Python], fetch: Callable[[Python], Path]
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Return the directories to mount, by tag, and in words for which Pythons there is none."""
    if not found:
        return {}, ()
    directories: dict[str, Path] = {}
    problems = []
    for python in found:
        try:
            directories[python.tag] = fetch(python)
        except HostError as error:
            problems.append(error.message)
    return directories, tuple(problems)


def fetched(python: Python) -> Path:
    """Return a directory with memray for a Python: from the cache, this environment or PyPI.

    Raises HostError where it cannot be had.
    """
    if python.minor < OLDEST[1]:
        raise HostError(f"memray needs Python 3.{OLDEST[1]} or later; the image has {python}")
    kept = f"memray-{memray_version()}-{LAYOUT}-{python.libc}-{python.machine}"
    place = _cache() / kept / python.tag
    if place.is_dir():
        return place
    temporary = place.with_name(f".{python.tag}-{secrets.token_hex(4)}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if python == own():
            _copy(temporary)
        else:
            _download(python, temporary)
        for name, text in STAND_INS.items():
            file = temporary / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        temporary.chmod(0o755)
        temporary.rename(place)
    except OSError as error:
        if not place.is_dir():  # else another memtune was faster
            raise HostError(f"memray for {python} cannot be kept: {error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return place


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "memtune"


def own() -> Python:
    """Return the Python of this process: what it has can be copied, for wheels for glibc work in
    every newer one."""
    libc = platform.libc_ver()[0] or "musl"
    tag = sys.implementation.cache_tag or ""
    return Python(tag, sys.version_info.minor, libc, os.uname().machine)


def _copy(place: Path) -> None:
    for file in distribution("memray").files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            target = place / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(file.locate()), target)


def _download(python: Python, place: Path) -> None:
    platforms = [one.format(python.machine) for one in _PLATFORMS[python.libc]]
    pip = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-compile", "--only-binary", ":all:", "--target", str(place)),
        *("--implementation", "cp", "--python-version", f"3.{python.minor}"),
        *(word for platform in platforms for word in ("--platform", platform)),
        f"memray=={memray_version()}",
    ]
    try:
        done = subprocess.run(pip, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
        said, status = done.stderr, done.returncode
    except subprocess.TimeoutExpired:
        said, status = f"pip took longer than {_LIMIT_S} s", 1
    if status:
        last = [line for line in said.strip().splitlines() if "notice" not in line][-1:]
        raise HostError(f"memray for {python} cannot be fetched: {' '.join(last)}")
