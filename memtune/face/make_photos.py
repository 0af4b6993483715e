"""Makes the sample photographs that are derived from the four originals in ``photos/``.

Executed by hand (``python -m memtune.face.make_photos``) and its results
committed: made inside the measured process they would be most of its peak. Not
for making people up: every result shows the same person as its original.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

PHOTOS = Path(__file__).parent / "photos"

Transformation = Callable[[Image.Image], Image.Image]

ORIENTATION_TAG = 0x0112
"""EXIF: how to turn the stored pixels to see the picture upright."""

STORED_TURN = {
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}
"""EXIF orientation -> how an upright picture is turned to be stored under it."""

PHONE_SIZE = (3000, 4000)
"""Width and height of the 12-megapixel phone photograph, upright."""


def mirrored(image: Image.Image) -> Image.Image:
    """Return the picture as in a mirror."""
    return ImageOps.mirror(image)


def brightened(factor: float) -> Transformation:
    """Return a transformation that makes pictures brighter (above 1) or darker."""
    return lambda image: ImageEnhance.Brightness(image).enhance(factor)


def scaled(factor: float) -> Transformation:
    """Return a transformation that scales both sides by `factor`."""

    def scale(image: Image.Image) -> Image.Image:
        size = (round(image.width * factor), round(image.height * factor))
        return image.resize(size, Image.Resampling.LANCZOS)

    return scale


def framed(size: tuple[int, int]) -> Transformation:
    """Return a transformation that puts the picture in the middle of a flat grey frame.

    A flat frame costs decoder and detector as much as any other pixels, but is
    next to nothing in the file.
    """

    def frame(image: Image.Image) -> Image.Image:
        canvas = Image.new("RGB", size, (118, 122, 128))
        canvas.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
        return canvas

    return frame


RECIPES: dict[str, tuple[str, tuple[Transformation, ...], int]] = {
    "a_mirrored.jpg": ("obama2.jpg", (mirrored,), 1),
    "a_turned.jpg": ("obama2.jpg", (brightened(1.15),), 6),
    "a_phone_12mp.jpg": ("obama2.jpg", (mirrored, scaled(2.0), framed(PHONE_SIZE)), 6),
    "b_mirrored.jpg": ("biden.jpg", (mirrored, scaled(0.6)), 1),
    "b_turned.jpg": ("biden.jpg", (scaled(0.7), brightened(0.85)), 8),
    "b_framed_3mp.jpg": ("biden.jpg", (scaled(0.9), framed((1536, 2048))), 1),
    "c_mirrored.jpg": ("astronaut.png", (mirrored,), 1),
    "c_darker.jpg": ("astronaut.png", (brightened(0.8), scaled(1.5)), 1),
    "c_turned.jpg": ("astronaut.png", (mirrored, brightened(1.2)), 3),
}
"""File name -> original, what is done to it, and the EXIF orientation it is stored under."""


def make(name: str, photos: Path = PHOTOS) -> Image.Image:
    """Return the derived photograph `name` upright, made from its original in `photos`."""
    original, steps, _ = RECIPES[name]
    with Image.open(photos / original) as opened:
        image = opened.convert("RGB")
    for step in steps:
        image = step(image)
    return image


def save(name: str, image: Image.Image, folder: Path) -> Path:
    """Store an upright picture under the name's EXIF orientation and return its path."""
    orientation = RECIPES[name][2]
    exif = Image.Exif()
    if orientation in STORED_TURN:
        image = image.transpose(STORED_TURN[orientation])
        exif[ORIENTATION_TAG] = orientation
    path = folder / name
    image.save(path, quality=85, optimize=True, exif=exif)
    return path


def main() -> None:
    """Make every derived photograph anew, in place."""
    for name in RECIPES:
        path = save(name, make(name), PHOTOS)
        print(f"{path.name}: {path.stat().st_size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
