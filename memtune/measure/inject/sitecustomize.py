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
_tracker: Any = None
_owner = 0


def _start(*_: object) -> None:
    """Begin a capture of this process under a name that no other process can have."""
    global _tracker, _owner
    stem = os.path.join(_directory, f"{os.getpid()}-{time.time_ns()}")
    try:
        from memray import FileDestination, Tracker

        destination = FileDestination(f"{stem}.bin", overwrite=True, compress_on_exit=False)
        _tracker = Tracker(destination=destination)
        _tracker.__enter__()
        _owner = os.getpid()
    except Exception as error:  # noqa: BLE001 - the workload must go on whatever happens here
        _tracker = None
        with open(f"{stem}.error", "w", encoding="utf-8") as file:
            file.write(f"{type(error).__name__}: {error}")


def _stop(*_: object) -> None:
    global _tracker
    if _tracker is not None and _owner == os.getpid():
        _tracker.__exit__(None, None, None)
        _tracker = None


def _restart_in_child() -> None:
    """Leave the tracker inherited over fork (memray keeps it inactive) and begin another."""
    global _tracker
    if _tracker is not None:
        _tracker.__exit__(None, None, None)
        _tracker = None
    _start()
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
