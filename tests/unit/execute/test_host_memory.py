"""Runs on this machine share its memory: one starts when its cap fits."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from memtune.errors import HostError
from memtune.execute import host_memory
from memtune.execute.host_memory import available_bytes, ceiling_bytes, fitting, reserved

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def small_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with 1000 MiB to give, and reservations of its own."""
    monkeypatch.setattr(host_memory, "available_bytes", lambda: 1000 * MIB)
    monkeypatch.setattr(host_memory, "_directory", lambda: tmp_path)
    return tmp_path


def never() -> bool:
    return False


def held(directory: Path) -> list[str]:
    return [path.name for path in directory.glob("*-*")]


def test_the_memory_that_is_available_is_read_from_the_kernel() -> None:
    assert 10 * MIB < available_bytes() < 2**50


def test_a_reservation_lasts_as_long_as_its_block(small_machine: Path) -> None:
    with reserved(100 * MIB, never):
        assert len(held(small_machine)) == 1

    assert held(small_machine) == []


def test_a_reservation_ends_with_an_exception_too(small_machine: Path) -> None:
    with pytest.raises(ZeroDivisionError), reserved(100 * MIB, never):
        1 / 0  # noqa: B018

    assert held(small_machine) == []


def test_a_cap_that_never_fits_is_refused_at_once() -> None:
    with pytest.raises(HostError) as caught, reserved(901 * MIB, never):
        pytest.fail("it does not fit")

    assert ceiling_bytes() == 900 * MIB
    assert "901 MiB does not fit" in caught.value.message
    assert "lower the cap" in caught.value.hint


def test_a_run_that_does_not_fit_beside_another_waits_for_its_end() -> None:
    order: list[str] = []
    started = threading.Event()

    def first() -> None:
        with reserved(600 * MIB, never):
            started.set()
            time.sleep(0.2)
            order.append("first")

    def second() -> None:
        started.wait()
        with reserved(400 * MIB, never):
            order.append("second")

    with ThreadPoolExecutor(2) as pool:
        for done in (pool.submit(first), pool.submit(second)):
            done.result(timeout=10)

    assert order == ["first", "second"]


@pytest.mark.parametrize("first_alone", [True, False])
def test_a_run_whose_time_is_judged_goes_on_alone_however_small(first_alone: bool) -> None:
    going, most = 0, 0
    started = threading.Event()

    def one(alone: bool) -> None:
        nonlocal going, most
        with reserved(10 * MIB, never, alone=alone):
            going += 1
            most = max(most, going)
            started.set()
            time.sleep(0.2)
            going -= 1

    with ThreadPoolExecutor(2) as pool:
        before = pool.submit(one, first_alone)
        started.wait()
        for done in (before, pool.submit(one, not first_alone)):
            done.result(timeout=10)

    assert most == 1


def test_who_needs_much_is_not_passed_by_for_ever() -> None:
    """Given small runs that follow one another without a pause, two at a time."""
    done = threading.Event()

    def small() -> None:
        while not done.is_set():
            with reserved(100 * MIB, never):
                time.sleep(0.02)

    with ThreadPoolExecutor(3) as pool:
        for _ in range(2):
            pool.submit(small)
        time.sleep(0.1)

        def waited() -> float:
            begun = time.monotonic()
            with reserved(100 * MIB, never, alone=True):
                return time.monotonic() - begun

        try:
            assert pool.submit(waited).result(timeout=5) < 5
        finally:
            done.set()


@pytest.mark.parametrize(("size", "runs"), [(100, 4), (300, 3), (600, 1), (2000, 1)])
def test_as_many_runs_fit_as_there_are_cores_and_memory(
    monkeypatch: pytest.MonkeyPatch, size: int, runs: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})

    assert fitting(size * MIB) == runs


def test_who_waits_can_be_cancelled(small_machine: Path) -> None:
    with reserved(600 * MIB, never):
        begun = time.monotonic()
        with reserved(600 * MIB, lambda: time.monotonic() > begun + 0.1):
            assert len(held(small_machine)) == 1

    assert held(small_machine) == []


def test_reservations_that_end_at_any_moment_disturb_nobody(small_machine: Path) -> None:
    def reserve_and_leave(_: int) -> None:
        with reserved(50 * MIB, never):
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(reserve_and_leave, range(400)))

    assert held(small_machine) == []
