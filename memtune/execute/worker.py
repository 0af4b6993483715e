"""What a Dask worker does for memtune: describes its machine and makes runs on it; executed there,
in the worker's threads. What it finds belongs to one session of a client: the next one may come
with other files and images."""

import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from memtune.errors import HostError
from memtune.execute import fingerprint
from memtune.execute.choose import Choice, choose
from memtune.execute.executor import Asked
from memtune.execute.maker import Here
from memtune.execute.page_cache import PageCache
from memtune.execute.request import Request, ServiceRequest
from memtune.model import Environment, Outcome, Run, Workload

SESSIONS = 4
"""How many sessions keep what was found for them: as many as a worker may serve at a time."""
_warming = threading.Lock()
_warm: set[str] = set()


@lru_cache(maxsize=SESSIONS)
def described(
    session: str, workload: Workload, choice: Choice
) -> tuple[Environment, Mapping[str, str]]:
    """Make the images available here; return the environment, and what figures depend on.

    Raises HostError where this machine cannot make the runs.
    """
    if workload.directory and not Path(workload.directory).is_dir():
        raise HostError(f"there is no {workload.directory}")
    environment = _here(session, choice, workload).prepare(workload.images)
    return environment, fingerprint.of(workload, environment)


def perform(
    asked: Request | ServiceRequest,
    page_cache: PageCache,
    session: str,
    workload: Workload,
    choice: Choice,
    parts: Mapping[str, str],
) -> Run:
    """Execute one run as a task; it is broken off as soon as nobody waits for it any more.

    The first one of a session is made twice: it fills the page cache. Raises HostError.
    """
    _, here = described(session, workload, choice)
    if here != parts:
        raise HostError(f"a worker is not as it was: {fingerprint.changes(parts, here)}")
    maker, cancelled = _here(session, choice, workload), _given_up()
    if page_cache is PageCache.WARM:
        with _warming:
            if session not in _warm:
                run = maker.make(asked, page_cache, cancelled, lambda: None)
                if run.outcome in (Outcome.INFRA, Outcome.CANCELLED):
                    return run
                _warm.add(session)
    return maker.make(asked, page_cache, cancelled, lambda: None)


@lru_cache(maxsize=SESSIONS)
def _here(session: str, choice: Choice, workload: Workload) -> Here:
    del session  # an executor remembers images as they were
    return Here(choose(choice, workload.images, lambda _: None))


def _given_up() -> Asked:
    """Return what says whether the task that this thread executes has been given up: cancelled,
    its client gone, or its worker closing. Dask ends no thread by itself."""
    from distributed import Status, get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def given_up() -> bool:
        task = worker.state.tasks.get(key)
        goes_on = task is not None and task.state in ("executing", "long-running")
        return not goes_on or worker.status not in (Status.running, Status.paused)

    return given_up
