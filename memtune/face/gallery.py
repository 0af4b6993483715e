"""The registered people: their encodings, and whose is nearest to a new one.

Not for photographs: nothing here knows where an encoding came from.
"""

from __future__ import annotations

from threading import Lock

import numpy as np

from memtune.face.engines import Encoding

TOLERANCE = 0.6
"""face_recognition's own: the distance up to which two encodings are of one person."""

STRANGER = "stranger"
"""The name of everybody who is in the gallery only to make it large."""


class Gallery:
    """Names and encodings; safe to use from several threads."""

    def __init__(self, strangers: int = 0, random: np.random.Generator | None = None) -> None:
        """Start with that many random unit vectors, standing for a gallery that has grown."""
        vectors = (random or np.random.default_rng()).standard_normal((strangers, 128))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self._encodings = vectors
        self._names = [STRANGER] * strangers
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._names)

    def register(self, name: str, encoding: Encoding) -> None:
        """Add a person under `name`."""
        with self._lock:
            self._encodings = np.vstack([self._encodings, encoding])
            self._names = [*self._names, name]

    def match(self, encoding: Encoding) -> str | None:
        """Return the name of the nearest person within the tolerance, or None."""
        with self._lock:
            encodings, names = self._encodings, self._names
        if not names:
            return None
        distances = np.linalg.norm(encodings - encoding, axis=1)
        nearest = int(distances.argmin())
        return names[nearest] if distances[nearest] <= TOLERANCE else None
