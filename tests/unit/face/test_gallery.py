"""The gallery knows whose encoding is nearest, and refuses what is too far from everybody."""

import numpy as np

from memtune.face.gallery import Gallery

ZERO = np.zeros(128)


def at(distance: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """An encoding that far from zero."""
    encoding = np.zeros(128)
    encoding[0] = distance
    return encoding


def test_an_empty_gallery_knows_nobody() -> None:
    assert Gallery().match(ZERO) is None


def test_the_nearest_within_the_tolerance_is_recognised() -> None:
    gallery = Gallery()
    gallery.register("A", at(0.5))
    gallery.register("B", at(0.4))

    assert gallery.match(ZERO) == "B"


def test_the_tolerance_itself_still_matches_and_a_little_more_does_not() -> None:
    gallery = Gallery()
    gallery.register("A", at(0.6))

    assert gallery.match(ZERO) == "A"
    assert gallery.match(at(-0.001)) is None


def test_strangers_make_the_gallery_large_and_the_same_every_time() -> None:
    one = Gallery(300, np.random.default_rng(7))
    other = Gallery(300, np.random.default_rng(7))

    assert len(one) == 300
    assert np.array_equal(one._encodings, other._encodings)
    assert np.allclose(np.linalg.norm(one._encodings, axis=1), 1)


def test_a_person_is_found_among_strangers() -> None:
    gallery = Gallery(300, np.random.default_rng(7))
    gallery.register("A", at(2.0))

    assert gallery.match(at(2.3)) == "A"
    assert gallery.match(at(5.0)) is None
