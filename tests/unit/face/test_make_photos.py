"""The derived photographs are what their recipes say."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from memtune.face.decode import decode
from memtune.face.make_photos import ORIENTATION_TAG, RECIPES, make, save

ReadPhoto = Callable[[str], bytes]


@pytest.mark.parametrize("name", ["a_turned.jpg", "b_turned.jpg", "c_turned.jpg", "c_mirrored.jpg"])
def test_a_photograph_made_again_is_the_committed_one(
    tmp_path: Path, photo: ReadPhoto, name: str
) -> None:
    # Given a photograph made anew and stored,
    path = save(name, make(name), tmp_path)

    # when it is decoded,
    pixels = decode(path.read_bytes(), None)

    # then it is the committed one, up to what JPEG encoders may do differently,
    assert np.abs(pixels.astype(int) - decode(photo(name), None)).mean() < 2
    # and it is stored as turned as the recipe says.
    with Image.open(path) as stored:
        assert stored.getexif().get(ORIENTATION_TAG, 1) == RECIPES[name][2]


def test_one_is_as_large_as_a_telephone_makes_them(photo: ReadPhoto) -> None:
    height, width, _ = decode(photo("a_phone_12mp.jpg"), None).shape

    assert height * width == 12_000_000
