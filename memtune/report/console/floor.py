"""The screen of ``memtune floor``."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from memtune.model import CapTried, Floor
from memtune.report.console.common import shown, table
from memtune.units import MIB, format_duration


def render(console: Console, floor: Floor) -> None:
    """Print the floor, what the reference run needed, and every cap that was tried."""
    for part in (_title(floor), headline(floor), _reference(floor), _caps(floor)):
        console.print(part)
        console.print()


def headline(floor: Floor) -> Text:
    """Return the floor in one or two lines."""
    if floor.floor_bytes is None:
        return Text("FAIL  ", "bold red") + Text("does not pass under the roomy cap either")
    sign = "at most " if floor.at_most else ""
    text = Text(f"floor {sign}{_cap(floor.floor_bytes)}", "bold green")
    text += Text(f": passes {floor.repeats} of {floor.repeats}")
    if not floor.at_most:
        text += Text(f", {_cap(floor.floor_bytes - floor.resolution_bytes)} does not")
    comfortable = floor.comfortable_bytes
    if comfortable is not None and comfortable > floor.floor_bytes:
        text += Text(f"\nslow below {_cap(comfortable)}: passes, but thrashes", "yellow")
    return text


def _title(floor: Floor) -> Text:
    title = Text(floor.workload, "bold")
    environment = floor.environment
    return title + Text(
        (f"\n{floor.settings}" if floor.settings.items else "")
        + f"\n{environment.executor}, cgroup {environment.cgroup}, page cache {floor.page_cache}",
        "dim",
    )


def _reference(floor: Floor) -> Table:
    run = floor.reference.run
    grid = table("figure", "observed", "source")
    grid.columns[1].header = f"under {_cap(run.cap_bytes)}"
    measurement = run.measurement
    for name, figure in (
        ("need", measurement.need),
        ("cgroup_peak", measurement.cgroup_peak),
        ("duration", measurement.duration),
    ):
        if figure is not None:
            grid.add_row(name, shown(figure.value, figure.unit), Text(figure.source, "dim"))
    return grid


def _caps(floor: Floor) -> Table:
    told = any(tried.stalled_s is not None for tried in floor.caps)  # by cgroup v2 with PSI
    numbers = ("cap", "passed", "time", "refaults", *(["stalled"] if told else []))
    grid = table(*numbers, "", right=numbers)
    for tried in floor.caps:
        cells = [
            _cap(tried.cap_bytes),
            f"{tried.passed} of {tried.runs}",
            "" if tried.slowdown is None else f"x{tried.slowdown:.2f}",
            "" if tried.refaults is None else f"{tried.refaults:,.0f}",
        ]
        if told:
            stalled = tried.stalled_s
            cells.append("" if stalled is None else format_duration(stalled))
        grid.add_row(*cells, _remark(tried))
    return grid


def _remark(tried: CapTried) -> Text:
    if tried.passed == 0:
        return Text("fails", "red")
    if tried.passed < tried.runs:
        return Text("flaky", "yellow")
    return Text("slow", "yellow") if tried.slow else Text("passes", "green")


def _cap(size: int) -> str:
    """A cap with all its digits: steps may be a fraction of a MiB."""
    return f"{size / MIB:g} MiB"
