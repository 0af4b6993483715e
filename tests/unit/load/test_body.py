"""Bodies as services read them: decoded here by the standard library."""

import base64
import email
import email.policy
import json
from pathlib import Path

import pytest

from memtune.load.body import Bodies, Body
from memtune.load.prepare import Content


def built(content: Content) -> Body:
    body = Bodies().body(content)
    assert body is not None
    return body


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.chdir(tmp_path)
    content = bytes(range(256)) + b"--memtune-0--"
    Path("a.jpg").write_bytes(content)
    return content


def test_json_holds_files_as_base64_and_all_else_as_it_is(photo: bytes) -> None:
    members = (("image", "@a.jpg"), ('na"me', "Zoë\n"), ("yes", True), ("n", 1), ("f", 1.5))

    body = built(Content(json=members))

    assert body.type == "application/json"
    found = json.loads(body.data)
    assert base64.b64decode(found["image"]) == photo
    assert found == dict(members) | {"image": found["image"]}
    assert found["yes"] is True


@pytest.mark.parametrize(("pad_bytes", "length"), [(1000, 1000), (10, 269), (0, 269)])
def test_padding_fills_a_file_up_and_never_cuts_it(
    photo: bytes, pad_bytes: int, length: int
) -> None:
    body = built(Content(body="@a.jpg", pad_bytes=pad_bytes))

    assert body.type == "image/jpeg"
    assert len(body.data) == length
    assert body.data.rstrip(b"\0") == photo


def test_padding_comes_before_base64(photo: bytes) -> None:
    body = built(Content(json=(("image", "@a.jpg"),), pad_bytes=1000))

    assert base64.b64decode(json.loads(body.data)["image"]) == photo.ljust(1000, b"\0")


def test_multipart_is_read_back_even_with_its_own_boundary_inside(photo: bytes) -> None:
    body = built(Content(form=(("who", "Zoë"), ("photo", "@a.jpg")), pad_bytes=300))

    message = email.message_from_bytes(
        b"Content-Type: " + body.type.encode() + b"\r\n\r\n" + body.data,
        policy=email.policy.HTTP,
    )
    who, image = message.iter_parts()
    assert who.get_param("name", header="content-disposition") == "who"
    assert who.get_payload(decode=True) == "Zoë".encode()
    assert image.get_filename() == "a.jpg"
    assert image.get_content_type() == "image/jpeg"
    assert image.get_payload(decode=True) == photo.ljust(300, b"\0")


def test_a_text_is_sent_as_it_is_and_no_body_is_none() -> None:
    assert built(Content(body="Zoë")).data == "Zoë".encode()
    assert Bodies().body(Content()) is None


@pytest.mark.usefixtures("photo")
def test_equal_bodies_are_one_object_and_true_is_not_equal_to_1() -> None:
    bodies = Bodies()

    first = bodies.body(Content(json=(("image", "@a.jpg"), ("n", 1)), pad_bytes=9999))
    again = bodies.body(Content(json=(("image", "@a.jpg"), ("n", 1)), pad_bytes=9999))
    other = bodies.body(Content(json=(("image", "@a.jpg"), ("n", True)), pad_bytes=9999))

    assert first is again
    assert first is not other
    assert other is not None
    assert json.loads(other.data)["n"] is True
