"""The cache keeps encodings by the photograph's bytes, bounded in number and in age."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from memtune.face.cache import EncodingCache
from memtune.face.engines import Found


class Looks:
    """Finds one face in everything, and counts how often it had to look."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, photograph: bytes) -> Found:
        self.count += 1
        return Found(1, np.full(128, len(photograph), np.float64))


@pytest.fixture
def looks() -> Looks:
    return Looks()


def test_the_same_bytes_are_looked_at_once(looks: Looks) -> None:
    cache = EncodingCache(2, ttl_s=60)

    first, first_cached = cache.find(b"one", looks)
    again, again_cached = cache.find(b"one", looks)

    assert (looks.count, first_cached, again_cached) == (1, False, True)
    assert (first.faces, again.faces) == (1, 0)
    assert again.encoding is first.encoding


def test_the_least_recently_used_is_forgotten_first(looks: Looks) -> None:
    # Given room for two, and the first used after the second,
    cache = EncodingCache(2, ttl_s=60)
    for photograph in (b"1", b"22", b"1"):
        cache.find(photograph, looks)

    # when a third comes,
    cache.find(b"333", looks)

    # then the first is still there and the second is not.
    assert cache.find(b"1", looks)[1]
    assert not cache.find(b"22", looks)[1]


def test_an_old_encoding_is_forgotten(looks: Looks) -> None:
    now = 100.0
    cache = EncodingCache(2, ttl_s=10, clock=lambda: now)
    cache.find(b"one", looks)

    now = 109.0
    assert cache.find(b"one", looks)[1]
    now = 111.0
    assert not cache.find(b"one", looks)[1]


def test_size_zero_keeps_nothing(looks: Looks) -> None:
    cache = EncodingCache(0, ttl_s=60)
    cache.fill(np.random.default_rng(1))

    cache.find(b"one", looks)

    assert not cache.find(b"one", looks)[1]
    assert len(cache) == 0


def test_a_filled_cache_is_as_large_as_allowed_and_still_takes_new_ones(looks: Looks) -> None:
    cache = EncodingCache(50, ttl_s=60)

    cache.fill(np.random.default_rng(1))

    assert len(cache) == 50
    cache.find(b"one", looks)
    assert cache.find(b"one", looks)[1]
    assert len(cache) == 50


def test_photographs_without_a_face_are_not_kept() -> None:
    cache = EncodingCache(2, ttl_s=60)

    cache.find(b"wall", lambda _: Found(0, None))

    assert len(cache) == 0


def test_a_photograph_in_work_is_waited_for(looks: Looks) -> None:
    # Given a look that takes until somebody lets it go on,
    cache, begun, go_on = EncodingCache(2, ttl_s=60), threading.Event(), threading.Event()

    def slow(photograph: bytes) -> Found:
        begun.set()
        go_on.wait(10)
        return looks(photograph)

    # when the same photograph comes again meanwhile,
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.find, b"one", slow)
        begun.wait(10)
        second = pool.submit(cache.find, b"one", looks)
        go_on.set()

    # then it is looked at once.
    assert (first.result()[1], second.result()[1], looks.count) == (False, True, 1)


def test_after_an_error_the_photograph_is_looked_at_again(looks: Looks) -> None:
    cache = EncodingCache(2, ttl_s=60)

    def broken(_: bytes) -> Found:
        raise MemoryError

    with pytest.raises(MemoryError):
        cache.find(b"one", broken)

    assert cache.find(b"one", looks)[0].faces == 1
