from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from conftest import PHOTOS, MakeSettings, photo
from facial_service.decode import decode
from facial_service.engine import FullEngine, LeanEngine, load, look
from facial_service.errors import RefusedError
from PIL import Image

ALL = sorted(path.relative_to(PHOTOS).as_posix() for path in PHOTOS.glob("*/*.jpg"))


@pytest.fixture(scope="module")
def lean() -> LeanEngine:
    return LeanEngine()


@pytest.fixture(scope="module")
def full() -> FullEngine:
    return FullEngine()


def test_setting_names_the_engine() -> None:
    assert isinstance(load("lean"), LeanEngine)
    assert isinstance(load("full"), FullEngine)


@pytest.mark.parametrize("name", ALL)
def test_engines_agree_to_the_last_bit(
    lean: LeanEngine, full: FullEngine, settings: MakeSettings, name: str
) -> None:
    pixels = decode(photo(name), settings())

    np.testing.assert_array_equal(look(lean, pixels, 1), look(full, pixels, 1))


def test_32_bits_lose_nothing(lean: LeanEngine, settings: MakeSettings) -> None:
    import dlib

    pixels = decode(photo(ALL[0]), settings())
    top, right, bottom, left = lean.locate(pixels, 1)[0]
    shape = lean._predict(pixels, dlib.rectangle(left, top, right, bottom))
    exact = np.array(lean._encoder.compute_face_descriptor(pixels, shape, 1))

    assert exact.dtype == np.float64
    np.testing.assert_array_equal(exact, exact.astype(np.float32))


@pytest.mark.parametrize("engine", ["lean", "full"])
def test_threads_do_not_disturb_each_other(
    request: pytest.FixtureRequest, settings: MakeSettings, engine: str
) -> None:
    loaded = request.getfixturevalue(engine)
    pictures = [decode(photo(name), settings(MAX_SIDE_PX="400")) for name in ALL] * 3
    alone = [look(loaded, pixels, 1) for pixels in pictures]

    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda pixels: look(loaded, pixels, 1), pictures))

    np.testing.assert_array_equal(alone, together)


def test_exactly_one_face_is_wanted(lean: LeanEngine, settings: MakeSettings) -> None:
    one = decode(photo("register/obama_portrait.jpg"), settings())
    two = np.hstack([one, one])
    none = np.asarray(Image.new("RGB", (400, 400), (118, 122, 128)))

    for pixels, sentence in ((none, "no face"), (two, "2 faces")):
        with pytest.raises(RefusedError, match=sentence) as refused:
            look(lean, pixels, 1)
        assert refused.value.status == 422
