"""Plots on the screens of ``profile`` and ``recommend``, and what is left of these on 24 rows."""

import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from memtune.model import CapFor, Judged, Moment, OnFront, ProfileResult
from memtune.report.console import plots, profile, recommend
from memtune.report.console.common import literal
from memtune.trial import as_trial
from memtune.units import MIB
from tests.unit.report import samples

GOLDEN = Path(__file__).parents[2] / "golden"
HOSTILE = "db\n::stop-commands::x\n##[error]y \x1b[2J"
ROWS = 24
PEAK_MIB = 207
RISES = tuple(
    Moment(n / 100, (PEAK_MIB if n == 250 else 30 + min(n, 200) // 2) * MIB, 0) for n in range(500)
)
"""Five seconds: a slope, a plain, and on it one moment's peak."""
FRONT = (
    OnFront(samples.settings(1, 320), 90 * MIB, 2.9, 3),
    OnFront(samples.settings(1, 800), 120 * MIB, 4.5, 8),
    OnFront(samples.settings(2, 800), 207 * MIB, 5.2, 2),
    OnFront(samples.settings(4, 800), 380 * MIB, 5.3, 1),
)


class Screen:
    """A terminal without colours."""

    def __init__(self, width: int, encoding: str = "utf-8") -> None:
        self._stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
        self.console = literal(file=self._stream, width=width)

    def text(self) -> str:
        self._stream.flush()
        self._stream.seek(0)
        return "".join(line.rstrip() + "\n" for line in self._stream.read().splitlines())


def profiled(moments: tuple[Moment, ...] = RISES) -> ProfileResult:
    """A profile of two runs, the second of which was watched."""
    result = samples.profile_result()
    first, second = result.trial.runs
    seen = replace(second, run=replace(second.run, timeline=moments))
    trial = as_trial(result.trial.settings, [first, seen])
    return replace(result, trial=trial, explanation=None)


def memory(screen: Screen) -> None:
    screen.console.print(plots.over_time(screen.console, RISES, 512 * MIB))


def front(screen: Screen) -> None:
    pick = samples.settings(1, 800)
    screen.console.print(plots.against_speed(screen.console, FRONT, pick))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("plot", [memory, front])
def test_a_plot_is_as_it_was_last_looked_at(plot: Callable[[Screen], None], width: int) -> None:
    file = GOLDEN / f"plot-{plot.__name__}-{width}.txt"
    screen = Screen(width)

    plot(screen)

    drawn = screen.text()
    if os.environ.get("MEMTUNE_GOLDEN") == "write":
        file.write_text(drawn, encoding="utf-8")
    assert drawn == file.read_text(encoding="utf-8")
    assert len(drawn.splitlines()) <= 10
    assert all(len(line) <= width for line in drawn.splitlines())


@pytest.mark.parametrize("plot", [memory, front])
def test_a_terminal_without_utf_8_gets_ascii(plot: Callable[[Screen], None]) -> None:
    screen = Screen(80, "ascii")

    plot(screen)

    assert screen.text().isascii()


def test_a_plot_is_the_same_whatever_terminal_it_is_made_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, after = Screen(80), Screen(80)
    memory(before)

    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("LINES", "3")
    front(Screen(100))
    memory(after)

    assert after.text() == before.text()


def test_the_peak_of_a_moment_is_in_the_plot() -> None:
    quiet = tuple(replace(one, need_bytes=min(one.need_bytes, 130 * MIB)) for one in RISES)
    with_peak, without = Screen(80), Screen(80)

    with_peak.console.print(plots.over_time(with_peak.console, RISES, 256 * MIB))
    without.console.print(plots.over_time(without.console, quiet, 256 * MIB))

    assert with_peak.text() != without.text()


def test_a_profile_shows_the_run_that_came_nearest_to_its_cap() -> None:
    screen = Screen(80)

    profile.render(screen.console, profiled())

    assert "Need over time, in the run that needed most" in screen.text()
    assert "cap 512 MiB" in screen.text()


def test_of_services_with_caps_of_their_own_the_fullest_is_shown_by_name() -> None:
    result = samples.service_profile()

    def watched(one: Judged) -> Judged:
        parts = [replace(part, timeline=RISES) for part in one.run.parts]
        parts[0] = replace(parts[0], service=HOSTILE, cap_bytes=210 * MIB)
        run = replace(one.run, parts=tuple(parts), cap_for=CapFor.EACH)
        return replace(one, run=run)

    trial = replace(result.trial, runs=tuple(map(watched, result.trial.runs)))
    screen = Screen(120)
    profile.render(screen.console, replace(result, trial=trial, explanation=None))

    [title] = [line for line in screen.text().splitlines() if line.startswith("Need of db")]
    assert "over time" in title
    assert "\x1b" not in screen.text()
    assert "##[" not in title
    assert "cap 210 MiB" in screen.text()


@pytest.mark.parametrize("moments", [(), RISES[:3]])
def test_what_was_hardly_seen_has_no_plot(moments: tuple[Moment, ...]) -> None:
    screen = Screen(80)

    profile.render(screen.console, profiled(moments))

    assert "over time" not in screen.text()


def test_a_run_whose_moments_are_all_one_has_a_plot() -> None:
    screen = Screen(80)

    profile.render(screen.console, profiled((Moment(0.0, MIB, MIB),) * 20))

    assert "cap 512 MiB" in screen.text()


def test_one_settings_on_the_front_is_nothing_to_plot() -> None:
    screen = Screen(80)
    study = replace(samples.study(), front=FRONT[1:2])

    recommend.render(screen.console, study, ())

    assert "Memory against speed" in screen.text()
    assert "┤" not in screen.text()


def test_the_verdict_and_its_checks_are_in_the_last_rows() -> None:
    screen = Screen(80)

    profile.render(screen.console, profiled())

    left = screen.text().splitlines()[-ROWS:]
    assert left[-1].startswith("PASS  needs 207")
    assert any(line.startswith("check ") for line in left)
    assert any("cap 512 MiB" in line for line in left)


def test_the_recommendation_and_how_to_apply_it_are_in_the_last_rows() -> None:
    screen = Screen(80)
    apply = tuple(f"KNOB_{number}={number}" for number in range(11))

    recommend.render(
        screen.console,
        replace(samples.study(), front=FRONT),
        apply,
        report=f"/home/somebody/project/.memtune/reports/{'x' * 30}.html",
    )

    left = "\n".join(screen.text().splitlines()[1 - ROWS :])  # the prompt takes a row
    assert "Recommended: workers=1 max_side_px=800" in left
    assert "To apply it:" in left
    assert "Report: " in left
