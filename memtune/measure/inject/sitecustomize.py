"""Starts a memray Tracker in every Python process of a run, forked and spawned ones
included; runs inside the workload, so it needs nothing but memray and never fails it."""

import atexit
import importlib
import os
import sys
import time
from typing import Any

_here = os.path.dirname(os.path.abspath(__file__))
_directory = os.environ.get("MEMTUNE_CAPTURES", "")
_wheels = os.environ.get("MEMTUNE_MEMRAY", "")
_native = bool(os.environ.get("MEMTUNE_NATIVE"))
_tracker: Any = None
_facts = ""
_owner = 0


def _start(forked_from: int = 0) -> None:
    """Begin a capture of this process under a name that no other process can have."""
    global _tracker, _facts, _owner
    stem = os.path.join(_directory, f"{os.getpid()}-{time.time_ns()}")
    before = _private()
    try:
        _tracker = _begun(f"{stem}.bin")
        _owner = os.getpid()
    except Exception as error:  # noqa: BLE001 - the workload must go on whatever happens here
        _tracker = None
        why = f"Python {sys.version.split()[0]}: {type(error).__name__}: {error}"
        _leave(f"{stem}.error", why)
        return
    _facts = f"{stem}.facts"
    _leave(_facts, f"forked_from={forked_from} before={before} after={_private()}")


def _begun(path: str) -> Any:
    """Return a tracker that is at work: memray's that was brought along for this Python, else
    the process's own."""
    brought = os.path.join(_wheels, sys.implementation.cache_tag or "")
    if not _wheels or "memray" in sys.modules or not os.path.isdir(brought):
        return _tracking(path)
    known = set(sys.modules)
    sys.path.insert(0, brought)
    try:
        return _tracking(path)
    finally:
        sys.path.remove(brought)
        # What memray needs must not stand in for the workload's own libraries of these names.
        for name in set(sys.modules) - known:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(brought) and name.partition(".")[0] != "memray":
                del sys.modules[name]


def _tracking(path: str) -> Any:
    memray = importlib.import_module("memray")
    destination = memray.FileDestination(path, overwrite=True, compress_on_exit=False)
    tracker = memray.Tracker(destination=destination, native_traces=_native)
    tracker.__enter__()
    return tracker


def _private() -> int:
    """Return the memory that this process has to itself, bytes; 0 where it cannot tell."""
    try:
        with open("/proc/self/smaps_rollup", encoding="ascii") as file:
            for line in file:
                if line.startswith("Private_Dirty:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def _leave(path: str, text: str) -> None:
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)
    except OSError:  # a full disk, say: there is nobody to tell
        pass


def _stop(*_: object) -> None:
    global _tracker
    if _tracker is not None and _owner == os.getpid():
        _tracker.__exit__(None, None, None)
        _tracker = None
        _leave(_facts, " ended=1")


def _restart_in_child() -> None:
    """Leave the tracker inherited over fork (memray keeps it inactive) and begin another."""
    global _tracker
    if _tracker is not None:
        _tracker.__exit__(None, None, None)
        _tracker = None
    _start(os.getppid())
    # multiprocessing children end with os._exit, which skips atexit; its own finalizers run.
    multiprocessing_util = sys.modules.get("multiprocessing.util")
    if multiprocessing_util is not None:
        multiprocessing_util.register_after_fork(_start, _finalize_in_multiprocessing)


def _finalize_in_multiprocessing(*_: object) -> None:
    from multiprocessing import util

    util.Finalize(None, _stop, exitpriority=-1000)


def _chain() -> None:
    """Import the sitecustomize that this one hides."""
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != _here]
    hidden = sys.modules.pop("sitecustomize", None)
    try:
        importlib.import_module("sitecustomize")
    except ImportError:
        if hidden is not None:
            sys.modules["sitecustomize"] = hidden


if _directory:
    _chain()
    _start()
    atexit.register(_stop)
    os.register_at_fork(after_in_child=_restart_in_child)
