"""The screen of ``memtune history``."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from memtune.model import Environment
from memtune.model.history import History, Origin, Point, Shift, Track
from memtune.report.console.common import table
from memtune.report.neutral import plain
from memtune.units import format_bytes, format_growth

_SHORT = 10
_BAR = 12
"""Characters of the longest bar."""
_LEAST_RANGE = 0.05
"""Share of the largest need that the bars span at least: noise must not fill them."""
_SUBJECT = 72
"""Characters of a subject that are shown."""
_FEWEST = 5
"""Figures that steps are looked for in, as in memtune.steps."""


def render(console: Console, history: History) -> None:
    """Print a table for each scenario and environment, and what it says in words."""
    for track in history.tracks:
        console.print(_title(track))
        console.print()
        console.print(_table(track))
        console.print()
        for line in _words(track):
            console.print(line)
        console.print()
    for one in history.unreadable:
        where = f"the lock file of {one.commit[:_SHORT]} is passed over: "
        console.print(Text(where + plain(one.problem), "yellow"))


def _title(track: Track) -> Text:
    count = len(track.figures)
    title = Text(f"{plain(track.scenario)}, {count} figure{'s' * (count != 1)}", "bold")
    title += Text(f"\n{plain(_environment(track.environment))}", "dim")
    if track.changed:
        title += Text(
            f"\nanother environment than above: {plain('; '.join(track.changed))}; "
            "not to be compared",
            "yellow",
        )
    return title


def _environment(environment: Environment) -> str:
    memtune = dict(environment.tools).get("memtune")
    return ", ".join(
        [
            environment.executor,
            f"cgroup {environment.cgroup}",
            f"kernel {environment.kernel}",
            f"{environment.cpus} CPUs",
            *([f"memtune {memtune}"] if memtune else []),
        ]
    )


def _table(track: Track) -> Table:
    grid = table("date", "commit", "need", "change", "", "subject", right=("need", "change"))
    for column in grid.columns[:-1]:
        column.no_wrap = True
    steps = {step.commit: step.shift for step in track.steps}
    bars = _bars([point.median_bytes for point in track.points])
    before: Point | None = None
    for point, bar in zip(track.points, bars, strict=True):
        step = steps.get(point.commit) if point.median_bytes is not None else None
        grid.add_row(
            point.at[:10],
            point.commit[:_SHORT],
            "-" if point.median_bytes is None else format_bytes(point.median_bytes),
            "" if point.change is None else format_growth(point.change),
            Text(bar, "bold yellow" if step else "cyan"),
            _subject(point, before, step),
        )
        before = point if point.median_bytes is not None else before
    return grid


def _bars(needs: Sequence[float | None]) -> list[str]:
    known = [need for need in needs if need is not None]
    high = max(known, default=0.0)
    low = min([*known, high * (1 - _LEAST_RANGE)], default=0.0)
    return [
        "" if need is None else "#" * (1 + round((_BAR - 1) * (need - low) / (high - low)))
        for need in needs
    ]


def _subject(point: Point, before: Point | None, step: Shift | None) -> Text:
    """The subject, between what is to be known about the figure."""
    subject = plain(point.subject)
    cut = subject if len(subject) <= _SUBJECT else f"{subject[: _SUBJECT - 3]}..."
    text = Text(f"step {format_growth(step.growth)}: " if step else "", "bold yellow")
    text += Text("baseline: " if point.origin is Origin.BASELINE else "", "dim") + Text(cut)
    for change in _turned(point, before):
        text += Text(f" ({plain(change)})", "yellow")
    return text + Text(f" ({plain(point.problem)})" if point.problem else "", "red")


def _turned(point: Point, before: Point | None) -> Iterator[str]:
    """What else than the code is not as it was before."""
    if before is None or point.median_bytes is None:
        return
    if point.settings != before.settings:
        yield f"now with {point.settings or 'no settings'}"
    if point.cap_bytes and point.cap_bytes != before.cap_bytes:
        yield f"now under {format_bytes(point.cap_bytes)}"


def _words(track: Track) -> Iterator[Text]:
    figures = track.figures
    if track.since_first is None:
        yield Text("There is nothing to compare with yet.", "dim")
        return
    for step in track.steps:
        yield Text(f"Step at {step.commit[:_SHORT]}: ") + _shift(step.shift)
    first = f"Since the first, {figures[0].commit[:_SHORT]}: "
    drifts = track.steady and track.since_first.is_certain
    yield Text(first) + _shift(track.since_first) + Text(_drift(track) if drifts else "")
    if track.since_step is not None:
        since = f"Since the last step, {track.steps[-1].commit[:_SHORT]}: "
        yield Text(since) + _shift(track.since_step)
    if len(figures) < _FEWEST:
        yield Text(f"Steps are looked for in {_FEWEST} figures or more.", "dim")
    yield Text(_scale([point.median_bytes or 0.0 for point in figures]), "dim")


def _drift(track: Track) -> str:
    """The growth from one commit to the next that adds up to the whole."""
    assert track.since_first is not None
    each = (1 + track.since_first.growth) ** (1 / (len(track.figures) - 1)) - 1
    return f"; a slow drift of {format_growth(each)} a commit, no single step"


def _shift(shift: Shift) -> Text:
    text = Text(format_growth(shift.growth), "bold")
    if shift.low is None or shift.high is None:
        return text + Text(" (how sure that is cannot be told from single runs)")
    text += Text(f" (95 % interval {format_growth(shift.low)} to {format_growth(shift.high)})")
    return text if shift.is_certain else text + Text(", within the noise")


def _scale(needs: Sequence[float]) -> str:
    high = max(needs)
    low = min(*needs, high * (1 - _LEAST_RANGE))
    return f"Bars go from {format_bytes(low)} to {format_bytes(high)}, not from zero."
