"""Answers are judged against who is on the photograph; an error ends one request only."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np
import pytest

from memtune.face.cache import EncodingCache
from memtune.face.decode import PhotographError
from memtune.face.engines import Found
from memtune.face.gallery import Gallery
from memtune.face.load import Operation, Request
from memtune.face.pipeline import judge, serve, start_all
from memtune.face.service import Answer, Service
from memtune.face.summary import Ending
from memtune.face.workers import WorkerLostError

KNOWN = Request(Operation.LOGIN, "A", "obama2.jpg")
UNKNOWN = Request(Operation.LOGIN, "C", "c_mirrored.jpg", known=False)
REGISTRATION = Request(Operation.REGISTER, "A", "obama.jpg")


class FakeWorkers:
    """Find the first byte of a photograph as its encoding, or raise an error instead."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.inside = 0
        self.most_inside = 0
        self._lock = Lock()

    def look(self, photograph: bytes) -> Found:
        if self.error:
            raise self.error
        with self._lock:
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
        encoding = np.full(128, photograph[0], np.float64)
        with self._lock:
            self.inside -= 1
        return Found(1, encoding)


def service(workers: FakeWorkers, slots: int = 1) -> Service:
    return Service(workers, EncodingCache(10, 60), Gallery(), slots)


@pytest.mark.parametrize(
    ("request_", "name", "ending"),
    [
        (REGISTRATION, "A", Ending.REGISTERED),
        (REGISTRATION, None, Ending.MISSED),
        (KNOWN, "A", Ending.RIGHT),
        (KNOWN, "B", Ending.WRONG),
        (KNOWN, "stranger", Ending.WRONG),
        (KNOWN, None, Ending.MISSED),
        (UNKNOWN, None, Ending.REFUSED_RIGHTLY),
        (UNKNOWN, "A", Ending.WRONG),
        (UNKNOWN, "C", Ending.WRONG),
    ],
)
def test_each_answer_is_judged(request_: Request, name: str | None, ending: Ending) -> None:
    assert judge(request_, Answer(name, 1, cached=False)) is ending


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PhotographError("damaged"), "PhotographError: damaged"),
        (WorkerLostError("gone"), "WorkerLostError: gone"),
        (MemoryError(), "MemoryError: no memory left for a photograph"),
        (RuntimeError("bad allocation"), "MemoryError: no memory left for a photograph"),
    ],
)
def test_an_error_fails_its_request(error: Exception, told: str) -> None:
    served = serve(service(FakeWorkers(error)), KNOWN)

    assert (served.ending, served.error) == (Ending.FAILED, told)


def test_an_error_that_nobody_expected_is_not_hidden() -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        serve(service(FakeWorkers(RuntimeError("a bug"))), KNOWN)


def test_a_cached_photograph_of_somebody_registered_meanwhile_is_recognised() -> None:
    # Given a service that has refused a person,
    doors = service(FakeWorkers())
    assert doors.login(b"person").name is None

    # when that person is registered with another photograph,
    doors.register("P", b"portrait")

    # then the refused photograph now opens, from the cache.
    assert doors.login(b"person") == Answer("P", 0, cached=True)


def test_no_more_photographs_are_in_work_than_there_are_slots() -> None:
    workers = FakeWorkers()
    doors = service(workers, slots=2)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: doors.login(b"%d" % number), range(200)))

    assert len(answers) == 200
    assert workers.most_inside <= 2


def test_all_threads_are_there_before_there_is_work() -> None:
    with ThreadPoolExecutor(6, "own") as pool:
        start_all(pool, 6)

        assert sum(one.name.startswith("own") for one in threading.enumerate()) == 6


NO_ROOM = """
import resource, threading
from concurrent.futures import ThreadPoolExecutor
from memtune.face.pipeline import start_all

threading.stack_size(8 << 20)
used = int(open("/proc/self/status").read().split("VmData:")[1].split()[0]) << 10
resource.setrlimit(resource.RLIMIT_DATA, (used + (40 << 20), -1))
try:
    with ThreadPoolExecutor(64) as pool:
        start_all(pool, 64)
except RuntimeError as error:
    print(error)
"""


def test_threads_for_which_there_is_no_room_are_an_error_and_no_hang() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM], capture_output=True, text=True, timeout=30, check=True
    )

    assert "can't start new thread" in done.stdout
