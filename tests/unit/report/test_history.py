"""The screen of ``memtune history``, compared literally; MEMTUNE_GOLDEN=write makes it anew."""

import os
from dataclasses import replace

import pytest

from memtune.model.history import History, Shift
from memtune.report.console.history import render
from memtune.report.json import dump
from tests.unit.report import samples_history
from tests.unit.report.test_console import GOLDEN, screen


def shown(history: History, width: int = 120) -> str:
    return screen(lambda console: render(console, history), width)


@pytest.mark.parametrize("width", [80, 120])
def test_the_screen_is_as_it_was_last_looked_at(width: int) -> None:
    file = GOLDEN / f"history-{width}.txt"

    text = shown(samples_history.history(), width)

    if os.environ.get("MEMTUNE_GOLDEN") == "write":
        file.write_text(text)
    assert text == file.read_text()
    assert all(len(line) <= width for line in text.splitlines())


def test_foreign_text_neither_colours_nor_clears_the_screen() -> None:
    text = shown(samples_history.history())

    assert "\x1b" not in text
    assert "keeps the index [red]now" in text


def test_bars_do_not_make_mountains_of_noise() -> None:
    history = samples_history.history()
    track = history.tracks[0]
    level = tuple(
        replace(point, median_bytes=need * (1 << 20))
        for point, need in zip(track.points, (40.0, 40.1), strict=True)
    )

    text = shown(History("", (replace(track, points=level),)))

    lengths = [line.count("#") for line in text.splitlines() if "#" in line]
    assert lengths[1] == 12
    assert lengths[0] >= 11


def test_growth_between_single_runs_says_that_its_interval_is_unknown() -> None:
    track = replace(samples_history.history().tracks[0], since_first=Shift(0.1))

    assert "cannot be told from single runs" in shown(History("", (track,)))


def test_json_holds_what_the_screen_shows_and_every_sample() -> None:
    text = dump("history", samples_history.history())

    assert '"need_bytes": [' in text
    assert '"steady": true' in text
