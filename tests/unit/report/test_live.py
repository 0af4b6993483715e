"""The live view of a session, drawn at moments of a made-up one."""

import io
import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from memtune.model import Settings
from memtune.model.live import Going, Reading
from memtune.report.console.common import literal
from memtune.report.console.live import View
from memtune.units import MIB
from tests.unit.report.samples import CAP, judged, settings

GOLDEN = Path(__file__).parents[2] / "golden"
HOSTILE = "db\n::stop-commands::x\n##[error]y \x1b[2J[red]"


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Sitting:
    """A view, and the runs that it is told of."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.view = View(self.clock)
        self.open = ExitStack()

    def begins(
        self,
        where: Settings,
        reason: str,
        *readings: Reading,
        more: int | None = None,
    ) -> None:
        going = Going(where, reason, lambda: readings, more)
        self.open.enter_context(self.view.look(going))

    def goes_by(self, where: Settings, need_mib: float, took_s: float, oom: bool = False) -> None:
        """One run begins, takes its time and ends."""
        with self.view.look(Going(where, "", lambda: (), 0)):
            self.clock.now_s += took_s
        self.view.finished(judged(where, need_mib, oom=oom))

    def drawn(self, width: int = 80, encoding: str = "utf-8") -> str:
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
        console = literal(file=stream, width=width, color_system=None)
        console.print(self.view, end="")
        stream.flush()
        stream.seek(0)
        return "".join(line.rstrip() + "\n" for line in stream.read().splitlines())


def search(*others: tuple[Settings, Reading]) -> Sitting:
    """In the midst of a search."""
    one = Sitting()
    one.goes_by(settings(1, 320), 98.8, 5.2)
    one.goes_by(settings(4, 800), 511.9, 2.1, oom=True)
    one.goes_by(settings(2, 800), 211.4, 4.4)
    one.begins(settings(2, 320), "halves what may still need less", Reading(120 * MIB, CAP))
    for where, reading in others:
        one.begins(where, "a rival of the pick", reading)
    one.clock.now_s += 3.3
    return one


def services() -> Sitting:
    one = Sitting()
    one.goes_by(Settings(), 98.8, 62.0)
    auth, base = Reading(120 * MIB, CAP, "auth"), Reading(130 * MIB, 160 * MIB, "database")
    one.begins(Settings(), "run 2 of 4", auth, base, more=2)
    one.clock.now_s += 2
    return one


def several() -> Sitting:
    return search(
        (settings(1, 800), Reading(77 * MIB, CAP)), (settings(4, 320), Reading(500 * MIB, CAP))
    )


MOMENTS: dict[str, Callable[[], Sitting]] = {
    "start": Sitting,
    "search": search,
    "services": services,
    "several": several,
}


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", MOMENTS)
def test_the_view_is_as_it_was_last_looked_at(name: str, width: int) -> None:
    file = GOLDEN / f"live-{name}-{width}.txt"

    drawn = MOMENTS[name]().drawn(width)

    if os.environ.get("MEMTUNE_GOLDEN") == "write":
        file.write_text(drawn, encoding="utf-8")
    assert drawn == file.read_text(encoding="utf-8")
    assert all(len(line) <= width for line in drawn.splitlines())


def test_of_many_runs_at_the_same_time_the_view_still_fits_the_screen() -> None:
    many = search(*[(settings(4, 320), Reading(number * MIB, CAP)) for number in range(40)])

    drawn = many.drawn()

    assert len(drawn.splitlines()) < 24
    assert "and 37 more at the same time" in drawn


def test_of_many_services_the_fullest_are_shown() -> None:
    one = Sitting()
    readings = [Reading(number * MIB, CAP, f"service-{number}") for number in range(9)]

    one.begins(Settings(), "run 1 of 1", *readings)

    shown = [number for number in range(9) if f"service-{number}" in one.drawn()]
    assert shown == [5, 6, 7, 8]


def test_without_readings_there_is_no_bar() -> None:
    one = Sitting()

    one.begins(settings(1, 320), "on another machine")

    assert "memory" not in one.drawn()
    assert "on another machine" in one.drawn()


def test_a_need_beyond_the_cap_fills_the_bar_and_no_more() -> None:
    one = Sitting()

    one.begins(Settings(), "run 1 of 1", Reading(2 * CAP, CAP))

    assert "░" not in one.drawn()
    assert all(len(line) <= 80 for line in one.drawn().splitlines())


def test_time_left_is_told_by_runs_of_the_same_settings_alone() -> None:
    one = Sitting()
    one.goes_by(settings(4, 800), 300, 60.0)

    one.begins(settings(1, 320), "run 1 of 3", more=2)

    assert one.drawn().splitlines()[-1] == "left      at least 2 more runs"


def test_nothing_is_promised_of_a_run_that_takes_longer_than_those_before_it() -> None:
    one = Sitting()
    one.goes_by(settings(1, 320), 98.8, 5.0)
    one.begins(settings(1, 320), "run 2 of 2", more=0)

    one.clock.now_s += 7

    assert "left" not in one.drawn()


def test_an_ended_run_is_no_longer_shown_and_its_outcome_is() -> None:
    one = Sitting()
    one.begins(settings(1, 320), "the first", Reading(MIB, CAP))
    one.open.close()
    one.view.finished(judged(settings(1, 320), 98.8))

    assert "the first" not in one.drawn()
    assert "no run" in one.drawn()
    assert "pass" in one.drawn()


def test_a_terminal_without_utf_8_gets_ascii() -> None:
    drawn = search().drawn(encoding="ascii")

    assert "memory    #####" in drawn
    assert drawn.isascii()


def test_foreign_text_moves_no_cursor_and_is_no_markup() -> None:
    one = Sitting()
    one.begins(
        Settings.of({"mode": HOSTILE}),
        HOSTILE,
        Reading(MIB, CAP, HOSTILE),
        Reading(MIB, CAP, "web"),
    )

    drawn = one.drawn(400)

    assert "\x1b" not in drawn
    assert "##[" not in drawn
    assert "::stop-commands::" not in drawn
    assert "[red]" in drawn
    assert len(drawn.splitlines()) == 6


@pytest.mark.parametrize("width", [1, 8, 12, 14])
def test_no_terminal_is_too_narrow(width: int) -> None:
    sitting = Sitting()
    sitting.begins(settings(1, 800), "a reason of several words", Reading(100 * MIB, CAP))

    assert sitting.drawn(width)
