"""The screens of ``memtune studies`` and ``memtune export``, compared literally."""

import os
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console

from memtune.model.export import ExportResult
from memtune.model.stored import Listed, State, Studies
from memtune.report.console import export, studies
from tests.unit.report.samples import settings
from tests.unit.report.test_console import GOLDEN, screen

ROWS = (
    (9, "recommend", "facial-service", State.RUNNING, 12, "", ""),
    (8, "recommend", "face", State.RESUMABLE, 7, "", ""),
    (7, "profile", "backend", State.INTERRUPTED, 2, "", ""),
    (6, "init", "shop", State.FINISHED, 4, "", ""),
    (5, "check", "words", State.FINISHED, 9, "fail", "thumbnails: growth +14.1 %"),
    (
        4,
        "recommend",
        "face",
        State.FINISHED,
        31,
        "pass",
        "needs 88.1 MiB: workers=1 cache_size=250 max_side_px=800",
    ),
    (3, "floor", "batch-job", State.FINISHED, 17, "pass", "floor 41 MiB"),
    (2, "profile", "sh", State.FINISHED, 3, "inconclusive", "need: [red]not measured[/red]"),
)
LISTED = Studies(
    tuple(
        Listed(
            f"2026010{day}-120000-abcde{day}",
            command,
            workload,
            f"2026-01-0{day}T12:00:00",
            state,
            runs,
            ruling,
            says,
        )
        for day, command, workload, state, runs, ruling, says in ROWS
    )
)


def exported(*, written: bool = True, path: str = ".env") -> ExportResult:
    return ExportResult(
        source="study 20260104-120000-abcde4",
        workload="face",
        settings=settings(1, 800),
        format="env",
        path=path,
        text="",
        diff=(
            "--- .env",
            "+++ .env",
            "@@ -1,3 +1,5 @@",
            " SECRET=[red]x[/red]",
            "-WORKERS=8",
            "+WORKERS=1",
            "+# Written by `memtune export`: study 20260104-120000-abcde4 of face; a line that is "
            "longer than the screen",
            "+SIDE=800",
        ),
        written=written,
        notes=(
            "not carried: the cap of 512 MiB; such as docker run --memory 512m --memory-swap 512m",
        ),
    )


SCREENS: dict[str, Callable[[Console], None]] = {
    "studies": lambda console: studies.render(console, LISTED),
    "export": lambda console: export.render(console, exported()),
}


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_as_it_was_last_looked_at(name: str, width: int) -> None:
    file = GOLDEN / f"{name}-{width}.txt"

    shown = screen(SCREENS[name], width)

    if os.environ.get("MEMTUNE_GOLDEN") == "write":
        file.write_text(shown)
    assert shown == file.read_text()


def test_the_list_is_no_wider_than_the_terminal() -> None:
    for width in (80, 99, 100, 120):
        assert all(len(line) <= width for line in screen(SCREENS["studies"], width).splitlines())


def test_lines_of_a_diff_are_never_folded() -> None:
    lines = screen(SCREENS["export"], 80).splitlines()

    assert set(exported().diff) <= set(lines)


def test_what_happened_to_the_file_is_said_last() -> None:
    def last(result: ExportResult) -> str:
        return screen(lambda console: export.render(console, result), 80).splitlines()[-1]

    assert last(exported()) == "written: .env"
    assert last(exported(written=False)) == "not written: .env"


def test_foreign_text_moves_no_cursor() -> None:
    evil = replace(LISTED.studies[-1], workload="a\x1b[2J", says="b\x1b]0;c\x07")

    shown = screen(lambda console: studies.render(console, Studies((evil,))), 120)
    shown += screen(lambda console: export.render(console, exported(path="\x1b[2J")), 120)

    assert "\x1b" not in shown


def test_no_studies_are_a_sentence() -> None:
    assert "no studies" in screen(lambda console: studies.render(console, Studies(())), 80)
