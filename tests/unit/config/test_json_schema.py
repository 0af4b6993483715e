"""The schema for editors: right files hold against it, and those with mistakes do not."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from memtune.config.json_schema import FileKind, json_schema

ROOT = Path(__file__).parents[3]
SHIPPED = [
    *((FileKind.PROFILE, file) for file in sorted(ROOT.glob("profiles/*.yaml"))),
    *(
        (
            FileKind.WORKLOAD if "kind" in yaml.safe_load(file.read_text()) else FileKind.PROFILE,
            file,
        )
        for file in sorted(ROOT.glob("examples/**/*.yaml"))
        if "node_modules" not in file.parts and "scenarios" not in yaml.safe_load(file.read_text())
    ),
    (FileKind.WORKLOAD, ROOT / "memtune" / "face" / "workload.yaml"),
    *((FileKind.BUDGETS, file) for file in sorted(ROOT.glob("memtune.yaml"))),
]
PIPELINE = {"version": 1, "name": "a", "kind": "pipeline", "image": "host", "command": ["a"]}
SERVICE = {
    "version": 1,
    "name": "a",
    "kind": "service",
    "services": {"web": {"image": "host", "command": ["a"], "port": 80}},
    "load": {"calls": [{"name": "a", "get": "web/"}], "requests": 1},
}
SCENARIO = {"workload": "w.yaml", "max": "40MiB", "growth": {"fail": "5%"}}
BUDGETS = {"version": 1, "scenarios": {"words": SCENARIO}}
PROFILE = {"version": 1, "extends": "original"}


def mistakes(kind: FileKind, data: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(json_schema(kind)).iter_errors(data)]


@pytest.mark.parametrize(("kind", "file"), SHIPPED, ids=lambda value: str(value)[-40:])
def test_shipped_files_hold(kind: FileKind, file: Path) -> None:
    assert mistakes(kind, yaml.safe_load(file.read_text())) == []


@pytest.mark.parametrize("kind", FileKind)
def test_it_is_a_schema(kind: FileKind) -> None:
    Draft202012Validator.check_schema(json_schema(kind))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (FileKind.WORKLOAD, PIPELINE),
        (FileKind.WORKLOAD, SERVICE),
        (FileKind.BUDGETS, BUDGETS),
        (FileKind.PROFILE, PROFILE),
    ],
)
def test_small_files_hold(kind: FileKind, data: dict[str, Any]) -> None:
    assert mistakes(kind, data) == []


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (FileKind.WORKLOAD, PIPELINE | {"comand": ["a"]}),
        (FileKind.WORKLOAD, PIPELINE | {"cap": 512}),
        (FileKind.WORKLOAD, PIPELINE | {"cap": "512 MiBs"}),
        (FileKind.WORKLOAD, PIPELINE | {"timeout": "5 hours"}),
        (FileKind.WORKLOAD, PIPELINE | {"checks": {"headroom": "120%"}}),
        (FileKind.WORKLOAD, PIPELINE | {"checks": {"headroom": 1.2}}),
        (FileKind.WORKLOAD, PIPELINE | {"cpus": 0}),
        (FileKind.WORKLOAD, PIPELINE | {"env": {"NO-NAME": "1"}}),
        (FileKind.WORKLOAD, PIPELINE | {"kind": "service"}),
        (FileKind.WORKLOAD, PIPELINE | {"space": {"k": {"values": [1], "enf": "K"}}}),
        (FileKind.WORKLOAD, SERVICE | {"services": {"Web": {}}}),
        (FileKind.BUDGETS, BUDGETS | {"scenarioes": {}}),
        (FileKind.BUDGETS, {"version": 1, "scenarios": {"words": SCENARIO | {"mx": "1MiB"}}}),
        (FileKind.BUDGETS, {"version": 1, "scenarios": {"words": SCENARIO | {"max": None}}}),
        (FileKind.BUDGETS, {"version": 2, "scenarios": {"words": SCENARIO}}),
        (FileKind.PROFILE, PROFILE | {"setings": {}}),
    ],
)
def test_mistakes_do_not(kind: FileKind, data: dict[str, Any]) -> None:
    assert mistakes(kind, data) != []


@pytest.mark.parametrize("size", ["1B", "512m", "0.5 GiB", "128MB", "64mib", "1 kB"])
def test_sizes_are_those_of_the_units(size: str) -> None:
    assert mistakes(FileKind.WORKLOAD, PIPELINE | {"cap": size}) == []


def test_keys_are_explained_and_no_default_is_in_other_units() -> None:
    growth = json_schema(FileKind.BUDGETS)["$defs"]["GrowthPart"]["properties"]

    assert growth["fail"]["description"] == "This much more fails."
    assert growth["fail"]["examples"] == ["5%", "20%"]
    assert not any("default" in part for part in growth.values())
