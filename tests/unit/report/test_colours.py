"""Whether the colours of the screens can be read, whatever scheme a terminal has."""

import re
from collections.abc import Callable

import pytest
from rich.color import Color
from rich.console import Console

from memtune.model import Settings
from memtune.model.live import Going, Reading
from memtune.report.console import plots
from memtune.report.console.common import console
from memtune.report.console.live import View
from memtune.units import MIB
from tests.unit.report.test_console import SCREENS
from tests.unit.report.test_plots import FRONT, RISES

LEAST = 3.8
"""Contrast. 3 is asked for of large text and 4.5 of small; no colour has more than 4.6 on both
grounds. https://www.w3.org/TR/WCAG21/#contrast-minimum"""
CODES = re.compile(r"\x1b\[([\d;]*)m")
FIXED = re.compile(r"38;5;(\d+)")
OF_A_SCHEME = re.compile(r"(?:^|;)(?:3[0-7]|4[0-7]|9[0-7]|10[0-7])(?:;|$)")


def live(screen: Console) -> None:
    view = View()
    with view.look(Going(Settings(), "run 1 of 2", lambda: (Reading(MIB, 2 * MIB),), 1)):
        screen.print(view)


DRAWN: dict[str, Callable[[Console], None]] = SCREENS | {
    "live": live,
    "memory": lambda screen: screen.print(plots.over_time(screen, RISES, 512 * MIB)),
    "front": lambda screen: screen.print(plots.against_speed(screen, FRONT, FRONT[0].settings)),
}


@pytest.mark.parametrize("name", DRAWN)
def test_every_colour_is_told_from_white_and_from_black(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable in ("NO_COLOR", "COLORTERM"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")

    DRAWN[name](console())

    codes = CODES.findall(capsys.readouterr().out)
    assert codes
    for code in codes:
        assert not OF_A_SCHEME.search(FIXED.sub("", code)), code
        for number in FIXED.findall(code):
            assert min(contrasts(int(number))) >= LEAST


@pytest.mark.parametrize(("number", "on_white", "on_black"), [(16, 21, 1), (231, 1, 21)])
def test_contrasts_are_as_they_are_defined(number: int, on_white: float, on_black: float) -> None:
    assert contrasts(number) == pytest.approx((on_white, on_black))


def contrasts(number: int) -> tuple[float, float]:
    """Of one of the 256 colours: on white, on black."""
    shares = [part / 255 for part in Color.from_ansi(number).get_truecolor()]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05
