"""Bytes of a photograph -> upright RGB pixels, never larger in memory than allowed.

All limits are held against the header, before a pixel is decoded. Not for
finding faces.
"""

from __future__ import annotations

import io
import math
import warnings

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from facial_service.errors import RefusedError
from facial_service.settings import Settings

Pixels = npt.NDArray[np.uint8]
"""Height x width x 3, RGB."""

FORMATS = ("JPEG", "PNG", "WEBP")
"""What cameras and browsers send; every further decoder is one more to be attacked."""

# The limits here are stricter than Pillow's warning, and meant.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


def decode(photograph: bytes, settings: Settings) -> Pixels:
    """Return the pixels, the longer side at most ``max_side_px``.

    Raises RefusedError: 422 if the bytes are no photograph, 413 if it has too many pixels.
    """
    # face_recognition sets this to True for the whole process when imported:
    # half a face on grey would then pass for a photograph.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(io.BytesIO(photograph), formats=FORMATS) as opened:
            _shrink(opened, settings)
            return _upright(opened, settings.max_side_px)
    except UnidentifiedImageError:
        raise RefusedError(422, "The image is no JPEG, PNG or WebP.") from None
    except Image.DecompressionBombError:
        raise RefusedError(413, _too_large(settings.max_megapixels)) from None
    except (OSError, SyntaxError, ValueError) as error:
        raise RefusedError(422, f"The image is damaged: {error}.") from error


def _shrink(opened: Image.Image, settings: Settings) -> None:
    """Let the decoder make the photograph small where it can, and refuse it where that is too big.

    A progressive JPEG is held whole while it is decoded, whatever size comes out.
    """
    pixels = opened.width * opened.height
    if pixels > settings.max_megapixels * 1e6:
        raise RefusedError(413, _too_large(settings.max_megapixels))
    if settings.max_side_px is not None:
        opened.draft("RGB", _box(opened.size, settings.max_side_px))
        if not opened.info.get("progressive"):
            pixels = opened.width * opened.height
    if pixels > settings.max_decoded_megapixels * 1e6:
        most = settings.max_decoded_megapixels
        raise RefusedError(413, f"{_too_large(most)} More are allowed in a baseline JPEG.")


def _too_large(megapixels: float) -> str:
    return f"The image has more than {megapixels:g} megapixels."


def _upright(opened: Image.Image, max_side_px: int | None) -> Pixels:
    image = opened if opened.mode == "RGB" else opened.convert("RGB")
    if max_side_px is not None:
        image.thumbnail((max_side_px, max_side_px), reducing_gap=None)
    # Turned last, when it is small: the turned copy stands beside the original.
    return np.asarray(ImageOps.exif_transpose(image))


def _box(size: tuple[int, int], max_side_px: int) -> tuple[int, int]:
    """Return `size` scaled to the side: draft halves only while *both* sides stay above."""
    scale = min(1.0, max_side_px / max(size))
    return math.ceil(size[0] * scale), math.ceil(size[1] * scale)
