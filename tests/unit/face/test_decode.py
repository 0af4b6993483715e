"""Photographs become upright pixels of the asked size, or a clear error."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from memtune.face.decode import PhotographError, decode

ReadPhoto = Callable[[str], bytes]


def jpeg(image: Image.Image, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


def half_red_half_blue() -> Image.Image:
    """The left half is red, the right half blue."""
    image = Image.new("RGB", (64, 32), (255, 0, 0))
    image.paste((0, 0, 255), (32, 0, 64, 32))
    return image


def test_without_a_limit_every_pixel_is_kept(photo: ReadPhoto) -> None:
    pixels = decode(photo("obama.jpg"), None)

    assert pixels.shape == (1137, 910, 3)
    assert pixels.dtype == np.uint8


@pytest.mark.parametrize("name", ["obama.jpg", "astronaut.png", "a_phone_12mp.jpg"])
def test_the_longer_side_is_at_most_what_was_asked(photo: ReadPhoto, name: str) -> None:
    assert max(decode(photo(name), 320).shape) == 320


def test_a_small_photograph_is_not_enlarged(photo: ReadPhoto) -> None:
    assert decode(photo("astronaut.png"), 1600).shape == (512, 512, 3)


def test_a_large_jpeg_is_never_decoded_in_full(
    photo: ReadPhoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an eye on the size of what Pillow decodes,
    decoded: list[tuple[int, int]] = []
    thumbnail = Image.Image.thumbnail

    def watched(image: Image.Image, *args: object, **options: object) -> None:
        image.load()
        decoded.append(image.size)
        thumbnail(image, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Image.Image, "thumbnail", watched)

    # when 12 megapixels are wanted at 800,
    decode(photo("a_phone_12mp.jpg"), 800)

    # then the JPEG decoder itself makes a quarter of each side.
    assert decoded == [(1000, 750)]


@pytest.mark.parametrize("max_side_px", [None, 16])
def test_exif_rotation_is_honoured(max_side_px: int | None) -> None:
    # Given a picture whose EXIF says that its left side is up (orientation 6),
    stored = jpeg(half_red_half_blue(), orientation=6)

    # when it is decoded,
    pixels = decode(stored, max_side_px)

    # then it stands upright: red above, blue below.
    height, width, _ = pixels.shape
    assert height == 2 * width
    assert pixels[0, 0, 0] > 200 > 50 > pixels[0, 0, 2]
    assert pixels[-1, 0, 2] > 200 > 50 > pixels[-1, 0, 0]


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_other_kinds_of_pixels_become_rgb(mode: str) -> None:
    buffer = io.BytesIO()
    half_red_half_blue().convert(mode).save(buffer, "TIFF")

    assert decode(buffer.getvalue(), None).shape == (32, 64, 3)


def test_a_bomb_is_refused_by_its_header() -> None:
    # Given a PNG of a few bytes that says it has 100 megapixels,
    header = b"IHDR" + struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header
    bomb += struct.pack(">I", zlib.crc32(header)) + b"\0\0\0\0IDAT"

    # when it is decoded, then its size is the complaint.
    with (
        pytest.warns(Image.DecompressionBombWarning),
        pytest.raises(PhotographError, match=r"100 megapixels, more than the 50"),
    ):
        decode(bomb, 800)


def test_bytes_that_are_no_image_are_refused() -> None:
    with pytest.raises(PhotographError, match="no image that Pillow knows"):
        decode(b"hello", None)


def test_a_truncated_photograph_is_refused_even_after_face_recognition_was_imported(
    photo: ReadPhoto,
) -> None:
    import face_recognition  # noqa: F401  # it tells Pillow to accept truncated images

    with pytest.raises(PhotographError, match=r"damaged: .*truncated"):
        decode(photo("obama.jpg")[:100_000], None)
