"""Who held the memory at the peak, as a table whose rows add up to the need."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from memtune.model import Allocator, Explanation, Part, Peak, Process
from memtune.report.console.common import shown, table
from memtune.report.neutral import plain
from memtune.units import format_bytes, format_duration, format_share

LEAST_SHARE = 0.01
"""Of the need: parts and sites below it are shown together, or not at all."""
SHOWN_SHARE = 0.001
"""Of the need: what is smaller is not shown."""
SITES = 4
"""Sites of one library that are shown."""
FLAMES = 4
"""Flame graphs that are named."""
_OTHER = "smaller parts"


def explanation_screen(explanation: Explanation) -> RenderableType:
    """Return everything that the run under memray told."""
    parts: list[RenderableType] = [
        Text("A run of its own under memray: explains, does not decide", "bold"),
        Text(_cost(explanation), "dim"),
    ]
    for peak in explanation.peaks:
        parts += [Text(), _title(peak), _table(peak)]
    if not explanation.peaks and explanation.allocators:
        parts.append(_allocators(explanation))
    parts += [Text(plain(f"note: {problem}"), "yellow") for problem in explanation.problems]
    parts += _flames(explanation)
    return Group(*parts)


def _cost(explanation: Explanation) -> str:
    figures = [
        f"{name} {shown(figure.value, figure.unit)} ({figure.source})"
        for name, figure in (
            ("largest RSS of a process", explanation.rss_peak),
            ("largest heap of a process", explanation.heap_peak),
        )
        if figure is not None
    ]
    if explanation.tax_bytes is not None:
        figures.append(f"memray's own tax on need {format_bytes(explanation.tax_bytes)}")
    if explanation.tax_s is not None:
        sign = "+" if explanation.tax_s >= 0 else "-"
        figures.append(f"on duration {sign}{format_duration(abs(explanation.tax_s))}")
    return "; ".join(figures)


def _title(peak: Peak) -> Text:
    whose = f"{plain(peak.service)}: who" if peak.service else "Who"
    return Text(
        f"{whose} held the {format_bytes(peak.need_bytes)} that were needed at the peak, "
        f"{format_duration(peak.at_s)} after the start",
        "bold",
    )


def _table(peak: Peak) -> Table:
    grid = table("bytes", "share", "who", "where", right=("bytes", "share"))
    for process in peak.families:
        _row(grid, process.bytes, peak, Text(_name(process), "bold"), _remark(process))
        _parts(grid, process.parts, peak, "  ")
    for part in peak.rest:
        _row(grid, part.bytes, peak, Text(part.name, "italic"))
    _row(grid, peak.need_bytes, peak, Text("need of this run", "bold"))
    return grid


def _parts(grid: Table, parts: tuple[Part, ...], peak: Peak, indent: str) -> None:
    large = [part for part in parts if abs(part.bytes) >= LEAST_SHARE * peak.need_bytes]
    small = [part for part in parts if part not in large]
    if not large:
        return
    for part in large:
        style = "" if part.explained else "italic"
        _row(grid, part.bytes, peak, Text(indent + plain(part.name), style))
        for site in part.sites[:SITES]:
            if site.bytes >= LEAST_SHARE * peak.need_bytes:
                _row(
                    grid,
                    site.bytes,
                    peak,
                    Text(f"{indent}  {plain(site.function)}"),
                    where(site),
                    "dim",
                )
    rest = sum(part.bytes for part in small)
    if abs(rest) >= SHOWN_SHARE * peak.need_bytes:
        _row(grid, rest, peak, Text(f"{indent}{_OTHER}", "italic"))


def _row(grid: Table, size: int, peak: Peak, what: Text, place: str = "", style: str = "") -> None:
    share = format_share(size / peak.need_bytes) if peak.need_bytes else ""
    grid.add_row(Text(format_bytes(size), style), Text(share, style), what, Text(place, "dim"))


def _name(process: Process) -> str:
    return plain(f"{process.alike} x {process.command}" if process.alike > 1 else process.command)


def _remark(process: Process) -> str:
    said = [
        "forked" if process.parent is not None else "",
        "" if process.captured and process.clean else "ended without closing its capture",
    ]
    if not process.captured:
        said = []
    if process.alike == 1:
        said.insert(0, f"process {process.pid}")
    return ", ".join(filter(None, said))


def where(site: Allocator) -> str:
    """Return file and line, the file from its package on, and the app's line that led there."""
    if not site.file:
        return ""
    caller = f", from {_short(site.caller)}" if site.caller else ""
    return plain(f"{_short(site.file)}:{site.line}{caller}")


def _short(file: str) -> str:
    for marker in ("/site-packages/", "/dist-packages/"):
        if marker in file:
            return file.rsplit(marker, 1)[1]
    return "/".join(file.rsplit("/", 3)[1:]) if file.count("/") > 3 else file


def _allocators(explanation: Explanation) -> Table:
    grid = table("bytes", "count", "function", "where", right=("bytes", "count"))
    for site in explanation.allocators:
        size, count = format_bytes(site.bytes), str(site.count)
        grid.add_row(size, count, Text(plain(site.function)), Text(where(site), "dim"))
    return grid


def _flames(explanation: Explanation) -> list[Text]:
    named = [Text(plain(f"flame graph: {path}"), "dim") for path in explanation.flames[:FLAMES]]
    more = len(explanation.flames) - FLAMES
    return [*named, Text(f"and {more} more beside them", "dim")] if more > 0 else named
