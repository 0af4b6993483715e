"""What is seen of a session while its runs go on: the runs in hand, their memory beside the cap,
how the last ones ended, and the time."""

import textwrap
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from threading import Lock

from rich.console import Console, ConsoleOptions
from rich.text import Text

from memtune.model import Judged, Settings
from memtune.model.live import Going, Reading
from memtune.report.console.common import STYLE
from memtune.report.neutral import plain
from memtune.units import format_bytes, format_clock, format_share

LAST = 5
"""Runs that have ended of which the outcome stays."""
RUNS, BARS = 4, 4
"""Runs that go on, and services of the only one, that are shown; the fullest of more."""
FOLDED = 2
"""Lines that settings and reasons may take."""
_LABEL = 10
_MORE = " ..."
_NARROWEST_BAR = 8


def outcome(judged: Judged, base: Settings | None, *, brief: bool = False) -> Text:
    """Return how a run ended, on one line; its settings are told by how they differ. ``brief``
    leaves out what an observation has in brackets."""
    ruling = judged.verdict.ruling
    need = judged.run.measurement.need
    size = format_bytes(need.value) if need else "need unknown"
    line = Text.assemble((f"{ruling:<4}", STYLE[ruling]))
    line += Text(f" {size:>10}" + (f" ({need.bias})" if need and need.bias else ""))
    decisive = judged.verdict.decisive
    if decisive is not None:
        observed = decisive.observed.partition(" (")[0] if brief else decisive.observed
        line += Text(plain(f" {decisive.check}: {observed}"))
    if base is not None and (difference := judged.run.settings.beside(base)):
        line += Text(plain(f" with {difference}"), "dim")
    return line


@dataclass(frozen=True)
class _Begun:
    going: Going
    at_s: float


class View:
    """Draws itself anew whenever it is asked; told of runs by other threads meanwhile."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun_s = clock()
        self._lock = Lock()
        self._base: Settings | None = None
        self._going: tuple[_Begun, ...] = ()
        self._last: deque[Judged] = deque(maxlen=LAST)
        self._ended = 0
        self._took_s: dict[Settings, list[float]] = {}

    @contextmanager
    def look(self, going: Going) -> Iterator[None]:
        """Show a run while the context lasts."""
        begun = _Begun(going, self._clock())
        with self._lock:
            if self._base is None and going.settings.items:
                self._base = going.settings
            self._going = (*self._going, begun)
        try:
            yield
        finally:
            with self._lock:
                self._going = tuple(one for one in self._going if one is not begun)
                if going.more is not None:
                    took_s = self._took_s.setdefault(going.settings, [])
                    took_s.append(self._clock() - begun.at_s)

    def finished(self, judged: Judged) -> None:
        """Keep how a run that decides has ended."""
        with self._lock:
            self._ended += 1
            self._last.append(judged)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Draw what is known now, no line wider than the screen."""
        with self._lock:
            lines = list(self._lines(options.max_width, ascii_only=options.ascii_only))
        for line in lines:
            line.no_wrap = True
            line.overflow = "crop" if options.ascii_only else "ellipsis"
            yield line

    def _lines(self, width: int, *, ascii_only: bool) -> Iterator[Text]:
        if self._base is not None:
            yield from _rows("settings", str(self._base), width, FOLDED)
        shown = self._going[:RUNS]
        for begun in shown:
            yield from self._run(begun.going, width, ascii_only=ascii_only)
        if len(self._going) > RUNS:
            yield _row("", Text(f"and {len(self._going) - RUNS} more at the same time", "dim"))
        if not self._going:
            yield _row("now", Text("no run: the next is chosen, or waits for memory"))
        for number, judged in enumerate(self._last):
            yield _row("" if number else "ended", outcome(judged, self._base, brief=True))
        now = self._clock()
        yield _row("time", self._time(now))
        if left := self._left(now):
            yield _row("left", Text(left))

    def _run(self, going: Going, width: int, *, ascii_only: bool) -> Iterator[Text]:
        folded = FOLDED if len(self._going) == 1 else 1
        if self._base is None:
            yield from _rows("now", going.reason, width, folded)
        else:
            difference = going.settings.beside(self._base)
            what = f"with {difference}" if difference else "as above"
            yield from _rows("now", what, width, folded)
            yield from _rows("why", going.reason, width, folded)
        readings = _fullest(going.readings(), BARS if len(self._going) == 1 else 1)
        names = [plain(reading.service) if len(readings) > 1 else "" for reading in readings]
        longest = max(map(len, names), default=0)
        for number, (name, reading) in enumerate(zip(names, readings, strict=True)):
            bar = _bar(reading, width - _LABEL - longest - 1, ascii_only)
            yield _row("" if number else "memory", Text(f"{name:<{longest}} ".lstrip()) + bar)

    def _time(self, now: float) -> Text:
        text = f"{_runs(self._ended)} in {format_clock(now - self._begun_s)}"
        if len(self._going) == 1:
            text += f", this one for {format_clock(now - self._going[0].at_s)}"
        return Text(text)

    def _left(self, now: float) -> str:
        """What is sure to come of runs like this one; how long a search takes nobody knows."""
        more = self._going[-1].going.more if self._going else None
        if more is None:
            return ""
        left_s = self._left_s(more, now)
        if left_s is None:
            return f"at least {more} more run{'s' * (more != 1)}" if more else ""
        count = len(self._going)
        these = "this run" if count == 1 else f"these {_runs(count)}"
        return f"about {format_clock(left_s)} for {these}" + (f" and {more} more" if more else "")

    def _left_s(self, more: int, now: float) -> float | None:
        """Return what these runs and so many more will take, by the median of those that have
        ended of the same settings; None where none has, or this one takes longer."""
        known = [self._took_s.get(begun.going.settings) for begun in self._going]
        if not all(known):
            return None
        each_s = [median(took_s) for took_s in known if took_s]
        rest_s = [
            max(0.0, took_s - (now - begun.at_s))
            for took_s, begun in zip(each_s, self._going, strict=True)
        ]
        left_s = (sum(rest_s) + more * each_s[-1]) / len(each_s)
        return left_s if left_s >= 1 else None


def _row(label: str, text: Text) -> Text:
    return Text.assemble((f"{label:<{_LABEL}}", "dim"), text)


def _rows(label: str, text: str, width: int, most: int) -> Iterator[Text]:
    """Foreign text in so many rows at most."""
    room = max(len(_MORE), width - _LABEL)
    lines = textwrap.wrap(plain(text), room, max_lines=most, placeholder=_MORE)
    for number, line in enumerate(lines):
        yield _row("" if number else label, Text(line))


def _bar(reading: Reading, width: int, ascii_only: bool) -> Text:
    """A bar of what is needed of the cap, with the figures after it."""
    share = reading.need_bytes / reading.cap_bytes
    need, cap = format_bytes(reading.need_bytes), format_bytes(reading.cap_bytes)
    told = f" {need:>10} of {cap}, {format_share(share):>6}"
    full, rest = "#." if ascii_only else "█░"
    cells = max(_NARROWEST_BAR, width - len(told))
    filled = min(cells, round(share * cells))
    return Text.assemble((full * filled, "blue"), (rest * (cells - filled), "dim"), told)


def _fullest(readings: Iterable[Reading], count: int) -> list[Reading]:
    """Return those nearest to their caps, in the order in which they came."""
    every = list(readings)
    chosen = sorted(every, key=lambda one: -one.need_bytes / one.cap_bytes)[:count]
    return [one for one in every if one in chosen]


def _runs(count: int) -> str:
    return f"{count} run{'s' * (count != 1)}"
