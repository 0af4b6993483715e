"""Memory of real processes: this one, its children, and which of several is the largest."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import cast

import psutil
import pytest

from memtune.guard import processes
from memtune.guard.processes import family_bytes, is_largest, own_bytes
from tests.unit.guard.kernel import MIB

SPAWN = multiprocessing.get_context("spawn")


def hold(size: int, pipe: Connection) -> None:
    kept = b"x" * size
    pipe.send(len(kept))
    pipe.recv()


class Ending:
    """A process of somebody else that ends between two questions."""

    def memory_full_info(self) -> None:
        raise psutil.AccessDenied

    def memory_info(self) -> None:
        raise psutil.NoSuchProcess(1)


def test_a_process_that_ends_while_it_is_looked_at_holds_nothing() -> None:
    assert processes._memory(cast("psutil.Process", Ending()), "pss") == 0


@pytest.fixture
def children() -> Iterator[dict[int, int]]:
    """Two children by the MiB that they hold."""
    pids, pipes, started = {}, [], []
    for mib in (5, 60):
        pipe, theirs = SPAWN.Pipe()
        child = SPAWN.Process(target=hold, args=(mib * MIB, theirs))
        child.start()
        pipe.recv()
        pids[mib] = child.pid or 0
        pipes.append(pipe)
        started.append(child)
    yield pids
    for pipe, child in zip(pipes, started, strict=True):
        pipe.send(None)
        child.join()


def test_own_memory_is_what_a_process_would_free(children: dict[int, int]) -> None:
    small, large = own_bytes(children[5]), own_bytes(children[60])

    assert large - small == pytest.approx(55 * MIB, rel=0.1)


def test_the_family_is_this_process_and_its_children(children: dict[int, int]) -> None:
    total = family_bytes()

    assert total > own_bytes(os.getpid()) + 60 * MIB
    assert total < psutil.virtual_memory().total / 4


def test_the_largest_of_the_siblings(children: dict[int, int]) -> None:
    assert is_largest(children[60], os.getpid(), youngest_s=0)
    assert not is_largest(children[5], os.getpid(), youngest_s=0)


def test_siblings_that_are_younger_do_not_count(children: dict[int, int]) -> None:
    age_s = time.time() - psutil.Process(children[5]).create_time()

    assert is_largest(children[5], os.getpid(), youngest_s=age_s + 10)


def test_a_process_that_is_gone_has_nothing() -> None:
    child = SPAWN.Process(target=int)
    child.start()
    child.join()

    assert own_bytes(child.pid or 0) == 0
    assert is_largest(os.getpid(), child.pid or 0, youngest_s=0)
