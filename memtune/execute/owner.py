"""Who made a run, in a way that survives the reuse of process numbers; ends nobody."""

import os
from pathlib import Path


def me() -> str:
    """Return this process as ``PID.STARTTIME`` (clock ticks after boot, proc(5) field 22)."""
    return f"{os.getpid()}.{_started(os.getpid())}"


def lives(owner: str) -> bool:
    """Return whether the process that ``me`` named still lives on this machine."""
    pid, _, started = owner.partition(".")
    return pid.isdigit() and started != "" and _started(int(pid)) == started


def _started(pid: int) -> str:
    try:
        text = Path("/proc", str(pid), "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The second field, the name, may hold spaces and parentheses.
    return text.rpartition(")")[2].split()[19]
