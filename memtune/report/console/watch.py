"""The screen of ``memtune watch``: tables that are redrawn in place, or lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich.console import Console, ConsoleOptions, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from memtune.model.soak import Trend
from memtune.model.watch import Close, Kind, Look, Memory, Plan, Row, State
from memtune.report.console.colours import BAD, WARN
from memtune.report.console.common import away, rates, table
from memtune.report.neutral import plain
from memtune.units import format_bytes, format_duration, format_share

BELOW = 2
"""Lines under the tables at the end: why the watch is over, and the shell's prompt."""
_LABELS = {
    Kind.THRESHOLD: ("warning: ", f"bold {WARN}"),
    Kind.OOM_KILL: ("OOM kill: ", f"bold {BAD}"),
}
_TRENDS = {
    Trend.NO_GROWTH: "no growth",
    Trend.SLOWS: "slows down",
    Trend.TOO_SHORT: "no trend yet",
}
_OVER = {
    Close.ENDED: "what was watched has ended",
    Close.TIME_UP: "time is up",
    Close.INTERRUPTED: "interrupted",
}


class Screen:
    """Tables at the bottom of a terminal, and above them what happened."""

    def __init__(self, console: Console, plan: Plan) -> None:
        self._live = Live(console=console, auto_refresh=False)
        self._plan = plan

    def show(self, look: Look) -> None:
        """Redraw the tables; what happened stays above them."""
        if not self._live.is_started:
            self._live.start()
        for note in notes(look):
            self._live.console.print(note)
        self._live.update(_Fitted(look, self._plan), refresh=True)
        if look.close is not None:
            self.close()
            self._live.console.print(over(look))

    def close(self) -> None:
        """Leave the tables as they are, and give the cursor back."""
        self._live.stop()


class Lines:
    """What a log gets: a line for each target at each look, and one for what happened."""

    def __init__(self, plan: Plan, *, quiet: bool) -> None:
        self._plan = plan
        self._quiet = quiet
        self._begun = False

    def of(self, look: Look) -> Iterator[Text]:
        """Yield the lines of a look; quiet ones have no figures of what goes on."""
        if not self._begun and not self._quiet:
            every = f", a look every {format_duration(self._plan.interval_s)}"
            yield Text(f"{plain(look.target)}{every}; {_warns(look, self._plan)}", "bold")
            yield Text(f"since {look.time[:19]}Z; {_sources(look)}", "dim")
        self._begun = True
        yield from notes(look)
        if not self._quiet:
            yield from (_line(look, row) for row in _all(look) if row.state is not State.ENDED)
        if look.close is not None:
            yield over(look)
            yield from (_summary(row) for row in look.rows)


@dataclass(frozen=True)
class _Fitted:
    """The tables with as many of the targets as the terminal has lines for."""

    look: Look
    plan: Plan

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Group]:
        room = options.size.height - BELOW
        most = min(len(self.look.rows), room // 2)  # each has a line in both tables
        for count in range(most, 1, -1):
            group = tables(self.look, self.plan, count)
            if len(console.render_lines(group, options, pad=False)) <= room:
                yield group
                return
        yield tables(self.look, self.plan, 1)


def tables(look: Look, plan: Plan, most: int | None = None) -> Group:
    """Return what is watched: its memory under its cap, and what that consists of; of more targets
    than ``most`` the fullest."""
    several = f", {processes} processes" if (processes := _processes(look)) else ""
    title = f"{plain(look.target)}{several}, watched for {format_duration(look.at_s)}"
    shown = replace(look, rows=_fullest(look.rows, most))
    left_out = len(look.rows) - len(shown.rows)
    more = f"and {left_out} more; `all` counts them too"
    return Group(
        Text.assemble((title, "bold"), (f"; {_warns(look, plan)}", "dim")),
        Text(),
        _under_cap(shown),
        Text(),
        _split(shown),
        *([Text(more, "dim")] if left_out else []),
        Text(),
        Text(_sources(look), "dim"),
    )


def notes(look: Look) -> Iterator[Text]:
    """Yield a line for each thing that happened since the last look."""
    for note in look.notes:
        label = Text(*_LABELS[note.kind]) if note.kind in _LABELS else Text()
        yield Text(f"{_clock(look)}  {plain(note.name)}  ") + label + Text(plain(note.text))


def over(look: Look) -> Text:
    """Return why the watch is over."""
    why = "" if look.close is None else f": {_OVER[look.close]}"
    return Text(f"{_clock(look)}  the watch is over after {format_duration(look.at_s)}{why}")


def _under_cap(look: Look) -> Table:
    held = _held(look)
    grid = _grid("target", held, "cap", "headroom", "OOM", "trend", "at cap", left=("trend",))
    for row in _all(look):
        memory = _now(row)
        grid.add_row(
            Text(plain(row.name)),
            _size(None if memory is None else _own(memory)),
            _cap(row),
            _headroom(row),
            Text(str(row.oom_kills), f"bold {BAD}" if row.oom_kills else ""),
            _trend(row),
            _cap_in(row),
            style="bold" if row is look.total else "",
        )
    return grid


def _split(look: Look) -> Table:
    """What the memory consists of; no columns that nothing is known for."""
    columns = {
        heading: cells
        for heading, cells in _parts(_all(look)).items()
        if any(cell is not None for cell in cells)
    }
    restarts = [row.restarts for row in _all(look)]
    again = ("restarts",) if any(restarts) else ()
    grid = _grid("target", *columns, *again)
    for number, row in enumerate(_all(look)):
        sizes = (_size(cells[number]) for cells in columns.values())
        counts = (str(restarts[number]) for _ in again)
        style = "bold" if row is look.total else ""
        grid.add_row(Text(plain(row.name)), *sizes, *counts, style=style)
    return grid


def _parts(rows: list[Row]) -> dict[str, list[int | None]]:
    seen = [_now(row) or Memory("") for row in rows]
    return {
        "PSS": [one.pss_bytes for one in seen],
        "anon": [one.anon_bytes for one in seen],
        "shmem": [one.shmem_bytes for one in seen],
        "kernel": [one.kernel_bytes for one in seen],
        "cache": [one.cache_bytes for one in seen],
        "group": [one.charged_bytes if one.shared else None for one in seen],
        "peak": [row.peak_bytes for row in rows],
    }


def _line(look: Look, row: Row) -> Text:
    width = max(len(plain(one.name)) for one in _all(look))
    begin = f"{_clock(look)}  {plain(row.name):<{width}}  "
    memory = _now(row)
    if memory is None:
        return Text(begin + (row.state if row.state is not State.RUNNING else "not to be read now"))
    own, room = _own(memory), _headroom(row)
    said = [] if own is None else [f"{_held(look)} {format_bytes(own)}"]
    said.append("no cap" if memory.cap_bytes is None else f"cap {format_bytes(memory.cap_bytes)}")
    said += [f"headroom {room}"] if room else []
    said += [text for text in (_trend(row),) if text]
    said += [f"reaches the cap: {_cap_in(row)}"] if row.to_cap_s is not None else []
    parts = ((name, sizes[0]) for name, sizes in _parts([row]).items() if name != "peak")
    split = [f"{name} {format_bytes(size)}" for name, size in parts if size is not None]
    return Text(f"{begin}{', '.join(said)}; {', '.join(split)}")


def _summary(row: Row) -> Text:
    peak = "" if row.peak_bytes is None else f"peak {format_bytes(row.peak_bytes)}, "
    kills = f"{row.oom_kills} OOM kill{'s' * (row.oom_kills != 1)}"
    restarts = f"{row.restarts} restart{'s' * (row.restarts != 1)}"
    return Text(f"{plain(row.name)}: {peak}{kills}, {restarts}")


def _grid(*headings: str, left: tuple[str, ...] = ()) -> Table:
    """A table in which only the first column is folded."""
    grid = table(*headings, right=tuple(one for one in headings[1:] if one not in left))
    for column in grid.columns[1:]:
        column.no_wrap = True
    return grid


def _all(look: Look) -> list[Row]:
    return [*look.rows, *([look.total] if look.total is not None else [])]


def _fullest(rows: Sequence[Row], most: int | None) -> tuple[Row, ...]:
    """Those nearest to their caps, in the order in which they came; before those that have none
    and those that have ended."""

    def rank(row: Row) -> tuple[bool, bool, float]:
        held = (row.memory and _own(row.memory)) or 0
        free = -held if row.headroom is None else row.headroom
        return row.state is State.ENDED, row.headroom is None, free

    chosen = sorted(range(len(rows)), key=lambda number: rank(rows[number]))[:most]
    return tuple(rows[number] for number in sorted(chosen))


def _now(row: Row) -> Memory | None:
    """What it holds; what has ended holds nothing."""
    return row.memory if row.state is State.RUNNING else None


def _held(look: Look) -> str:
    """Which figure its own memory is."""
    processes = any(row.memory and row.memory.rss_bytes is not None for row in look.rows)
    return "RSS" if processes else "need"


def _own(memory: Memory) -> int | None:
    return memory.need_bytes if memory.rss_bytes is None else memory.rss_bytes


def _processes(look: Look) -> int:
    return sum(memory.processes or 0 for row in look.rows if (memory := _now(row)) is not None)


def _size(size: int | None) -> str:
    return "" if size is None else format_bytes(size)


def _cap(row: Row) -> str:
    """The last that it had."""
    if row.memory is None:
        return ""
    return "none" if row.memory.cap_bytes is None else format_bytes(row.memory.cap_bytes)


def _headroom(row: Row) -> Text:
    """The share that is free, with a mark where it warns."""
    if row.headroom is None or _now(row) is None:
        return Text()
    warns = row.threshold is not None
    return Text(f"{'! ' * warns}{format_share(row.headroom)}", f"bold {WARN}" if warns else "")


def _trend(row: Row) -> str:
    if row.state is not State.RUNNING:
        return row.state
    if row.trend is Trend.GROWS and row.slope is not None:
        [rate], unit = rates(row.slope.per_s)
        return f"+{rate} {unit}"
    return "" if row.trend is None else _TRENDS[row.trend]


def _cap_in(row: Row) -> str:
    if row.to_cap_s is None:
        return ""
    return f"in {away(row.to_cap_s[0])}" if row.to_cap_s[0] else "now"


def _warns(look: Look, plan: Plan) -> str:
    if not any(row.memory and row.memory.cap_bytes is not None for row in look.rows):
        return "without a cap nothing warns"
    return f"warns at {', '.join(map(format_share, plan.thresholds))} of the cap"


def _sources(look: Look) -> str:
    """Where the figures are from, and what a column means that is not plain."""
    seen = [row.memory for row in look.rows if row.memory is not None]
    own = {one.source: None for one in seen}
    caps = {one.cap_source: None for one in seen if one.cap_source}
    said = [f"{_held(look)}: {', '.join(own)}", *(f"cap: {cap}" for cap in caps)]
    if any(one.shared for one in seen):
        said.append(
            "group: the need of all that counts against the cap; peak, trend and warnings "
            "are about it"
        )
    return plain("; ".join(said))


def _clock(look: Look) -> str:
    return f"{look.time[11:19]}Z"
