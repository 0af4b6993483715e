"""Who a face belongs to: the nearest of the registered people, if near enough.

Not for photographs: nothing here knows where an encoding came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from facial_service import metrics
from facial_service.cache import EncodingCache
from facial_service.engine import Encoding
from facial_service.store import Store

TOLERANCE = 0.6
"""face_recognition's own: the distance up to which two encodings are of one person."""

CHUNK = 256
"""People compared at once, so that a large database is never in memory as a whole."""


@dataclass(frozen=True)
class Match:
    """Somebody who was recognised."""

    user: str
    distance: float


class Gallery:
    """The registered people; safe to be called by several threads."""

    def __init__(self, store: Store, cache: EncodingCache) -> None:
        self._store = store
        self._cache = cache

    def register(self, user: str, encoding: Encoding) -> None:
        """Keep the person; on disk when this returns."""
        self._store.register(user, encoding.tobytes())

    def delete(self, user: str) -> bool:
        """Forget the person; return whether there was one."""
        return self._store.delete(user)

    def match(self, encoding: Encoding) -> Match | None:
        """Return the nearest person within the tolerance."""
        nearest = min(self._matches(encoding), key=lambda it: it.distance, default=None)
        return nearest if nearest is not None and nearest.distance <= TOLERANCE else None

    def _matches(self, encoding: Encoding) -> Iterator[Match]:
        """Yield the nearest of each chunk of people."""
        people = self._store.people()
        for start in range(0, len(people), CHUNK):
            ids = dict(people[start : start + CHUNK])
            known = self._encodings(list(ids))
            if known:
                distances = np.linalg.norm(np.stack(list(known.values())) - encoding, axis=1)
                best = int(distances.argmin())
                yield Match(ids[list(known)[best]], float(distances[best]))

    def _encodings(self, versions: list[int]) -> dict[int, Encoding]:
        """Return the encodings of those that are still there, from memory or the database."""
        kept = self._cache.find(versions)
        missing = [version for version in versions if version not in kept]
        metrics.CACHE_HITS.inc(len(kept))
        metrics.CACHE_MISSES.inc(len(missing))
        if not missing:
            return kept
        rows = self._store.encodings(missing)
        read = {version: np.frombuffer(blob, np.float32) for version, blob in rows.items()}
        self._cache.keep(read)
        return kept | read
