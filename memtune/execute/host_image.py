"""``image: host``: which directories of this machine a container sees, read-only; knows
no Docker."""

import os
import sys
from importlib.resources import files
from pathlib import Path

from memtune.measure.captures import INJECT_VARIABLE, MEMRAY_VARIABLE, NATIVE_VARIABLE

SYSTEM_DIRECTORIES = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt")
CAPTURES_IN_CONTAINER = "/memtune-captures"
INJECT_IN_CONTAINER = "/memtune-inject"
MEMRAY_IN_CONTAINER = "/memtune-memray"
NOBODY = 65534


def directories(project: str) -> list[str]:
    """Return what must be mounted: the system, this Python environment, memtune, the project.

    A directory that lies inside another one of the list is left out.
    """
    wanted = [
        *SYSTEM_DIRECTORIES,
        sys.prefix,
        sys.base_prefix,
        str(files("memtune")),
        *([project] if project else []),
    ]
    existing = sorted({path for path in wanted if path != "/" and Path(path).is_dir()}, key=len)
    kept: list[str] = []
    for path in existing:
        if not any(Path(path).is_relative_to(outer) for outer in kept):
            kept.append(path)
    return kept


def environment() -> dict[str, str]:
    """Return the variables that a program of this machine needs: this interpreter comes first."""
    search = [os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)]
    env = {"PATH": os.pathsep.join(search), "HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"}
    return env | {name: os.environ[name] for name in ("LANG", "LC_ALL", "TZ") if name in os.environ}


def user(project: str) -> tuple[int, int]:
    """Return the uid and gid to execute as: nobody instead of root, where files can be read."""
    uid, gid = os.geteuid(), os.getegid()
    return (NOBODY, NOBODY) if uid == 0 and not closed_to_nobody(project) else (uid, gid)


def closed_to_nobody(project: str) -> list[str]:
    """Return the directories that only their owner can read: root has to execute then."""
    return [path for path in directories(project) if os.stat(path).st_mode & 0o005 != 0o005]


def capture_environment(
    env: dict[str, str], inject: str, captures: str, *, memray: str = "", native: bool = False
) -> dict[str, str]:
    """Return the variables that put a memray tracker into every Python process.

    ``memray`` is where Pythons without one find it.
    """
    path = os.pathsep.join(part for part in (inject, env.get("PYTHONPATH", "")) if part)
    added = {"PYTHONPATH": path, INJECT_VARIABLE: captures}
    added |= {MEMRAY_VARIABLE: memray} if memray else {}
    return added | ({NATIVE_VARIABLE: "1"} if native else {})
