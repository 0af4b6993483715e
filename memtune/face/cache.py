"""Keeps encodings of photographs that may be sent again, the least recently used go first.

Not for answers: who a face belongs to is asked of the gallery every time, so
that a person registered meanwhile is recognised.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from threading import Event, Lock

import numpy as np
from cachetools import TTLCache

from memtune.face.engines import Encoding, Found


class EncodingCache:
    """Encodings by the digest of the photograph's bytes; safe to use from several threads."""

    def __init__(
        self, size: int, ttl_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._kept: TTLCache[str, Encoding] = TTLCache(size, ttl_s, timer=clock)
        self._in_work: dict[str, Event] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        with self._lock:
            return len(self._kept)

    def fill(self, random: np.random.Generator) -> None:
        """Fill the cache with random encodings, as of a service that has been up for a while."""
        for number in range(int(self._kept.maxsize)):
            self._kept[_digest(b"seed %d" % number)] = random.standard_normal(128)

    def find(self, photograph: bytes, look: Callable[[bytes], Found]) -> tuple[Found, bool]:
        """Return what is in `photograph` and whether that was known without another look.

        A photograph that is being looked at is waited for, not looked at twice.
        """
        key = _digest(photograph)
        while True:
            with self._lock:
                kept = self._kept.get(key)
                if kept is not None:
                    return Found(0, kept), True
                running = self._in_work.get(key)
                if running is None:
                    done = self._in_work[key] = Event()
                    break
            running.wait()
        try:
            found = look(photograph)
            self._keep(key, found)
        finally:
            with self._lock:
                del self._in_work[key]
            done.set()
        return found, False

    def _keep(self, key: str, found: Found) -> None:
        with self._lock:
            if found.encoding is not None and self._kept.maxsize > 0:
                self._kept[key] = found.encoding


def _digest(photograph: bytes) -> str:
    return hashlib.sha256(photograph).hexdigest()
