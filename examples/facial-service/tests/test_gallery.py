from pathlib import Path

import numpy as np
import pytest
from facial_service.cache import EncodingCache
from facial_service.gallery import CHUNK, Gallery
from facial_service.store import Store


def vector(at: float) -> np.ndarray:
    """An encoding that is `at` away from the one at 0."""
    made = np.zeros(128, np.float32)
    made[0] = at
    return made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "faces.sqlite3")


@pytest.fixture
def cache() -> EncodingCache:
    return EncodingCache(3, 60)


@pytest.fixture
def gallery(store: Store, cache: EncodingCache) -> Gallery:
    return Gallery(store, cache)


def test_nobody_is_known_at_first(gallery: Gallery) -> None:
    assert gallery.match(vector(0)) is None


def test_nearest_within_the_tolerance_is_recognised(gallery: Gallery) -> None:
    gallery.register("far", vector(0.5))
    gallery.register("near", vector(0.3))

    match = gallery.match(vector(0))

    assert match is not None
    assert match.user == "near"
    assert match.distance == pytest.approx(0.3)
    assert gallery.match(vector(-0.31)) is None


@pytest.mark.parametrize("place", [0, CHUNK - 1, CHUNK, 2 * CHUNK])
def test_all_chunks_are_looked_through(store: Store, gallery: Gallery, place: int) -> None:
    for number in range(2 * CHUNK + 1):
        at = 0.1 if number == place else 2 + number
        store.register(f"u{number}", vector(at).tobytes())

    for _ in range(2):  # from the database, then partly from memory
        match = gallery.match(vector(0))
        assert match is not None
        assert match.user == f"u{place}"


def test_memory_never_knows_better_than_the_database(store: Store, gallery: Gallery) -> None:
    """Another worker deletes and replaces; this one has the old encodings in memory."""
    gallery.register("gone", vector(0))
    gallery.register("changed", vector(5))
    assert gallery.match(vector(0)) is not None
    assert gallery.match(vector(5)) is not None

    store.delete("gone")
    store.register("changed", vector(9).tobytes())

    assert gallery.match(vector(0)) is None
    assert gallery.match(vector(5)) is None
    assert gallery.match(vector(9)) is not None


def test_cache_keeps_no_more_than_its_size(gallery: Gallery, cache: EncodingCache) -> None:
    for number in range(5):
        gallery.register(f"u{number}", vector(number))

    gallery.match(vector(0))

    assert len(cache) == 3
    cache.clear()
    assert len(cache) == 0
    assert gallery.match(vector(4)) is not None


def test_cache_of_size_0_keeps_nothing(store: Store) -> None:
    cache = EncodingCache(0, 60)
    gallery = Gallery(store, cache)
    gallery.register("ann", vector(0))

    assert gallery.match(vector(0)) is not None
    assert len(cache) == 0


def test_cache_forgets_what_is_too_old() -> None:
    now = 0.0
    cache = EncodingCache(5, 60, clock=lambda: now)
    cache.keep({1: vector(1)})

    now = 59.0
    assert list(cache.find([1, 2])) == [1]
    now = 61.0
    assert cache.find([1, 2]) == {}
