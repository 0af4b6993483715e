import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import HERE
from facial_service.slots import Slots

HOLD = """
import sys, time
from pathlib import Path
from facial_service.slots import Slots
with Slots(Path(sys.argv[1]), "slot", 1).take():
    print("held", flush=True)
    time.sleep(60)
"""


def test_never_more_at_the_same_time_than_there_are_slots(tmp_path: Path) -> None:
    slots = Slots(tmp_path, "slot", 2)
    inside: list[int] = []
    most = 0
    lock = threading.Lock()

    def work(number: int) -> None:
        nonlocal most
        with slots.take():
            with lock:
                inside.append(number)
                most = max(most, len(inside))
            time.sleep(0.01)
            with lock:
                inside.remove(number)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(24)))

    assert most == 2


def test_no_slot_is_said_not_waited_for(tmp_path: Path) -> None:
    slots = Slots(tmp_path, "place", 1)

    with slots.try_take() as first, slots.try_take() as second:
        assert (first, second) == (True, False)
    with slots.try_take() as again:
        assert again


def test_unlimited_is_always_free(tmp_path: Path) -> None:
    slots = Slots(tmp_path, "slot", None)

    with slots.take(), slots.try_take() as free:
        assert free
    assert list(tmp_path.iterdir()) == []


def test_error_gives_the_slot_back(tmp_path: Path) -> None:
    slots = Slots(tmp_path, "slot", 1)
    with pytest.raises(KeyError), slots.take():
        raise KeyError
    with slots.try_take() as free:
        assert free


def test_killed_worker_gives_its_slot_back(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        cwd=HERE,
        env={**os.environ, "PYTHONPATH": str(HERE)},
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    slots = Slots(tmp_path, "slot", 1)
    with slots.try_take() as free:
        assert not free

    holder.send_signal(signal.SIGKILL)
    holder.communicate()

    with slots.take():
        pass
