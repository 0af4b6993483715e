"""What finds and encodes faces: the contract of the two engines, and the choice between them.

Not for the models themselves: `engine_full` and `engine_lean` load them, and
only the one that is asked for is imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

import numpy as np
import numpy.typing as npt

from memtune.face.decode import Pixels, decode
from memtune.face.settings import EngineKind

Encoding = npt.NDArray[np.float64]
"""128 numbers; two of one person are at most 0.6 apart."""

Box = tuple[int, int, int, int]
"""Top, right, bottom, left in pixels, as face_recognition orders them."""


class MissingLibraryError(Exception):
    """A library that the engine needs is not installed."""


class Engine(Protocol):
    """Finds faces and encodes them; may be called by several threads at the same time."""

    def locate(self, pixels: Pixels, upsample: int) -> list[Box]:
        """Return the boxes of the faces, the most certain one first."""

    def encode(self, pixels: Pixels, box: Box) -> Encoding:
        """Return the encoding of the face in `box`."""


@dataclass(frozen=True)
class Found:
    """What was found in one photograph."""

    faces: int
    """Faces that the detector saw."""
    encoding: Encoding | None
    """Of the face that the detector was most certain of; None where it saw none."""


def load_engine(kind: EngineKind) -> Engine:
    """Load the models of `kind`; MissingLibraryError says what to install."""
    needed = ["dlib", "face_recognition_models"]
    if kind is EngineKind.FULL:
        needed += ["pkg_resources", "face_recognition"]
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise MissingLibraryError(
            f"the {kind} engine needs {', '.join(missing)}; hint: pip install 'memtune[face]' "
            "and pip install --no-deps face_recognition"
        )
    if kind is EngineKind.FULL:
        from memtune.face.engine_full import FullEngine

        return FullEngine()
    from memtune.face.engine_lean import LeanEngine

    return LeanEngine()


def look(engine: Engine, photograph: bytes, max_side_px: int | None, upsample: int) -> Found:
    """Decode a photograph, find its faces, and encode the one that is most certain."""
    pixels = decode(photograph, max_side_px)
    boxes = engine.locate(pixels, upsample)
    return Found(len(boxes), engine.encode(pixels, boxes[0]) if boxes else None)
