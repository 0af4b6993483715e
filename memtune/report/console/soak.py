"""The screen of ``memtune profile --soak``."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from memtune.model import CapFor
from memtune.model.soak import Slope, Soaked, SoakResult, Trend
from memtune.report.console.common import STYLE, away, check_table, rates, table
from memtune.report.neutral import plain
from memtune.units import format_bytes, format_duration

_STYLE = {
    Trend.GROWS: "bold red",
    Trend.SLOWS: "bold yellow",
    Trend.NO_GROWTH: "bold green",
    Trend.TOO_SHORT: "bold yellow",
}
_DAY_S = 86_400
_MOST = 0.9
"""Of the time that was asked for: what lasted so long was not too short by itself."""


def render(console: Console, result: SoakResult) -> None:
    """Print what each service's memory did, its phases, what to do, and the checks."""
    console.print(_title(result))
    console.print()
    for one in result.services:
        for line in headline(one, result.soak_s, several=len(result.services) > 1):
            console.print(line)
        console.print(_phases(one))
        if one.advice:
            console.print(_advice(one))
        console.print()
    if not result.services:
        console.print(Text("nothing was seen of its memory", "yellow"))
        console.print()
    verdict = result.judged.verdict
    console.print(Text(verdict.ruling.upper(), STYLE[verdict.ruling]))
    console.print(check_table(verdict))


def _title(result: SoakResult) -> Text:
    what = " ".join(part for part in (result.workload, result.profile) if part)
    under = format_bytes(result.cap_bytes)
    if len(result.services) > 1:
        each = result.judged.run.cap_for is CapFor.EACH
        under += " for each service" if each else " for all services"
    title = Text(f"{what}, soak of {format_duration(result.soak_s)} under {under}", "bold")
    settings = f"\n{result.settings}" if result.settings.items else ""
    environment = result.environment
    rate = result.requests_per_s
    requests = "" if rate is None else f", {rate:.3g} requests/s"
    where = f"\n{environment.executor}, cgroup {environment.cgroup}{requests}"
    return title + Text(settings) + Text(where, "dim")


def headline(one: Soaked, soak_s: float, *, several: bool) -> Iterator[Text]:
    """Yield what memory does, and when it reaches the cap."""
    whose = plain(one.service) or ("all together" if several else "")
    name = Text(f"{whose}: ", "bold") if whose else Text()
    found, slope = one.course, one.course.slope
    if slope is None:
        lasted_s = found.phases[-1].to_s
        why = "soak longer" if lasted_s > _MOST * soak_s else "it ended before the soak was over"
        text = f"no steady state was seen in {format_duration(lasted_s)}: {why}"
        yield name + Text(text, _STYLE[found.trend])
        return
    if found.trend is Trend.NO_GROWTH:
        most = format_bytes(max(slope.high, 0) * 3600)
        yield name + Text(f"no growth: at most {most}/h", _STYLE[found.trend]) + _vague(one, slope)
        return
    less = ", ever less: a longer soak tells whether it stops" if found.trend is Trend.SLOWS else ""
    request = ""
    if one.request_bytes is not None:
        whose = " of the load" if several else ""  # not all of them come to each service
        request = f", {format_bytes(one.request_bytes)} a request{whose}"
    yield name + Text(f"grows by {_interval(slope)}{request}{less}", _STYLE[found.trend])
    if one.to_cap_s is not None and one.cap_bytes is not None:
        cap = f"its cap of {format_bytes(one.cap_bytes)}"
        at, first, last = map(away, one.to_cap_s)
        when = f"reaches {cap} in {at} at that rate ({first} to {last})"
        yield Text(when if one.to_cap_s[0] else f"has reached {cap}", "bold")


def _vague(one: Soaked, slope: Slope) -> Text:
    """What to do where so little is known that the cap might be reached within a day."""
    room = (one.cap_bytes or 0) - (one.course.end_bytes or 0)
    known = one.cap_bytes is None or slope.high * _DAY_S < room
    return Text("" if known else "; a longer soak tells it closer", "dim")


def _advice(one: Soaked) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0))
    for advice in one.advice:
        grid.add_row("-", Text(plain(advice)))
    return grid


def _interval(slope: Slope) -> str:
    """``1.2 MiB/min (0.9..1.5)``, by the hour where it is slow."""
    (value, low, high), unit = rates(slope.per_s, slope.low, slope.high)
    return f"{value} {unit} ({low}..{high})"


def _phases(one: Soaked) -> Table:
    right = ("from", "to", "median", "peak")
    grid = table("phase", *right, right=right)
    for phase in one.course.phases:
        grid.add_row(
            phase.name,
            format_duration(phase.from_s),
            format_duration(phase.to_s),
            format_bytes(phase.median_bytes),
            format_bytes(phase.peak_bytes),
        )
    peak = one.course
    grid.add_row("peak", Text(""), format_duration(peak.peak_s), "", format_bytes(peak.peak_bytes))
    return grid
