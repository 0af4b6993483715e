"""Which workers of a Dask scheduler are used; scheduler and workers live in this process, and the
runs go as a test says."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from distributed import Scheduler, SpecCluster, Worker

from memtune.errors import HostError
from memtune.execute import cluster as module
from memtune.execute import worker
from memtune.execute.choose import Choice
from memtune.execute.cluster import Cluster
from memtune.execute.page_cache import PageCache
from memtune.execute.request import Request, ServiceRequest, request
from memtune.model import Image, ImageKind, Kind, Program, Run, Settings, Workload
from tests.fakes import MIB, FakeExecutor, Play

ASKED_BYTES = 100 * MIB
SMALL_BYTES = 50 * MIB


class Hosts:
    """Workers that offer so many bytes each, and a client of theirs."""

    def __init__(self, stack: ExitStack, directory: Path, rooms: Sequence[int]) -> None:
        plain: dict[str, Any] = {"dashboard": False, "protocol": "tcp://", "host": "127.0.0.1"}
        cls: Any = SpecCluster  # it has no types
        self._dask = stack.enter_context(
            cls(
                scheduler={"cls": Scheduler, "options": {**plain, "dashboard_address": None}},
                workers={
                    number: {
                        "cls": Worker,
                        "options": {**plain, "nthreads": 1, "resources": {"memory": room}},
                    }
                    for number, room in enumerate(rooms)
                },
            )
        )
        self.executor = FakeExecutor(Play())
        self._workload = Workload(
            name="demo",
            kind=Kind.PIPELINE,
            programs=(Program(Image(ImageKind.HOST), ("demo",)),),
            directory=str(directory),
            timeout_s=1.0,
        )
        self.asked = request(self._workload, Settings(()), ASKED_BYTES)
        self.said: list[str] = []

    def client(self) -> Cluster:
        return Cluster(self._dask.scheduler_address, self._workload, Choice.AUTO, self.said.append)

    def lose(self, number: int) -> None:
        self._dask.sync(self._dask.workers[number].close)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


def hosts(stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch, *rooms: int) -> Hosts:
    made = Hosts(stack, directory, rooms)
    monkeypatch.setattr(worker, "choose", lambda *_: made.executor)
    return made


def make(
    cluster: Cluster, asked: Request | ServiceRequest, given_up: Callable[[], bool] = lambda: False
) -> Run:
    return cluster.make(asked, PageCache.WARM, given_up, lambda: None)


def test_a_run_whose_only_worker_with_room_is_lost_is_not_waited_for_for_ever(
    stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a worker with room for the run, which goes on there, and one without
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    made = hosts(stack, tmp_path, monkeypatch, ASKED_BYTES, SMALL_BYTES)
    made.executor = FakeExecutor(Play(ends_on=("kill",)))
    cluster = stack.enter_context(closing(made.client()))
    assert cluster.ceiling_bytes == ASKED_BYTES
    given_up = threading.Event()
    thread = stack.enter_context(ThreadPoolExecutor(1))
    stack.callback(given_up.set)
    run = thread.submit(make, cluster, made.asked, given_up.is_set)
    while not made.executor.running:
        time.sleep(0.01)

    # when the one with room is lost and does not come back
    made.lose(0)

    # then it is said, and what it had does not count any more
    with pytest.raises(HostError, match="fits into no worker: the largest offers 50 MiB"):
        run.result(timeout=10)
    assert cluster.ceiling_bytes == SMALL_BYTES

    # and of none at all too
    made.lose(1)
    with pytest.raises(HostError, match="no worker is left"):
        make(cluster, made.asked)
    assert cluster.ceiling_bytes == 0


def test_all_workers_are_used_however_many_there_are(
    stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = hosts(stack, tmp_path, monkeypatch, *[ASKED_BYTES] * 7)

    cluster = stack.enter_context(closing(made.client()))

    assert cluster.slots(ASKED_BYTES, alone=False) == 7
    assert any("7 of 7 workers" in text for text in made.said)


def test_each_session_fills_the_page_cache_of_a_worker_anew(
    stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = hosts(stack, tmp_path, monkeypatch, ASKED_BYTES)

    for session in (1, 2):
        with closing(made.client()) as cluster:
            for _ in range(2):
                make(cluster, made.asked)
        assert len(made.executor.requests) == session * 3
