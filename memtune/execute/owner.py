"""Who made a run, in a way that survives the reuse of process numbers; ends nobody."""

import os
from functools import cache
from pathlib import Path


def me() -> str:
    """Return this process as ``PID.STARTTIME.NAMESPACE.BOOT``.

    The start time is in clock ticks after boot (proc(5), field 22 of stat); the namespace
    is the one that numbered the process; the boot names this start of this machine.
    """
    pid = os.getpid()
    return f"{pid}.{_started(pid)}.{_namespace()}.{_boot()}"


def is_here(owner: str) -> bool:
    """Return whether ``me`` named it on this machine since its last boot."""
    return owner.rpartition(".")[2] == _boot()


def lives(owner: str) -> bool:
    """Return whether the process that ``me`` named on this machine may still live.

    False only when that is certain: in another process namespace it cannot be seen.
    """
    match owner.split("."):
        case [pid, started, namespace, _] if pid.isdigit() and is_here(owner):
            return namespace != _namespace() or _started(int(pid)) == started
    return False


def _started(pid: int) -> str:
    try:
        text = Path("/proc", str(pid), "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The second field, the name, may hold spaces and parentheses.
    state, *fields = text.rpartition(")")[2].split()
    return "" if state in "ZX" else fields[18]  # a zombie holds nothing any more


@cache
def _namespace() -> str:
    return str(Path("/proc/self/ns/pid").stat().st_ino)


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
