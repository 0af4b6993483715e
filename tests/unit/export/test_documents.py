"""Files for compose, Render, Fly.io and Kubernetes, read by parsers of what they are."""

import shlex
import tomllib
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from memtune.errors import UsageError
from memtune.export import compose, fly, kubernetes, render
from memtune.export.formats import FORMATS, writer
from memtune.lint.deploy import read_compose, read_render
from memtune.lint.facts import Kind as FactKind
from memtune.lint.facts import SourceFile
from memtune.model import Kind
from memtune.units import MIB
from tests.unit.export.deployments import HOSTILE, deployment, hostile, program

COMMAND = ("sh", "-c", 'exec node "$@" server.js', "sh")
ARGS = ("--heap=64", "a b", "$x", "it's")


def undollared(text: str) -> str:
    """As compose and Kubernetes read what is no reference."""
    return text.replace("$$", "$")


# compose


def test_compose_reads_every_value_and_word() -> None:
    where = deployment(program(hostile(), ARGS, command=COMMAND))

    text = compose.write(where, None).text

    service = yaml.safe_load(text)["services"]["web"]
    assert {k: undollared(v) for k, v in service["environment"].items()} == hostile()
    assert [undollared(word) for word in service["command"]] == [*COMMAND, *ARGS]
    assert (service["mem_limit"], service["memswap_limit"]) == ("512m", "512m")
    assert PyCompose.from_yaml(text).service_names() == ["web"]


def test_compose_leaves_no_single_dollar() -> None:
    text = compose.write(deployment(program(hostile())), None).text

    assert "$" not in text.replace("$$", "")


def test_compose_has_all_services_and_says_what_is_shared() -> None:
    # given two services under one cap, one of them without knobs
    where = deployment(
        program({"A": "1"}, cap_bytes=None), program(name="db", cap_bytes=None, unset=("B",))
    )

    written = compose.write(where, None)

    assert yaml.safe_load(written.text)["services"] == {
        "web": {"environment": {"A": "1"}},
        "db": {},
    }
    assert "not carried: the cap of 512 MiB is for all services together" in written.notes
    assert "not set in the runs, and not to be set elsewhere: B" in written.notes


@pytest.mark.parametrize(
    ("cap_bytes", "shown"),
    [(512 * MIB, "512m"), (100_000 * 1024, "100000k"), (99_999_999, "99999999b")],
)
def test_compose_tells_a_cap_exactly(cap_bytes: int, shown: str) -> None:
    text = compose.write(deployment(program(cap_bytes=cap_bytes)), None).text

    assert yaml.safe_load(text)["services"]["web"]["mem_limit"] == shown


# Kubernetes


def documents(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


def container(document: dict[str, Any]) -> dict[str, Any]:
    [only] = document["spec"]["template"]["spec"]["containers"]
    return dict(only)


def test_kubernetes_reads_every_value_and_word() -> None:
    where = deployment(program(hostile(), ARGS, command=COMMAND))

    [patch] = documents(kubernetes.write(where, None).text)

    assert (patch["apiVersion"], patch["kind"]) == ("apps/v1", "Deployment")
    found = container(patch)
    assert {one["name"]: undollared(one["value"]) for one in found["env"]} == hostile()
    assert [undollared(word) for word in found["command"]] == [*COMMAND, *ARGS]
    assert found["args"] == []


def test_kubernetes_limits_to_the_cap_and_requests_the_need_with_headroom() -> None:
    [patch] = documents(kubernetes.write(deployment(program(need_bytes=90 * MIB)), None).text)

    assert container(patch)["resources"] == {
        "limits": {"memory": "512Mi"},
        "requests": {"memory": "113Mi"},  # 90 / 0.8, rounded up
    }


def test_kubernetes_never_requests_more_than_the_limit() -> None:
    for need in (None, 500 * MIB):
        [patch] = documents(kubernetes.write(deployment(program(need_bytes=need)), None).text)

        assert container(patch)["resources"]["requests"] == {"memory": "512Mi"}


def test_kubernetes_takes_away_what_was_not_set() -> None:
    where = deployment(program({"A": "1"}, unset=("B",)))

    [service] = documents(kubernetes.write(where, None).text)

    assert {"name": "B", "$patch": "delete"} in container(service)["env"]


def test_kubernetes_executes_a_pipeline_as_a_job() -> None:
    where = deployment(program(name="job", kind=Kind.PIPELINE))

    [pipeline] = documents(kubernetes.write(where, None).text)

    assert (pipeline["apiVersion"], pipeline["kind"]) == ("batch/v1", "Job")


def test_kubernetes_is_one_patch_for_each_service() -> None:
    # kubectl reads the first document alone, and puts it on all that it is given
    with pytest.raises(UsageError, match="kubernetes is for one service") as caught:
        kubernetes.write(deployment(program(), program(name="db")), None)

    assert caught.value.hint == "add --service web or --service db"


# Render


def test_render_reads_every_value_and_the_command() -> None:
    where = deployment(program(hostile(), ARGS, command=COMMAND))

    [service] = yaml.safe_load(render.write(where, None).text)["services"]

    assert {one["key"]: one["value"] for one in service["envVars"]} == hostile()
    assert shlex.split(service["dockerCommand"]) == [*COMMAND, *ARGS]
    assert (service["type"], service["name"], service["plan"]) == ("web", "web", "starter")


@pytest.mark.parametrize(
    ("cap_bytes", "plan"),
    [
        (64 * MIB, "starter"),
        (513 * MIB, "standard"),
        (4096 * MIB, "pro"),
        (5000 * MIB, "pro plus"),
        (9000 * MIB, "pro max"),
        (17000 * MIB, "pro ultra"),
    ],
)
def test_render_gets_the_least_plan_that_holds_the_cap(cap_bytes: int, plan: str) -> None:
    written = render.write(deployment(program(cap_bytes=cap_bytes), cap_bytes=cap_bytes), None)

    assert yaml.safe_load(written.text)["services"][0]["plan"] == plan
    rounded = any("least that is sold" in note for note in written.notes)
    assert rounded is (cap_bytes != 4096 * MIB)


def test_no_plan_is_made_up() -> None:
    with pytest.raises(UsageError, match="no plan of Render has 64 GiB; the largest has 32 GiB"):
        render.write(deployment(program(cap_bytes=64 * 1024 * MIB)), None)


def test_memtunes_own_lint_reads_the_cap_back() -> None:
    where = deployment(program({"A": "1"}))

    [rendered] = read_render(SourceFile("render.yaml", render.write(where, None).text))
    text = compose.write(where, None).text.replace("  web:\n", "  web:\n    build: .\n")
    [composed] = read_compose(SourceFile("compose.yaml", text))

    for deployed in (rendered, composed):
        assert [cap.bytes for cap in deployed.facts.caps] == [512 * MIB]
        assert not [fact for fact in deployed.facts.facts if fact.kind is FactKind.UNLIMITED]


# Fly.io


def test_fly_reads_every_value_and_the_command() -> None:
    where = deployment(program(hostile(), ARGS, command=COMMAND, cap_bytes=300 * MIB))

    written = fly.write(where, None)

    document = tomllib.loads(written.text)
    assert document["env"] == hostile()
    assert shlex.split(document["processes"]["app"]) == [*COMMAND, *ARGS]
    assert document["vm"] == [
        {"memory": "512mb", "cpu_kind": "shared", "cpus": 1, "processes": ["app"]}
    ]
    assert any(note.startswith("the machine has 512 MiB") for note in written.notes)


@pytest.mark.parametrize(
    ("cap_bytes", "memory", "cpus"),
    [(2048 * MIB, 2048, 1), (2049 * MIB, 2304, 2), (8192 * MIB, 8192, 4), (16384 * MIB, 16384, 8)],
)
def test_fly_gets_the_least_shared_cpus_that_may_have_the_memory(
    cap_bytes: int, memory: int, cpus: int
) -> None:
    written = fly.write(deployment(program(cap_bytes=cap_bytes)), None)

    assert tomllib.loads(written.text)["vm"] == [
        {"memory": f"{memory}mb", "cpu_kind": "shared", "cpus": cpus}
    ]


def test_fly_has_no_shared_machine_beyond_eight_cpus() -> None:
    with pytest.raises(UsageError, match=r"shared CPUs has 16\.2 GiB; the largest has 16 GiB"):
        fly.write(deployment(program(cap_bytes=16385 * MIB)), None)


def test_fly_is_one_app_for_each_service() -> None:
    with pytest.raises(UsageError, match="for one service"):
        fly.write(deployment(program(), program(name="db")), None)


# All of them


@pytest.mark.parametrize("name", ["compose", "kubernetes", "render", "fly", "gunicorn"])
def test_a_file_of_somebodys_own_is_never_replaced(name: str) -> None:
    where = deployment(program({"THREADS": "2"}))
    own = writer(name)(where, None).text

    assert writer(name)(where, own).text == own
    assert writer(name)(where, "\n").text == own
    with pytest.raises(UsageError, match="somebody's own"):
        writer(name)(where, "services: {}\n# Written by `memtune export`\n")


@pytest.mark.parametrize("name", FORMATS)
def test_a_comment_stays_within_its_line(name: str) -> None:
    from dataclasses import replace

    where = replace(deployment(program({"A": "1"})), source="profile x\nevil: true\u2028y")

    text = writer(name)(where, None).text

    assert "\nevil" not in text
    assert "\u2028" not in text


def test_a_mistyped_format_is_guessed() -> None:
    with pytest.raises(UsageError) as caught:
        writer("kubernets")

    assert caught.value.hint == "did you mean 'kubernetes'?"


def test_hostile_values_are_many() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) > 40
