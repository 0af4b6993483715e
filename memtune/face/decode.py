"""Turns the bytes of a photograph into upright RGB pixels, downscaled while decoding.

Not for finding faces in them, and not for keeping more of a photograph in
memory than its pixels.
"""

from __future__ import annotations

import io
import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

Pixels = npt.NDArray[np.uint8]
"""Height x width x 3, RGB."""

MAX_MEGAPIXELS = 50
"""More than any telephone stores; a bomb says so in its header, before it is decoded."""


class PhotographError(Exception):
    """These bytes are no photograph that can be looked at; the message says why."""


def decode(photograph: bytes, max_side_px: int | None) -> Pixels:
    """Return the pixels of `photograph`, its longer side at most `max_side_px`.

    Raises PhotographError if the bytes are no image, too large, or cut short.
    """
    # face_recognition sets this to True for the whole process when imported:
    # half a face on grey would then pass for a photograph.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(io.BytesIO(photograph)) as opened:
            return np.asarray(_upright(opened, max_side_px))
    except UnidentifiedImageError:
        raise PhotographError("these bytes are no image that Pillow knows") from None
    except Image.DecompressionBombError as error:
        raise PhotographError(str(error)) from None
    except (OSError, SyntaxError, ValueError) as error:
        raise PhotographError(f"the image is damaged: {error}") from error


def _upright(opened: Image.Image, max_side_px: int | None) -> Image.Image:
    megapixels = opened.width * opened.height / 1e6
    if megapixels > MAX_MEGAPIXELS:
        raise PhotographError(
            f"the image has {megapixels:.0f} megapixels, more than the {MAX_MEGAPIXELS} allowed"
        )
    if max_side_px is not None:
        opened.draft("RGB", _box(opened.size, max_side_px))
    image = opened if opened.mode == "RGB" else opened.convert("RGB")
    if max_side_px is not None:
        image.thumbnail((max_side_px, max_side_px), reducing_gap=None)
    # Turned last, when it is small: the turned copy stands beside the original.
    return ImageOps.exif_transpose(image)


def _box(size: tuple[int, int], max_side_px: int) -> tuple[int, int]:
    """Return `size` scaled to the side: draft halves only while *both* sides stay above."""
    scale = min(1.0, max_side_px / max(size))
    return math.ceil(size[0] * scale), math.ceil(size[1] * scale)
