"""How many requests may do something at the same time, all workers together.

A place is a file lock: the kernel gives it back when a worker is killed, where a
semaphore in shared memory would be lost for good. Not for fairness between workers.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_S = 0.005
"""How often a worker looks whether another one has given a place back."""


class Slots:
    """`count` places, below `folder` under `name`; None for no limit."""

    def __init__(self, folder: Path, name: str, count: int | None) -> None:
        self._files = [folder / f"{name}-{number}" for number in range(count or 0)]
        self._unlimited = count is None
        # Within a worker threads wait here, woken at once and in turn.
        self._mine = threading.Semaphore(count or 0)

    @contextmanager
    def try_take(self) -> Iterator[bool]:
        """Take a place if one is free, and tell whether."""
        if self._unlimited:
            yield True
            return
        taken = self._lock_one()
        try:
            yield taken is not None
        finally:
            if taken is not None:
                os.close(taken)

    @contextmanager
    def take(self) -> Iterator[None]:
        """Take a place, waiting until one is free."""
        if self._unlimited:
            yield
            return
        with self._mine:
            while (taken := self._lock_one()) is None:
                time.sleep(POLL_S)
            try:
                yield
            finally:
                os.close(taken)

    def _lock_one(self) -> int | None:
        """Return the descriptor that holds a place; closing it gives the place back."""
        for path in self._files:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
            else:
                return descriptor
        return None
