"""Plots of a few rows: memory over time, memory against speed; ASCII where the terminal's encoding
has no more."""

from collections.abc import Sequence
from itertools import groupby

import plotext
from rich.console import Console
from rich.text import Text

from memtune.model import Moment, OnFront, Settings, Unit
from memtune.report.console.colours import BAD, GOOD, NOTE
from memtune.report.console.common import shown
from memtune.units import format_bytes, format_duration

ROWS = 8
WIDEST = 100
"""Columns; more make no clearer plot."""
TICKS = 4
"""Parts of an axis of time or memory."""
ROOM = 1.1
"""So far beyond the outermost point an axis goes."""
_ASCII_AXES = str.maketrans("─│┤┬└", "-||-+")


def over_time(console: Console, moments: Sequence[Moment], cap_bytes: int) -> Text:
    """Return the need of a run over time, below its cap."""
    plain = console.options.ascii_only
    end_s = max(moments[-1].at_s, 0.001)
    columns = _begin(console)
    highest = _highest(moments, end_s, columns)
    plotext.plot(
        [end_s * column / columns for column in highest],
        list(highest.values()),
        marker="*" if plain else "braille",
        color=_number(NOTE),
        fillx=True,
    )
    plotext.plot(
        [0, end_s], [cap_bytes, cap_bytes], marker="-" if plain else "─", color=_number(BAD)
    )
    plotext.xlim(0, end_s)
    plotext.ylim(0, cap_bytes)
    plotext.yticks(
        [0, cap_bytes / 2, cap_bytes],
        ["0", format_bytes(cap_bytes / 2), f"cap {format_bytes(cap_bytes)}"],
    )
    times = _parts(end_s)
    plotext.xticks(times, ["0", *map(format_duration, times[1:])])
    return _drawn(plain=plain)


def against_speed(console: Console, front: Sequence[OnFront], pick: Settings) -> Text:
    """Return the settings that no others beat, what they need from left to right and how fast they
    are upwards; the pick is an X."""
    plain = console.options.ascii_only
    need = ROOM * max(point.need_bytes for point in front)
    speed = ROOM * max(point.speed_per_s for point in front)
    _begin(console)
    for points, marker, colour in (
        ([point for point in front if point.settings != pick], "o", NOTE),
        ([point for point in front if point.settings == pick], "X", GOOD),
    ):
        plotext.scatter(
            [point.need_bytes for point in points],
            [point.speed_per_s for point in points],
            marker=marker,
            color=_number(colour),
        )
    plotext.xlim(0, need)
    plotext.ylim(0, speed)
    speeds = [0, speed / 2, speed]
    plotext.yticks(speeds, ["0", *(shown(one, Unit.PER_SECOND) for one in speeds[1:])])
    needs = _parts(need)
    plotext.xticks(needs, ["0", *map(format_bytes, needs[1:])])
    return _drawn(plain=plain)


def _highest(moments: Sequence[Moment], end_s: float, columns: int) -> dict[int, int]:
    """Return the highest need in each column: no peak is lost between two."""
    by_column = groupby(moments, lambda moment: int(moment.at_s / end_s * columns))
    return {column: max(moment.need_bytes for moment in found) for column, found in by_column}


def _parts(end: float) -> list[float]:
    return [end * number / TICKS for number in range(TICKS + 1)]


def _begin(console: Console) -> int:
    """Take a clean sheet, and return how many columns it has."""
    columns = min(console.width, WIDEST)
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limitsize(False, False)  # it would look for a terminal of its own
    plotext.plotsize(columns, ROWS)
    plotext.xaxes(True, False)
    plotext.yaxes(True, False)
    return columns


def _drawn(*, plain: bool) -> Text:
    drawn = plotext.build().rstrip("\n")
    plotext.clear_figure()
    return Text.from_ansi(drawn.translate(_ASCII_AXES) if plain else drawn)


def _number(colour: str) -> int:
    """Which of the 256 colours it is."""
    return int(colour.removeprefix("color(").removesuffix(")"))
