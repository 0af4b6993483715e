"""The workers that look at photographs: threads of this process, or processes of their own.

Not for answers: cache and gallery stay with the parent, where every request
sees the same of them, whichever worker looked.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import wait
from typing import Protocol

from memtune.face.engines import Engine, Found, MissingLibraryError, load_engine, look
from memtune.face.limits import MIB, is_out_of_memory
from memtune.face.settings import EngineKind, Settings, WorkerKind

POOL_BYTES = 8 * MIB
"""More than the threads of a process pool, and a photograph on its way, need."""


class WorkerLostError(Exception):
    """A worker process ended without an answer, and its pool with it."""


class Workers(Protocol):
    """Look at photographs; called by as many threads as there are workers."""

    def look(self, photograph: bytes) -> Found:
        """Return what is in `photograph`."""


class ThreadWorkers:
    """The calling threads are the workers; they share one engine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = load_engine(settings.engine)

    def look(self, photograph: bytes) -> Found:
        """Return what is in `photograph`."""
        return look(self._engine, photograph, self._settings.max_side_px, self._settings.upsample)


class ProcessWorkers:
    """Processes are the workers; they are given bytes and give back encodings."""

    def __init__(self, settings: Settings, pool: ProcessPoolExecutor) -> None:
        self._settings = settings
        self._pool = pool

    def start(self) -> None:
        """Wait until as many workers as asked for were started and have loaded their models."""
        with _lost_workers_told():
            for each in self._submit_to_all():
                each.result()

    def _submit_to_all(self) -> list[Future[None]]:
        try:
            return [self._pool.submit(_ready) for _ in range(self._settings.workers)]
        except (MemoryError, RuntimeError, OSError):
            # No room for the pool's own thread, or for one more process, or the first was killed
            # already: those that did start would wait for work, and Python at its exit for them.
            for child in multiprocessing.active_children():
                child.kill()
            self._pool.shutdown(wait=False)
            raise

    def look(self, photograph: bytes) -> Found:
        """Return what is in `photograph`; WorkerLostError if its worker ended."""
        with _lost_workers_told():
            return self._pool.submit(
                _look, photograph, self._settings.max_side_px, self._settings.upsample
            ).result()


@contextmanager
def open_workers(settings: Settings) -> Iterator[Workers]:
    """Start the workers that `settings` ask for, and end them at exit."""
    if settings.worker_kind is WorkerKind.THREAD:
        yield ThreadWorkers(settings)
        return
    prefork = settings.worker_kind is WorkerKind.PREFORK
    if prefork:
        _load(settings.engine)
        _loaded()
    pool = ProcessPoolExecutor(
        settings.workers,
        mp_context=multiprocessing.get_context("fork" if prefork else "spawn"),
        initializer=_end_with_parent if prefork else partial(_load, settings.engine),
    )
    with pool:
        workers = ProcessWorkers(settings, pool)
        workers.start()
        yield workers


@contextmanager
def _lost_workers_told() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool:
        raise WorkerLostError(
            "a worker process ended without an answer: killed, most likely for its memory"
        ) from None


_engine: Engine | None = None
"""In a worker process, and in the parent of forked ones: the models."""

_load_error: Exception | None = None
"""In a worker process: why there are no models."""


def _load(kind: EngineKind) -> None:
    """Load the models of this process.

    An error in a pool's initializer would reach the parent as a lost worker, so
    memory that runs out here is told by the first task instead. Some is kept
    free meanwhile: a pool that has none for its own threads hangs.
    """
    global _engine, _load_error
    _end_with_parent()
    try:
        with mmap.mmap(-1, POOL_BYTES, flags=mmap.MAP_PRIVATE):
            _engine = load_engine(kind)
    except MissingLibraryError as error:
        _load_error = error
    except (MemoryError, RuntimeError, ImportError, OSError, SystemError) as error:
        if not is_out_of_memory(error):
            raise
        _load_error = MemoryError("no room for the models")


def _end_with_parent() -> None:
    """End this worker process when its parent is gone, killed perhaps.

    Its queue would never tell: every worker holds both ends of it.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_and_exit, args=(parent.sentinel,), daemon=True).start()


def _wait_and_exit(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _loaded() -> Engine:
    if _load_error is not None:
        raise _load_error
    assert _engine is not None
    return _engine


def _ready() -> None:
    _loaded()


def _look(photograph: bytes, max_side_px: int | None, upsample: int) -> Found:
    return look(_loaded(), photograph, max_side_px, upsample)
