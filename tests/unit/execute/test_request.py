"""What an executor is asked to execute."""

from pathlib import Path

import pytest

from memtune.execute.request import Request, container, explaining, reach
from memtune.model import (
    Checks,
    Image,
    ImageKind,
    Kind,
    Knob,
    Program,
    Scalar,
    Settings,
    Space,
    Workload,
)

MIB = 1024 * 1024
HEAP = Knob("heap", (128, 256, "unlimited"), env=(("HEAP", "{value}m"),), unset="unlimited")
CACHE = Knob("cache", (250, 500), args=("--cache", "{value}"))
WORKLOAD = Workload(
    name="demo",
    kind=Kind.PIPELINE,
    programs=(
        Program(
            Image(ImageKind.HOST),
            ("demo", "run"),
            env=(("MODE", "fast"), ("HEAP", "as the image has it")),
        ),
    ),
    directory="/project",
    timeout_s=12.0,
    checks=Checks(exit_status=3),
    space=Space((HEAP, CACHE)),
)


def of(workload: Workload, settings: Settings, cap_bytes: int) -> Request:
    return container(workload, workload.programs[0], settings, cap_bytes)


def test_knobs_reach_the_environment_and_the_command_line_in_the_order_of_the_space() -> None:
    settings = Settings.of({"cache": 500, "heap": 128})

    asked = of(WORKLOAD, settings, 64 * MIB)

    assert asked.command == ("demo", "run", "--cache", "500")
    assert dict(asked.env) == {"MODE": "fast", "HEAP": "128m"}
    assert (asked.cap_bytes, asked.timeout_s, asked.expected_exit) == (64 * MIB, 12.0, 3)
    assert (asked.workload, asked.settings, asked.directory) == ("demo", settings, "/project")
    assert asked.captures is None


def test_an_unset_knob_and_one_without_a_value_pass_nothing() -> None:
    asked = of(WORKLOAD, Settings.of({"heap": "unlimited"}), 64 * MIB)

    assert asked.command == ("demo", "run")
    assert dict(asked.env) == {"MODE": "fast", "HEAP": "as the image has it"}


@pytest.mark.parametrize(
    ("value", "factor", "text"),
    [
        (128, 1, "128"),
        (128, 1024, "131072"),
        (0, 1024, "0"),
        (0.5, 1, "0.5"),
        (1.0, 1, "1.0"),
        (0.5, 1024, "512"),
        (0.1, 4, "0.4"),
        ("auto", 1024, "auto"),
        ("12", 1024, "12"),
    ],
)
def test_numbers_are_multiplied_on_their_way_and_words_are_not(
    value: Scalar, factor: int, text: str
) -> None:
    knob = Knob("k", (value,), env=(("K", "<{value}>"),), args=("--k={value}",), factor=factor)

    assert reach(knob, value) == ({"K": f"<{text}>"}, [f"--k={text}"])


def test_a_value_goes_wherever_a_template_has_it() -> None:
    knob = Knob("k", (1, 2), env=(("A", "{value}"), ("B", "{value}{value} {other}")))

    assert reach(knob, 2) == ({"A": "2", "B": "22 {other}"}, [])


@pytest.mark.parametrize(
    ("cap_mib", "explained_mib"), [(64, 1024), (256, 1024), (257, 1028), (1024, 4096)]
)
def test_a_run_under_memray_has_room_for_memray(cap_mib: int, explained_mib: int) -> None:
    decisive = of(WORKLOAD, Settings(), cap_mib * MIB)

    explained = explaining(decisive, Path("captures"), 8192 * MIB)

    assert explained.cap_bytes == explained_mib * MIB
    assert explained.captures == Path("captures/program")
    assert explained.command == decisive.command


def test_the_room_for_memray_ends_where_the_machine_does() -> None:
    decisive = of(WORKLOAD, Settings(), 512 * MIB)

    assert explaining(decisive, Path("captures"), 700 * MIB).cap_bytes == 700 * MIB
    assert explaining(decisive, Path("captures"), 100 * MIB).cap_bytes == 512 * MIB
