"""The engine as everybody writes it: ``import face_recognition``, all of its models.

Not for saving memory: it is what `engine_lean` is compared with.
"""

from __future__ import annotations

import threading

import face_recognition

from memtune.face.decode import Pixels
from memtune.face.engines import Box, Encoding


class FullEngine:
    """face_recognition's own functions, one thread at a time."""

    def __init__(self) -> None:
        # face_recognition has one detector for the whole process, and dlib's
        # detector shared by two threads crashes or finds faces that are not there.
        self._lock = threading.Lock()

    def locate(self, pixels: Pixels, upsample: int) -> list[Box]:
        """Return the boxes of the faces, the most certain one first."""
        with self._lock:
            boxes: list[Box] = face_recognition.face_locations(pixels, upsample, model="hog")
        return boxes

    def encode(self, pixels: Pixels, box: Box) -> Encoding:
        """Return the encoding of the face in `box`."""
        with self._lock:
            encoding: Encoding = face_recognition.face_encodings(pixels, [box])[0]
        return encoding
