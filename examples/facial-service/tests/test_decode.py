import io
import struct
import zlib

import numpy as np
import pytest
from conftest import MakeSettings, photo
from facial_service.decode import decode
from facial_service.errors import RefusedError
from PIL import Image, ImageFile


def encoded(size: tuple[int, int], form: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (90, 120, 60)).save(buffer, form, **options)
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises `width` x `height` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def test_phone_photograph_is_made_small_and_upright(settings: MakeSettings) -> None:
    pixels = decode(photo("login/obama_phone_12mp.jpg"), settings())

    assert pixels.shape == (800, 600, 3)
    assert pixels.dtype == np.uint8


def test_unlimited_side_keeps_every_pixel(settings: MakeSettings) -> None:
    pixels = decode(photo("login/obama_phone_12mp.jpg"), settings(MAX_SIDE_PX="unlimited"))

    assert pixels.shape == (4000, 3000, 3)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_other_formats_are_made_small_too(settings: MakeSettings, form: str) -> None:
    assert decode(encoded((1600, 1200), form), settings()).shape == (600, 800, 3)


def test_grey_and_transparent_pictures_become_rgb(settings: MakeSettings) -> None:
    for mode in ("L", "LA", "RGBA", "P"):
        buffer = io.BytesIO()
        Image.new(mode, (20, 10)).save(buffer, "PNG")

        assert decode(buffer.getvalue(), settings()).shape == (10, 20, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no image",
        b"\xff\xd8\xff\xe0",
        b"GIF89a" + bytes(100),
        encoded((40, 40), "BMP"),
        photo("login/biden_turned.jpg")[:20_000],
        encoded((400, 400), "PNG")[:-60],
    ],
)
def test_what_is_no_whole_photograph_is_refused(settings: MakeSettings, data: bytes) -> None:
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # as face_recognition leaves it

    with pytest.raises(RefusedError) as refused:
        decode(data, settings())

    assert refused.value.status == 422


@pytest.mark.parametrize("size", [(8000, 8000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_bomb_is_refused_by_its_header(settings: MakeSettings, size: tuple[int, int]) -> None:
    with pytest.raises(RefusedError, match="megapixels") as refused:
        decode(bomb(*size), settings())

    assert refused.value.status == 413


def test_what_cannot_be_decoded_small_may_have_fewer_pixels(settings: MakeSettings) -> None:
    made = settings(MAX_DECODED_MEGAPIXELS="1")
    size = (1600, 1200)

    assert decode(encoded(size), made).shape == (600, 800, 3)
    for whole in (encoded(size, "PNG"), encoded(size, progressive=True)):
        with pytest.raises(RefusedError, match="baseline JPEG") as refused:
            decode(whole, made)
        assert refused.value.status == 413
