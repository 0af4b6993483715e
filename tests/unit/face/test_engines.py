"""Both engines find the same faces and encode the same numbers, in any number of threads."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import face_recognition
import numpy as np
import pytest

from memtune.face import engines
from memtune.face.decode import Pixels, decode
from memtune.face.engine_full import FullEngine
from memtune.face.engine_lean import LeanEngine
from memtune.face.engines import Box, MissingLibraryError, load_engine, look
from memtune.face.settings import EngineKind

ReadPhoto = Callable[[str], bytes]


@pytest.mark.parametrize(
    ("name", "max_side_px", "upsample"),
    [("obama2.jpg", 480, 1), ("b_turned.jpg", 640, 0), ("astronaut.png", None, 1)],
)
def test_both_engines_give_identical_boxes_and_encodings(
    photo: ReadPhoto, lean: LeanEngine, name: str, max_side_px: int | None, upsample: int
) -> None:
    pixels = decode(photo(name), max_side_px)
    full = FullEngine()

    boxes = lean.locate(pixels, upsample)

    assert boxes
    assert boxes == full.locate(pixels, upsample)
    assert np.array_equal(lean.encode(pixels, boxes[0]), full.encode(pixels, boxes[0]))


def test_a_face_at_the_edge_is_trimmed_as_face_recognition_does(
    photo: ReadPhoto, lean: LeanEngine
) -> None:
    # Given a photograph cut so that the detector's box begins outside of it,
    pixels = np.ascontiguousarray(decode(photo("obama.jpg"), 640)[81:, 211:])
    assert lean.detector()(pixels, 1)[0].left() < 0

    # when both engines look at it,
    box = lean.locate(pixels, 1)[0]
    known = face_recognition.face_locations(pixels, 1)

    # then the boxes end at the edge, and the encodings are the same.
    assert min(box) == 0
    assert [box] == known
    assert np.array_equal(lean.encode(pixels, box), FullEngine().encode(pixels, known[0]))


def test_no_two_threads_share_a_detector(lean: LeanEngine) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = threading.Barrier(2)

        def mine() -> tuple[object, object]:
            both.wait()
            return lean.detector(), lean.detector()

        (one, one_again), (other, _) = (
            each.result() for each in [pool.submit(mine), pool.submit(mine)]
        )

    assert one is one_again
    assert one is not other


def test_threads_at_the_same_time_find_what_one_alone_finds(
    photo: ReadPhoto, lean: LeanEngine
) -> None:
    pictures = [decode(photo(name), 320) for name in ("obama2.jpg", "c_darker.jpg")] * 4

    alone = [lean.locate(pixels, 0) for pixels in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda pixels: lean.locate(pixels, 0), pictures))

    assert together == alone


def test_face_recognition_itself_is_called_by_one_thread_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a face_recognition that remembers how many threads were in it,
    inside: list[int] = []
    most: list[int] = []

    def slow(*_: object, **__: object) -> list[Box]:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.01)
        inside.pop()
        return [(0, 1, 1, 0)]

    monkeypatch.setattr(face_recognition, "face_locations", slow)
    monkeypatch.setattr(face_recognition, "face_encodings", slow)
    engine, pixels = FullEngine(), np.zeros((8, 8, 3), np.uint8)

    # when several threads locate and encode,
    def work(number: int) -> None:
        engine.locate(pixels, 1) if number % 2 else engine.encode(pixels, (0, 1, 1, 0))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(12)))

    # then there was never more than one.
    assert len(most) == 12
    assert max(most) == 1


def test_a_photograph_without_a_face_has_no_encoding(photo: ReadPhoto) -> None:
    class Blank:
        def locate(self, pixels: Pixels, upsample: int) -> list[Box]:
            return []

        def encode(self, pixels: Pixels, box: Box) -> engines.Encoding:
            raise AssertionError("nothing to encode")

    found = look(Blank(), photo("obama.jpg"), 64, 1)

    assert (found.faces, found.encoding) == (0, None)


def test_the_face_that_is_most_certain_is_encoded(photo: ReadPhoto, lean: LeanEngine) -> None:
    # Given a photograph in which the detector takes a badge for a second, larger face,
    found = look(lean, photo("c_mirrored.jpg"), None, 0)
    registered = look(lean, photo("astronaut.png"), None, 0)

    # then the encoding is the person's all the same.
    assert found.faces == 2
    assert found.encoding is not None
    assert registered.encoding is not None
    assert np.linalg.norm(found.encoding - registered.encoding) < 0.3


def test_a_missing_library_is_told_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None if name == "dlib" else name)

    with pytest.raises(MissingLibraryError, match=r"lean engine needs dlib; hint: pip install"):
        load_engine(EngineKind.LEAN)
