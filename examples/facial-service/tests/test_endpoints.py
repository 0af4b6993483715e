"""The endpoints through Flask's client: real models, a real database, no server."""

import base64
import io
from typing import Any

import pytest
from conftest import MakeClient, photo
from flask.testing import FlaskClient

OBAMA = photo("register/obama_portrait.jpg")
AGAIN = photo("login/obama_other_day.jpg")
STRANGER = photo("stranger/collins_portrait.jpg")


@pytest.fixture
def service(client: MakeClient) -> FlaskClient:
    return client()


def register(service: FlaskClient, user: str = "obama", image: bytes = OBAMA) -> Any:
    return service.post("/register", data={"user": user, "image": (io.BytesIO(image), "x.jpg")})


def login(service: FlaskClient, image: bytes = AGAIN) -> Any:
    return service.post("/login", data={"image": (io.BytesIO(image), "x.jpg")})


def as_json(service: FlaskClient, path: str, image: str, **members: object) -> Any:
    return service.post(path, json={"image": image, **members})


def test_known_face_is_let_in_from_another_photograph(service: FlaskClient) -> None:
    assert register(service).json == {"user": "obama", "registered": True}

    answer = login(service)

    assert answer.status_code == 200
    assert answer.json["user"] == "obama"
    assert 0.3 < answer.json["distance"] < 0.5


def test_unknown_face_is_refused(service: FlaskClient) -> None:
    register(service)

    answer = login(service, STRANGER)

    assert (answer.status_code, answer.json) == (401, {"error": "no match"})


def test_base64_json_is_as_good_as_an_upload(service: FlaskClient) -> None:
    first = base64.b64encode(OBAMA).decode()
    second = "data:image/jpeg;base64," + base64.b64encode(AGAIN).decode()

    assert as_json(service, "/register", first, user="obama").json["registered"]
    assert as_json(service, "/login", second).json["user"] == "obama"


def test_registering_again_replaces(service: FlaskClient) -> None:
    register(service, image=STRANGER)
    assert register(service).status_code == 200

    assert login(service).json["user"] == "obama"
    assert login(service, STRANGER).status_code == 401


def test_deleted_person_is_unknown(service: FlaskClient) -> None:
    register(service)
    login(service)

    assert service.delete("/users/obama").json == {"user": "obama", "deleted": True}
    assert login(service).status_code == 401
    assert service.delete("/users/obama").status_code == 404


@pytest.mark.parametrize("user", ["", "a b", "../x", "-x", "a" * 65, "é", "a\n"])
def test_strange_ids_are_refused(service: FlaskClient, user: str) -> None:
    answer = register(service, user)

    assert answer.status_code == 400
    assert "An id is" in answer.json["error"]


@pytest.mark.parametrize(
    ("status", "sentence", "options"),
    [
        (415, "multipart", {}),
        (415, "multipart", {"data": "x=1", "content_type": "application/x-www-form-urlencoded"}),
        (400, "no JSON", {"data": "{", "content_type": "application/json"}),
        (400, "no JSON", {"data": "[" * 100_000, "content_type": "application/json"}),
        (400, "JSON object", {"json": ["image"]}),
        (400, "'image' is missing", {"json": {"image": 5}}),
        (400, "no base64", {"json": {"image": "***"}}),
        (400, "no base64", {"json": {"image": "é"}}),
        (400, "'image' is missing", {"data": {"photo": (io.BytesIO(b"x"), "x")}}),
        (400, "'image' is missing", {"data": b"--", "content_type": "multipart/form-data"}),
        (422, "no JPEG", {"json": {"image": ""}}),
        (422, "no JPEG", {"data": {"image": (io.BytesIO(b"hello"), "x.jpg")}}),
    ],
)
def test_bad_bodies_are_answered_with_a_sentence(
    service: FlaskClient, status: int, sentence: str, options: dict[str, Any]
) -> None:
    answer = service.post("/login", **options)

    assert answer.status_code == status
    assert sentence in answer.json["error"]


def test_registration_needs_an_id(service: FlaskClient) -> None:
    answer = service.post("/register", data={"image": (io.BytesIO(OBAMA), "x.jpg")})

    assert (answer.status_code, answer.json["error"]) == (400, "The field 'user' is missing.")


def test_unknown_paths_and_methods_are_json_too(service: FlaskClient) -> None:
    for answer, status in ((service.get("/nothing"), 404), (service.get("/login"), 405)):
        assert answer.status_code == status
        assert answer.json["error"]


def test_body_over_the_limit_is_refused(client: MakeClient) -> None:
    answer = login(client(MAX_BODY_MB="0.1"), bytes(200_000))

    assert answer.status_code == 413
    assert answer.json["error"]


def test_large_uploads_never_touch_the_file_system(
    service: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", refuse)
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)

    assert login(service, AGAIN + bytes(3_000_000)).status_code == 401


def test_health_and_metrics(service: FlaskClient) -> None:
    login(service, b"no image")

    assert service.get("/health").json == {"status": "ok"}
    text = service.get("/metrics").get_data(as_text=True)
    assert 'facial_requests_total{endpoint="login",status="422"}' in text


def test_rate_limits_spare_health_and_are_off_by_default(client: MakeClient) -> None:
    limited = client(RATE_LIMITS="200/day;2/hour")
    free = client()

    statuses = [login(limited, b"").status_code for _ in range(3)]

    assert statuses == [422, 422, 429]
    assert login(limited, b"").json["error"]
    assert limited.get("/health").status_code == 200
    assert [login(free, b"").status_code for _ in range(5)] == [422] * 5


def test_rate_limits_count_for_the_client_behind_a_trusted_proxy(client: MakeClient) -> None:
    service = client(RATE_LIMITS="1/hour", TRUSTED_PROXIES="1")

    def ask(address: str) -> int:
        return service.delete("/users/x", headers={"X-Forwarded-For": address}).status_code

    assert [ask("10.0.0.1"), ask("10.0.0.1"), ask("10.0.0.2")] == [404, 429, 404]


def test_full_engine_gives_the_same_answer(client: MakeClient) -> None:
    lean, full = client(), client(ENGINE="full")
    register(lean)

    assert login(full).json == login(lean).json
