"""What the figures of a study depend on, as named parts that can be compared: of equal parts a
study is continued, and of others it can be said what changed."""

import hashlib
import os
import shlex
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from sysconfig import get_path

from memtune.model import Environment, ImageKind, Workload

SKIPPED = {"__pycache__", "node_modules"}
"""Directories, beside the hidden ones, that hold no source of the project."""
TOLD = 4
"""Changes that one line names."""
_LONG = 100
"""Characters of the values of a change from which on they are left out."""
_ORDER = "the order of the knobs"
_OPAQUE = "#"
"""Begins a digest of what is too long for a line, or of what may be secret."""


def of(workload: Workload, environment: Environment) -> dict[str, str]:
    """Return the parts: the workload as its file says it, the files that it executes, and of the
    environment what can change a figure of memory or a verdict.

    memray only explains, and a description, or where the file lies, decides nothing.
    """
    checks, knobs = workload.checks, workload.space.knobs
    return {
        **_machine(environment, on_host=_on_host(workload)),
        **_programs(workload),
        "the kind": workload.kind,
        "the project directory": workload.directory,
        "the project's files": _files(workload),
        "the Python packages": _packages() if _on_host(workload) else "",
        "the load": _digest(workload.plan),
        "what the cap is for": workload.cap_for,
        "the timeout": f"{workload.timeout_s!r} s",
        "when it is asked to end": f"{workload.ends_after_s!r} s",
        "its share of the CPUs": repr(workload.cpus),
        "the exit status asked for": repr(checks.exit_status),
        "the headroom asked for": repr(checks.headroom),
        "the checks of the output": _digest(checks.output),
        **{f"the knob {knob.name}": _digest(knob) for knob in knobs},
        _ORDER: _digest([knob.name for knob in knobs]),
    }


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return in words what differs between parts that are not equal."""
    found = [
        _change(name, before.get(name), now.get(name))
        for name in {**now, **before}
        if before.get(name) != now.get(name) and name != _ORDER
    ]
    found = found or [f"{_ORDER} changed"]
    more = [f"{len(found) - TOLD} more changes"] if len(found) > TOLD else []
    return ", ".join([*found[:TOLD], *more])


def _change(name: str, before: str | None, now: str | None) -> str:
    if before is None:
        return f"{name} is new"
    if now is None:
        return f"{name} is gone"
    values = f"{_short(before)} -> {_short(now)}"
    if before.startswith(_OPAQUE) or now.startswith(_OPAQUE) or len(values) > _LONG:
        return f"{name} changed"
    return f"{name} changed ({values})"


def _short(value: str) -> str:
    """A value with digests as Docker shortens them."""
    return " ".join(word[:19] if word.startswith("sha256:") else word for word in value.split(" "))


def _machine(environment: Environment, *, on_host: bool) -> dict[str, str]:
    """memtune measures and judges, Docker sets what a container may; this Python is the
    workload's own, or its load's, where that is executed on this machine's files."""
    tools = {"memtune": "memtune", "docker": "Docker"} | ({"python": "Python"} if on_host else {})
    return {
        "the kernel": environment.kernel,
        "the cgroup version": environment.cgroup,
        "the architecture": environment.architecture,
        "the number of CPUs": str(environment.cpus),
        "the executor": environment.executor,
        "the image": environment.image,
        **{tools[name]: version for name, version in environment.tools if name in tools},
    }


def _programs(workload: Workload) -> dict[str, str]:
    found: dict[str, str] = {}
    for program in workload.programs:
        whose = f" of {program.name}" if program.name else ""
        image = program.image
        built = f" by {image.dockerfile}" if image.kind is ImageKind.BUILD else ""
        found |= {
            f"the command{whose}": shlex.join(program.command),
            f"the variables{whose}": _digest(program.env),
            f"the image asked for{whose}": f"{image}{built}",
            f"the cap{whose} alone": repr(program.cap_bytes),
        }
    return found


def _files(workload: Workload) -> str:
    """Return a digest of names, sizes and times of the project's files.

    An image that is built or named has a digest of its own in the environment, and what the
    workload's own file says is a part by itself.
    """
    if not _on_host(workload):
        return ""
    root = Path(workload.directory) if workload.directory else Path(str(files("memtune")))
    digest = hashlib.sha256()
    for directory, names, file_names in os.walk(root):
        names[:] = sorted(n for n in names if not n.startswith(".") and n not in SKIPPED)
        for name in sorted(file_names):
            if (path := Path(directory, name)) != Path(workload.file):
                line = _line(path, path.relative_to(root))
                digest.update(line.encode("utf-8", "surrogateescape"))
    return f"{_OPAQUE}{digest.hexdigest()[:16]}"


def _packages() -> str:
    """Return a digest of what is installed beside memtune: ``image: host`` executes with it."""
    return _digest(sorted(path.name for path in Path(get_path("purelib")).glob("*.dist-info")))


def _line(path: Path, name: Path) -> str:
    try:
        status = path.stat()
    except OSError:  # it went away, or is a link to nowhere
        return f"{name}\n"
    return f"{name} {status.st_size} {status.st_mtime_ns}\n"


def _on_host(workload: Workload) -> bool:
    return any(image.kind is ImageKind.HOST for image in workload.images)


def _digest(value: object) -> str:
    """Equal for what is equal to the type: 1 and 1.0 are other settings."""
    return f"{_OPAQUE}{hashlib.sha256(repr(value).encode('utf-8', 'replace')).hexdigest()[:16]}"
