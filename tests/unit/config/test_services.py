"""Workload files of services: what they become, and what is refused with which words."""

from pathlib import Path

import pytest

from memtune.config.catalogue import load_workload
from memtune.errors import ConfigError
from memtune.model import (
    Bound,
    Call,
    CapFor,
    Health,
    Image,
    ImageKind,
    Kind,
    Knob,
    Load,
    Plan,
    Program,
    Workload,
)

MIB = 1024 * 1024
ONE = """\
version: 1
name: demo
kind: service
services:
  api:
    image: host
    command: [python, api.py]
    port: 8000
load:
  calls:
    - {name: hello, get: api/hello}
  requests: 10
"""
TWO = """\
version: 1
name: both
kind: service
cap_for: each
timeout: 90s
services:
  web:
    build: {context: web, dockerfile: deploy/Dockerfile}
    command: [node, server.js]
    port: 3000
    health: /alive
    env: {FACE_URL: "http://face:5001"}
    space:
      heap_mb: {values: [64, 128], env: HEAP}
  face:
    image: face:1
    command: [serve]
    port: 5001
    cap: 96MiB
    space:
      heap_mb: {values: [1, 2], args: ["--heap={value}"]}
load:
  boot_limit: 20s
  before:
    - {name: register, post: face/register, each: "photos/*.jpg", form: {image: "@{file}"}}
  calls:
    - name: login
      post: web/login?fast=1
      json: {image: "@{file}", again: true, tries: 2}
      each: "photos/*.jpg"
      pad: 6MiB
      status: 201
      answer: {user: "{person}"}
      headers: {X-Key: abc}
  after:
    - {name: gone, delete: face/users/1, status: 204}
  concurrency: 16
  rate: 2.5
  duration: 30s
  warm_up: 4
  health_interval: 500ms
checks:
  output: {error_rate: {max: 0.01}, p95_ms: {max: 2000}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "workload.yaml"


def loaded(file: Path, text: str) -> Workload:
    file.write_text(text)
    return load_workload(str(file))


def refusal(file: Path, text: str) -> ConfigError:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_workload(str(file))
    return caught.value


def test_a_minimal_service_has_the_documented_defaults(file: Path) -> None:
    workload = loaded(file, ONE)

    assert workload.kind is Kind.SERVICE
    assert workload.programs == (Program(Image(ImageKind.HOST), ("python", "api.py"), name="api"),)
    assert workload.plan == Plan(
        Load(calls=(Call("hello", "GET", "http://api:8000/hello"),), requests=10),
        (Health("api", "http://api:8000/health"),),
    )
    assert workload.cap_for is CapFor.EACH
    assert workload.checks.output == (Bound("error_rate", max=0),)
    assert workload.images == (Image(ImageKind.HOST),)


def test_a_full_file_becomes_what_it_says(file: Path) -> None:
    workload = loaded(file, TWO)

    web, face = workload.programs
    built = Image(ImageKind.BUILD, str(file.parent / "web"), "deploy/Dockerfile")
    assert web == Program(
        built, ("node", "server.js"), (("FACE_URL", "http://face:5001"),), name="web"
    )
    assert face == Program(Image(ImageKind.NAME, "face:1"), ("serve",), (), "face", 96 * MIB)
    assert workload.space.knobs == (
        Knob(
            "web.heap_mb",
            (64, 128),
            env=(("HEAP", "{value}"),),
            searched=(64, 128),
            service="web",
        ),
        Knob("face.heap_mb", (1, 2), args=("--heap={value}",), searched=(1, 2), service="face"),
    )
    assert workload.images == (built, Image(ImageKind.NAME, "face:1"), Image(ImageKind.HOST))
    assert workload.checks.output == (Bound("error_rate", max=0.01), Bound("p95_ms", max=2000))
    assert workload.plan == Plan(
        Load(
            boot_limit_s=20,
            before=(
                Call(
                    "register",
                    "POST",
                    "http://face:5001/register",
                    each="photos/*.jpg",
                    form=(("image", "@{file}"),),
                ),
            ),
            calls=(
                Call(
                    "login",
                    "POST",
                    "http://web:3000/login?fast=1",
                    each="photos/*.jpg",
                    headers=(("X-Key", "abc"),),
                    json=(("image", "@{file}"), ("again", True), ("tries", 2)),
                    pad_bytes=6 * MIB,
                    status=201,
                    answer=(("user", "{person}"),),
                ),
            ),
            after=(Call("gone", "DELETE", "http://face:5001/users/1", status=204),),
            concurrency=16,
            rate_per_s=2.5,
            duration_s=30,
            warm_up=4,
            health_interval_s=0.5,
        ),
        (Health("web", "http://web:3000/alive"), Health("face", "http://face:5001/health")),
    )


@pytest.mark.parametrize(
    ("old", "new", "key", "complaint"),
    [
        ("get: api/hello", "get: apo/hello", "load.calls.0.get", "there is no service 'apo'"),
        ("get: api/hello", "get: api/a, post: api/b", "load.calls.0", "exactly one method"),
        (", get: api/hello", "", "load.calls.0", "exactly one method"),
        (
            "get: api/hello",
            "post: api/hello, body: '@x', json: {a: 1}",
            "load.calls.0",
            "one body",
        ),
        ("  requests: 10\n", "", "load", "exactly one of requests and duration"),
        ("requests: 10", "requests: 10\n  duration: 5s", "load", "exactly one of requests"),
        ("requests: 10", "requests: 10\n  command: [k6]", "load", "exactly one of calls and"),
        ("port: 8000", "port: 80000", "services.api.port", "less than or equal to 65535"),
        ("    port: 8000\n", "", "services.api.port", "the key 'port' is missing"),
        ("port: 8000", "port: 8000\n    prot: 1", "services.api.prot", "unknown key 'prot'"),
        ("port: 8000", "port: 8000\n    health: alive", "services.api.health", "match pattern"),
        ("services:", "cap_for: some\nservices:", "cap_for", "'each' or 'all'"),
        ("  api:\n", "  API:\n", "services.API", "match pattern"),
        ("image: host", "build: ../elsewhere", "services.api.build", "outside the project"),
        ("    image: host\n", "", "services.api.image", "exactly one of 'image' and 'build'"),
    ],
)
def test_a_mistake_is_refused_where_it_stands(
    file: Path, old: str, new: str, key: str, complaint: str
) -> None:
    assert old in ONE

    error = refusal(file, ONE.replace(old, new))

    assert complaint in error.message
    assert error.where is not None
    assert error.where.key == key


def test_two_services_on_one_port_are_refused(file: Path) -> None:
    error = refusal(file, TWO.replace("port: 5001", "port: 3000"))

    assert error.message == "port 3000 is taken by 'web'"
    assert "services.face.port" in str(error.where)


def test_a_cap_of_its_own_and_a_cap_for_all_exclude_each_other(file: Path) -> None:
    error = refusal(file, TWO.replace("cap_for: each", "cap_for: all"))

    assert "no cap of its own" in error.message
    assert "services.face.cap" in str(error.where)


def test_a_build_may_use_the_whole_repository(file: Path) -> None:
    (file.parent / ".git").mkdir()
    inner = file.parent / "examples" / "api" / "workload.yaml"
    inner.parent.mkdir(parents=True)

    workload = loaded(inner, ONE.replace("image: host", "build: ../.."))

    assert workload.programs[0].image == Image(ImageKind.BUILD, str(file.parent))
