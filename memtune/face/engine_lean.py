"""The engine that loads only what detection, 5-point alignment and encoding need.

Not for landmarks or the CNN detector: face_recognition loads those too, 80 MB
more, and encodes exactly the same numbers.
"""

from __future__ import annotations

import threading
from importlib.util import find_spec
from pathlib import Path

import dlib
import numpy as np

from memtune.face.decode import Pixels
from memtune.face.engines import Box, Encoding


class LeanEngine:
    """dlib with two of face_recognition's models, and one detector a thread."""

    def __init__(self) -> None:
        models = _models_folder()
        self._predict = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
        self._encoder = dlib.face_recognition_model_v1(
            str(models / "dlib_face_recognition_resnet_model_v1.dat")
        )
        # The network keeps its layers' outputs in itself. It holds the GIL today,
        # so that this lock costs nothing; it is for the day when dlib lets go.
        self._lock = threading.Lock()
        # dlib's detector lets the GIL go and is not thread-safe: never share one.
        self._of_thread = threading.local()

    def locate(self, pixels: Pixels, upsample: int) -> list[Box]:
        """Return the boxes of the faces, the most certain one first."""
        return [_trimmed(rect, pixels) for rect in self.detector()(pixels, upsample)]

    def encode(self, pixels: Pixels, box: Box) -> Encoding:
        """Return the encoding of the face in `box`."""
        top, right, bottom, left = box
        with self._lock:
            shape = self._predict(pixels, dlib.rectangle(left, top, right, bottom))
            return np.array(self._encoder.compute_face_descriptor(pixels, shape, 1))

    def detector(self) -> dlib.fhog_object_detector:
        """Return the detector of the calling thread."""
        if not hasattr(self._of_thread, "detector"):
            self._of_thread.detector = dlib.get_frontal_face_detector()
        detector: dlib.fhog_object_detector = self._of_thread.detector
        return detector


def _models_folder() -> Path:
    # Looked up, not imported: importing face_recognition_models imports
    # pkg_resources, 10 MB for nothing but a path.
    spec = find_spec("face_recognition_models")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "models"


def _trimmed(rect: dlib.rectangle, pixels: Pixels) -> Box:
    """Return `rect` inside the image, as face_recognition does: else encodings differ."""
    height, width = pixels.shape[:2]
    return (
        max(rect.top(), 0),
        min(rect.right(), width),
        min(rect.bottom(), height),
        max(rect.left(), 0),
    )
