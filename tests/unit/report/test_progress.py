"""Foreign text in progress lines and on the screen of baselines commands no CI system."""

import io

from memtune.model import BaselineResult, Settings
from memtune.report.console.baseline import render
from memtune.report.console.common import literal
from memtune.report.console.progress import Progress

HOSTILE = "kept\n::stop-commands::x\n##[error]y \x1b[2J"


def test_a_note_with_foreign_text_stays_one_line() -> None:
    stream = io.StringIO()

    Progress(literal(file=stream, width=60), quiet=True).note(f"its reason: {HOSTILE}")

    said = stream.getvalue()
    assert said.count("\n") == 1
    assert "##[" not in said
    assert "\x1b" not in said
    assert "::stop-commands::" not in said


def test_names_of_a_lock_file_are_foreign_text() -> None:
    stream = io.StringIO()

    render(literal(file=stream, width=120), BaselineResult("memtune.lock.json", (), (HOSTILE,)))

    said = stream.getvalue()
    assert "##[" not in said
    assert "\x1b" not in said
    assert "::stop-commands::" not in said


def test_settings_and_reasons_are_shown_as_they_are() -> None:
    stream = io.StringIO()
    progress = Progress(literal(file=stream, width=120), quiet=False)

    progress.starting(Settings.of({"mode": "a:b:c"}), "a check [red]p[/x] was :warning: missed")

    assert stream.getvalue().splitlines() == [
        "settings: mode=a:b:c",
        "run 1: a check [red]p[/x] was :warning: missed",
    ]
