"""Worker processes that are killed: told as what they are, whenever it happens."""

import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

from memtune.face.settings import settings_from
from memtune.face.workers import ProcessWorkers, WorkerLostError


def test_a_worker_killed_before_all_were_started_is_a_lost_worker() -> None:
    # Given a pool whose first worker was killed while the next was yet to be asked for,
    pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork"))
    with pytest.raises(BrokenProcessPool):
        pool.submit(os._exit, 137).result()

    # when the pipeline starts its workers,
    workers = ProcessWorkers(settings_from({"FACE_WORKERS": "2"}), pool)

    # then it says so, and no other worker stays behind.
    with pytest.raises(WorkerLostError, match="ended without an answer"):
        workers.start()
    deadline = time.monotonic() + 20
    while multiprocessing.active_children() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert multiprocessing.active_children() == []
