"""The two operations of the service: register a person, and log in with another photograph.

Not for judging the answers: `load` knows what each should have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import BoundedSemaphore

from memtune.face.cache import EncodingCache
from memtune.face.engines import Found
from memtune.face.gallery import Gallery
from memtune.face.workers import Workers


@dataclass(frozen=True)
class Answer:
    """What the service says to one request."""

    name: str | None
    """Who was registered or recognised; None where no face was found or nobody known."""
    faces: int
    """Faces that the detector saw; 0 where the encoding came from the cache."""
    cached: bool
    """Whether the photograph was not looked at again."""


class Service:
    """Registers and recognises people; safe to call from several threads."""

    def __init__(
        self, workers: Workers, cache: EncodingCache, gallery: Gallery, slots: int
    ) -> None:
        self._workers = workers
        self._cache = cache
        self._gallery = gallery
        # Held here and not in the workers: one that is killed cannot take it along.
        self._slots = BoundedSemaphore(slots)

    def register(self, name: str, photograph: bytes) -> Answer:
        """Add the person on the photograph to the gallery."""
        found, cached = self._cache.find(photograph, self._look)
        if found.encoding is None:
            return Answer(None, found.faces, cached)
        self._gallery.register(name, found.encoding)
        return Answer(name, found.faces, cached)

    def login(self, photograph: bytes) -> Answer:
        """Say who is on the photograph."""
        found, cached = self._cache.find(photograph, self._look)
        name = None if found.encoding is None else self._gallery.match(found.encoding)
        return Answer(name, found.faces, cached)

    def _look(self, photograph: bytes) -> Found:
        with self._slots:
            return self._workers.look(photograph)
