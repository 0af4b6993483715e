"""Finds the face on a photograph and encodes it; safe to be called by several threads.

``full`` is face_recognition as everybody uses it. ``lean`` loads only the models
that encodings need: half the memory, the same numbers.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from facial_service.decode import Pixels
from facial_service.errors import RefusedError

Encoding = npt.NDArray[np.float32]
"""128 numbers. The network computes in 32 bits, so that nothing is lost in them."""

Box = tuple[int, int, int, int]
"""Top, right, bottom, left in pixels."""


class Engine(Protocol):
    """Finds and encodes faces."""

    def locate(self, pixels: Pixels, upsample: int) -> list[Box]:
        """Return the box of each face."""

    def encode(self, pixels: Pixels, box: Box) -> Encoding:
        """Return the encoding of the face in `box`."""


def load(name: str) -> Engine:
    """Load the models of ``lean`` or ``full``."""
    return LeanEngine() if name == "lean" else FullEngine()


def look(engine: Engine, pixels: Pixels, upsample: int) -> Encoding:
    """Return the encoding of the only face; RefusedError if there is none or another one."""
    boxes = engine.locate(pixels, upsample)
    if not boxes:
        raise RefusedError(422, "There is no face on the image.")
    if len(boxes) > 1:
        raise RefusedError(422, f"There are {len(boxes)} faces on the image; send only one.")
    return engine.encode(pixels, boxes[0])


class LeanEngine:
    """dlib with two of face_recognition's models."""

    def __init__(self) -> None:
        import dlib

        self._dlib: Any = dlib
        models = _models_folder()
        self._predict = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
        self._encoder = dlib.face_recognition_model_v1(
            str(models / "dlib_face_recognition_resnet_model_v1.dat")
        )
        # The network keeps its layers' outputs in itself: one face at a time.
        self._lock = threading.Lock()
        self._idle_detectors = [dlib.get_frontal_face_detector()]

    def locate(self, pixels: Pixels, upsample: int) -> list[Box]:
        """Return the box of each face, cut to the image as face_recognition does."""
        height, width = pixels.shape[:2]
        with self._detector() as detect:
            return [
                (
                    max(it.top(), 0),
                    min(it.right(), width),
                    min(it.bottom(), height),
                    max(it.left(), 0),
                )
                for it in detect(pixels, upsample)
            ]

    def encode(self, pixels: Pixels, box: Box) -> Encoding:
        """Return the encoding of the face in `box`."""
        top, right, bottom, left = box
        with self._lock:
            shape = self._predict(pixels, self._dlib.rectangle(left, top, right, bottom))
            return np.array(self._encoder.compute_face_descriptor(pixels, shape, 1), np.float32)

    @contextmanager
    def _detector(self) -> Iterator[Any]:
        """Lend a detector: shared by two threads it crashes, or finds faces that are not there."""
        try:
            detector = self._idle_detectors.pop()
        except IndexError:
            detector = self._dlib.get_frontal_face_detector()
        try:
            yield detector
        finally:
            self._idle_detectors.append(detector)


class FullEngine:
    """face_recognition's own functions, one thread at a time: it has one detector for all."""

    def __init__(self) -> None:
        import face_recognition

        self._library: Any = face_recognition
        self._lock = threading.Lock()

    def locate(self, pixels: Pixels, upsample: int) -> list[Box]:
        """Return the box of each face."""
        with self._lock:
            boxes: list[Box] = self._library.face_locations(pixels, upsample, model="hog")
        return boxes

    def encode(self, pixels: Pixels, box: Box) -> Encoding:
        """Return the encoding of the face in `box`."""
        with self._lock:
            return np.array(self._library.face_encodings(pixels, [box])[0], np.float32)


def _models_folder() -> Path:
    # Looked up, not imported: importing it would import pkg_resources, 10 MB for a path.
    spec = find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("face_recognition_models is missing: pip install -r requirements.txt")
    return Path(spec.submodule_search_locations[0]) / "models"
