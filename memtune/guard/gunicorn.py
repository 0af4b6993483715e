"""Hooks for gunicorn's configuration file; imports no gunicorn.

    from memtune.guard.gunicorn import post_fork, post_request, post_worker_init  # noqa: F401

They start the guard of each worker, and recycle a worker that has grown, the way gunicorn
does after max_requests: it takes no more work, ends what it has, and a new one is forked.
"""

import contextlib
import logging
import os
import signal
import socket
import time
from typing import Any, Protocol

from memtune.guard.guard import Guard, guards
from memtune.guard.level import MIB, Level
from memtune.guard.processes import is_largest, own_bytes

GROWN_SHARE = 0.10
"""Of the limit, by which a worker must have grown: recycling another one brings nothing."""

YOUNGEST_S = 30.0
"""Age at which a worker is recycled at the earliest, so that no worker only ever starts."""


class Worker(Protocol):
    """What the hooks need of gunicorn.workers.base.Worker."""

    alive: bool
    ppid: int
    PIPE: Any


class Recycler:
    """Ends one worker gracefully when that gives memory back."""

    def __init__(self, worker: Worker, guard: Guard) -> None:
        self._worker = worker
        self._guard = guard
        self._born_s = time.monotonic()
        self._born_bytes = own_bytes(os.getpid())
        self._turn: socket.socket | None = None

    def __call__(self) -> bool:
        """Recycle the worker if it is the one that should go; tell whether it does."""
        reading = self._guard.reading
        if reading is None or time.monotonic() - self._born_s < YOUNGEST_S:
            return False
        grown_bytes = own_bytes(os.getpid()) - self._born_bytes
        if grown_bytes < GROWN_SHARE * reading.limit_bytes:
            return False
        if not is_largest(os.getpid(), self._worker.ppid, YOUNGEST_S):
            return False
        if not self._has_turn():
            return False
        log.warning(
            "memory guard: this worker has grown by %.1fMB and goes; another one comes",
            grown_bytes / MIB,
        )
        _end(self._worker)
        return True

    def _has_turn(self) -> bool:
        """Take the turn, which only one of the workers has, and give it back if it came too late.

        The kernel gives it to the next one when this process has ended and its memory is free.
        """
        turn = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            turn.bind(f"\0memtune-guard-{self._worker.ppid}")
        except OSError:  # another worker goes at the moment
            turn.close()
            return False
        if self._guard.look_again() < Level.CRITICAL:
            turn.close()
            return False
        self._turn = turn
        return True


def post_fork(server: object, worker: Worker) -> None:
    """Start the guards that were made before the fork (preload_app)."""
    _start(worker)


def post_worker_init(worker: Worker) -> None:
    """Start the guards that the application made; one where it made none."""
    global _default
    if not guards():
        _default = Guard()
    _start(worker)


def post_request(worker: Worker, request: object, environ: object, response: object) -> None:
    """Look at memory after each request: work in C may have kept the guard's thread waiting."""
    for guard in guards():
        guard.level  # noqa: B018


log = logging.getLogger("memtune.guard")
_default: Guard | None = None


def _start(worker: Worker) -> None:
    if guards():
        _log_as_gunicorn()
    for guard in guards():
        guard.recycle_with(Recycler(worker, guard))
        guard.start()


def _log_as_gunicorn() -> None:
    """Log where gunicorn does, unless the application has said where."""
    if not log.hasHandlers():
        log.handlers = list(logging.getLogger("gunicorn.error").handlers)
        log.setLevel(logging.INFO)


def _end(worker: Worker) -> None:
    """Do what gunicorn does at max_requests, and wake a sync worker that waits for a request.

    Workers that others wrote, such as uvicorn's, do not look at `alive`; they end gracefully
    on the signal that gunicorn itself stops them with.
    """
    worker.alive = False
    with contextlib.suppress(OSError):
        os.write(worker.PIPE[1], b"1")
    if not type(worker).__module__.startswith("gunicorn."):
        os.kill(os.getpid(), signal.SIGTERM)
