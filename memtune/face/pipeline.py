"""Executes the whole pipeline under one Settings: start, serve every request, judge each answer.

Not for reading settings, printing, or exit codes.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np

from memtune.face.cache import EncodingCache
from memtune.face.decode import PhotographError
from memtune.face.gallery import Gallery
from memtune.face.limits import is_out_of_memory
from memtune.face.load import Operation, Request, phases
from memtune.face.service import Answer, Service
from memtune.face.settings import Settings
from memtune.face.summary import Ended, Ending, Served
from memtune.face.workers import WorkerLostError, open_workers

STRANGERS = 2000
"""Random vectors in the gallery, 2 MB: they stand for people registered long ago."""

SEED = 20240501
"""Of the random vectors, so that every run has the same."""


def execute(settings: Settings) -> Ended:
    """Serve the whole load; errors before the first request are raised."""
    begun = time.monotonic()
    # First, while there are no threads yet: forked workers must not inherit locks
    # that another thread holds, nor a gallery that they never read.
    with open_workers(settings) as workers:
        random = np.random.default_rng(SEED)
        gallery = Gallery(STRANGERS, random)
        cache = EncodingCache(settings.cache_size, settings.cache_ttl_s)
        cache.fill(random)
        service = Service(workers, cache, gallery, settings.slots_in_force)
        started = time.monotonic()
        served = _serve_all(service, settings)
        ended = time.monotonic()
    return Ended(settings, served, started - begun, ended - started, STRANGERS)


def _serve_all(service: Service, settings: Settings) -> list[Served]:
    served: list[Served] = []
    with ThreadPoolExecutor(settings.workers) as requests:
        start_all(requests, settings.workers)
        for phase in phases(settings.logins):
            served += requests.map(lambda request: serve(service, request), phase)
    return served


def start_all(pool: ThreadPoolExecutor, count: int) -> None:
    """Start all threads before there is work for any.

    One that starts while others take the last of the memory may end before it says that it has
    begun, which Python waits for without end: https://github.com/python/cpython/issues/140746
    """
    met = Barrier(count)
    try:
        waiting = [pool.submit(met.wait) for _ in range(count)]
        for each in waiting:
            each.result()
    except BaseException:
        met.abort()
        raise


def serve(service: Service, request: Request) -> Served:
    """Serve one request; an error ends this request only."""
    begun = time.monotonic()
    try:
        answer = _answer(service, request)
    except (PhotographError, WorkerLostError) as error:
        return _failed(request, begun, f"{type(error).__name__}: {error}")
    except (MemoryError, RuntimeError, OSError, SystemError) as error:
        if not is_out_of_memory(error):
            raise
        return _failed(request, begun, "MemoryError: no memory left for a photograph")
    return Served(
        request.operation, judge(request, answer), _ms(begun), answer.faces, answer.cached
    )


def judge(request: Request, answer: Answer) -> Ending:
    """Compare the answer with who is on the photograph."""
    if request.operation is Operation.REGISTER:
        return Ending.MISSED if answer.name is None else Ending.REGISTERED
    if answer.name is None:
        return Ending.MISSED if request.known else Ending.REFUSED_RIGHTLY
    return Ending.RIGHT if request.known and answer.name == request.person else Ending.WRONG


def _answer(service: Service, request: Request) -> Answer:
    if request.operation is Operation.REGISTER:
        return service.register(request.person, request.photograph())
    return service.login(request.photograph())


def _failed(request: Request, begun: float, error: str) -> Served:
    return Served(request.operation, Ending.FAILED, _ms(begun), error=error)


def _ms(begun: float) -> float:
    return (time.monotonic() - begun) * 1000
