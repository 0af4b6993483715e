"""A plan that cannot be carried out is found before anything is sent."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from memtune.errors import ConfigError
from memtune.load.prepare import Target, prepared, requests
from memtune.model import Call, Health, Load, Plan

URL = "http://localhost:5001/login"
CALL = Call("login", "post", URL)


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("obama_2.jpg", "biden_1.jpg", "anna b.jpg"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "folder.jpg").mkdir()
    return tmp_path


def plan(load: Load, *health: Health) -> Plan:
    return Plan(load, health)


@pytest.mark.usefixtures("photos")
def test_a_call_with_each_is_one_request_for_each_file_in_order() -> None:
    call = replace(
        CALL,
        each="*.jpg",
        url=URL + "/{person}?as={name}",
        headers=(("X-File", "{file}"),),
        json=(("image", "@{file}"), ("n", 1)),
        answer=(("person", "{person}"), ("known", True)),
    )

    made = requests([call])

    assert [one.target.path for one in made] == [
        "/login/anna%20b?as=anna%20b",
        "/login/biden?as=biden_1",
        "/login/obama?as=obama_2",
    ]
    assert made[2].target == Target("localhost", 5001, "/login/obama?as=obama_2")
    assert made[2].method == "POST"
    assert made[2].headers == (("X-File", "obama_2.jpg"),)
    assert made[2].content.json == (("image", "@obama_2.jpg"), ("n", 1))
    assert made[2].answer == (("person", "obama"), ("known", True))


def test_braces_that_are_no_template_stay() -> None:
    (made,) = requests([replace(CALL, body='{"a": {"b": 1}, "c": {}}')])

    assert made.content.body == '{"a": {"b": 1}, "c": {}}'


@pytest.mark.usefixtures("photos")
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"each": "*.png"}, "'*.png' matches no file"),
        ({"json": (("image", "@none.jpg"),)}, "no readable file 'none.jpg'"),
        ({"form": (("image", "@folder.jpg"),)}, "no readable file 'folder.jpg'"),
        ({"body": "@none.bin"}, "no readable file 'none.bin'"),
        ({"body": "{foo}"}, "{foo} stands for nothing"),
        ({"url": URL + "/{name}"}, "{name} stands for nothing"),
        ({"answer": (("person", "{persn}"),), "each": "*.jpg"}, "{persn} stands for nothing"),
        ({"headers": (("X", "{file}"),)}, "{file} stands for nothing"),
        ({"headers": (("X", "a\r\nY: b"),)}, "is no HTTP header"),
        ({"headers": (("X Y", "a"),)}, "is no HTTP header"),
        ({"method": "GET /x"}, "is no HTTP method"),
        ({"url": "https://localhost/"}, "is no http:// URL"),
        ({"url": "localhost:80/x"}, "is no http:// URL"),
        ({"url": "http://localhost/ä b"}, "characters that stand in no URL"),
        ({"url": "http://localhost:99999/"}, "Port out of range"),
        ({"body": "x", "json": (("a", 1),)}, "several bodies: json and body"),
    ],
)
def test_a_call_that_cannot_be_made_is_refused(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(complaint)) as refused:
        requests([replace(CALL, **change)])  # type: ignore[arg-type]

    assert "login" in refused.value.message


@pytest.mark.parametrize(
    ("load", "complaint"),
    [
        (Load(), "either calls or a command"),
        (Load(calls=(CALL,), command=("true",), requests=1), "either calls or a command"),
        (Load(command=("no-such-program-here",)), "no program 'no-such-program-here'"),
        (Load(calls=(CALL,)), "a number of requests or a duration"),
        (Load(calls=(CALL,), requests=1, duration_s=1), "a number of requests or a duration"),
        (Load(calls=(CALL,), requests=0), "requests is 0"),
        (Load(calls=(CALL,), duration_s=1, rate_per_s=0), "rate_per_s is 0"),
        (Load(calls=(CALL,), requests=1, concurrency=0), "concurrency is 0"),
        (Load(command=("true",), before=(CALL, CALL)), "the name 'login' is taken"),
        (Load(command=("true",), before=(CALL,), after=(CALL,)), "the name 'login' is taken"),
        (Load(command=("true",), after=(replace(CALL, name="p95_ms"),)), "'p95_ms' is taken"),
        (Load(command=("true",), before=(replace(CALL, name=""),)), "a call has no name"),
    ],
)
def test_a_load_that_cannot_be_made_is_refused(load: Load, complaint: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(complaint)):
        prepared(plan(load))


def test_two_services_of_one_name_are_refused() -> None:
    twice = Health("api", "http://localhost:1/"), Health("api", "http://localhost:2/")

    with pytest.raises(ConfigError, match="'boot_s_api' is taken"):
        prepared(plan(Load(command=("true",)), *twice))
