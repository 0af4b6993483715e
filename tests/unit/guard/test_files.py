"""Files are read whole, and without handing the interpreter to another thread."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from memtune.guard.files import SIZE, read


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "memory.current"
    file.write_bytes(b"1234\n")

    assert read(file) == b"1234\n"


def test_a_file_is_read_up_to_a_size(tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(b"x" * (SIZE + 1))

    assert read(file) == b"x" * SIZE


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        read(tmp_path / "absent")

    assert raised.value.filename == str(tmp_path / "absent")


def test_a_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        read(tmp_path)


def test_reading_does_not_let_another_thread_in_between(tmp_path: Path) -> None:
    file = tmp_path / "memory.stat"
    file.write_bytes(b"x" * SIZE)
    turns, stop = [0], threading.Event()

    def take_turns() -> None:
        while not stop.is_set():
            turns[0] += 1
            time.sleep(0)

    def is_interrupted(action: Callable[[], object]) -> bool:
        before = turns[0]
        action()
        return turns[0] != before

    interval = sys.getswitchinterval()
    sys.setswitchinterval(10)  # threads take turns only where one lets go
    other = threading.Thread(target=take_turns)
    other.start()
    try:
        ours = [is_interrupted(lambda: read(file)) for _ in range(2000)]
        pythons = [is_interrupted(file.read_bytes) for _ in range(2000)]
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        other.join()

    assert not any(ours)
    assert any(pythons)
