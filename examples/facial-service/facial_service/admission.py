"""Lets a request in before its body is read, or refuses it with 503.

What waits holds its body in memory, so that there must be an end to waiting; and
one thread of each worker is never let in, so that /health is answered at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from facial_service import metrics
from facial_service.errors import RefusedError
from facial_service.settings import MIB, Settings
from facial_service.slots import Slots
from memtune.guard import Guard

RETRY_AFTER_S = 2
DRAIN_S = 5
PIECE_BYTES = MIB // 16


class Admission:
    """The doors that requests with photographs pass."""

    def __init__(self, settings: Settings, guard: Guard | None) -> None:
        waiting = settings.queue_limit
        inside = None if settings.slots is None or waiting is None else settings.slots + waiting
        self._threads = threading.Semaphore(settings.threads - 1)
        self._places = Slots(settings.run_dir, "place", inside)
        self._slots = Slots(settings.run_dir, "slot", settings.slots)
        self._guard = guard
        self._body_timeout_s = settings.body_timeout_s
        self._drain_bytes = settings.max_body_bytes

    @contextmanager
    def enter(self, environ: dict[str, Any]) -> Iterator[None]:
        """Hold a thread and a place in the queue; RefusedError (503) if there is none."""
        with self._thread(), self._places.try_take() as let_in:
            if not let_in:
                raise _busy("full queue")
            _limit_silence(environ, self._body_timeout_s)
            yield

    @contextmanager
    def work(self) -> Iterator[None]:
        """Wait for a slot, and hold it while a photograph is in work.

        The guard looks here and not at the door: what waits needs little, and where memory
        is short it still lets one photograph in.
        """
        begun = time.monotonic()
        with self._slots.take(), self._memory(), metrics.IN_WORK.track_inprogress():
            metrics.WAITED.observe(time.monotonic() - begun)
            yield

    def drain(self, environ: dict[str, Any]) -> None:
        """Read away what is left of a refused body, piece by piece.

        A client that finds its connection closed while it still sends never sees the
        answer. What is longer than a body may be, or slow, is cut off all the same.
        """
        if not environ.get("wsgi.input_terminated") or not self._threads.acquire(blocking=False):
            return
        _limit_silence(environ, DRAIN_S)
        try:
            deadline, left = time.monotonic() + DRAIN_S, self._drain_bytes
            while left > 0 and time.monotonic() < deadline:
                piece = environ["wsgi.input"].read(PIECE_BYTES)
                if not piece:
                    return
                left -= len(piece)
        except OSError:
            return
        finally:
            self._threads.release()

    @contextmanager
    def _thread(self) -> Iterator[None]:
        if not self._threads.acquire(blocking=False):
            raise _busy("no thread")
        try:
            yield
        finally:
            self._threads.release()

    @contextmanager
    def _memory(self) -> Iterator[None]:
        if self._guard is None:
            yield
            return
        if not self._guard.begin():
            raise _busy("short memory")
        try:
            yield
        finally:
            self._guard.end()


def _limit_silence(environ: dict[str, Any], limit_s: float) -> None:
    """Let gunicorn's socket give up on a client that stops sending: it would hold a thread."""
    if "gunicorn.socket" in environ:
        environ["gunicorn.socket"].settimeout(limit_s)


def _busy(reason: str) -> RefusedError:
    metrics.REFUSED.labels(reason).inc()
    return RefusedError(503, "The service is busy; try again soon.", RETRY_AFTER_S)
