"""Encodings kept in memory in front of the database, by version; safe for several threads.

Not for answers: who is registered is asked of the database every time, so that
a worker never lets in whom another one has deleted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from threading import Lock

from cachetools import TTLCache

from facial_service.engine import Encoding


class EncodingCache:
    """The encodings of some people, each until it is too old."""

    def __init__(
        self, size: int, ttl_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._kept: TTLCache[int, Encoding] = TTLCache(size, ttl_s, timer=clock)
        self._lock = Lock()

    def __len__(self) -> int:
        with self._lock:
            return len(self._kept)

    def find(self, versions: Iterable[int]) -> dict[int, Encoding]:
        """Return those that are kept."""
        with self._lock:
            found = ((version, self._kept.get(version)) for version in versions)
            return {version: encoding for version, encoding in found if encoding is not None}

    def keep(self, encodings: Mapping[int, Encoding]) -> None:
        """Keep as many as there is room for.

        Nothing is thrown out for them: every login asks for everybody in the same
        order, and a cache that is too small would throw out just what is asked next.
        """
        with self._lock:
            room = int(self._kept.maxsize) - len(self._kept)
            for version, encoding in list(encodings.items())[: max(0, room)]:
                self._kept[version] = encoding

    def clear(self) -> None:
        """Forget everything; nothing is lost but time."""
        with self._lock:
            self._kept.clear()
