"""The tables of a page, and the sentences beside them: what charts show, for whoever reads."""

from collections.abc import Sequence
from itertools import accumulate

from memtune.model import (
    Bands,
    Bias,
    Explanation,
    Part,
    Peak,
    Ruling,
    SettingsTried,
    Study,
    Trial,
    Unit,
    Verdict,
)
from memtune.report.console.common import LABELS, SHOWN, SPLIT, services, shown
from memtune.report.console.explain import LEAST_SHARE, where
from memtune.report.html.rows import MapCell, Point, split_of
from memtune.report.html.table import Cell, Table, number, quiet
from memtune.report.html.timelines import Timeline
from memtune.report.html.words import ended, observed
from memtune.units import format_bytes, format_duration, format_share

MOST_ROWS = 200
"""Of what was tried: more is for --json."""
MOST_RIVALS = 12
MOST_CELLS_TOLD = 2_000
"""Of the maps of all pairs of knobs: each is a row of a table."""


def in_words(line: Timeline) -> str:
    """Return a timeline in words."""
    top = max(line.moments, key=lambda moment: moment.need_bytes)
    end = f", then {ended(line.outcome)}" if line.outcome.is_oom else ""
    size, after = format_bytes(top.need_bytes), format_duration(top.at_s)
    return f"{line.label} peaks at {size} after {after}{end}"


def peaks(lines: Sequence[Timeline]) -> Table:
    """Return the peak of each timeline."""
    tops = [(line, max(line.moments, key=lambda moment: moment.need_bytes)) for line in lines]
    return Table(
        ("run", "peak of the need", "with page cache", "after", "lasted", "ended"),
        tuple(
            (
                Cell(line.label),
                number(format_bytes(top.need_bytes)),
                number(format_bytes(max(moment.total_bytes for moment in line.moments))),
                number(format_duration(top.at_s)),
                number(format_duration(line.moments[-1].at_s)),
                Cell(ended(line.outcome), "fail" if line.outcome.is_oom else "quiet"),
            )
            for line, top in tops
        ),
    )


def processes(bands: Bands) -> Table:
    """Return the most that each process held."""
    rows = []
    for one in bands.processes:
        most = max(one.bytes)
        rows.append(
            (
                Cell(one.command or "process"),
                number("" if one.pid is None else str(one.pid)),
                number(format_bytes(most)),
                number(format_duration(bands.at_s[one.bytes.index(most)])),
            )
        )
    return Table(("process", "pid on the host", "held at most", "after"), tuple(rows))


def rivals(points: list[Point]) -> Table:
    """Return the pick and those that it was chosen from."""
    order = ["the pick", "runner-up", "knee of the front", "on the front", "passes"]
    named = sorted(points, key=lambda one: (order.index(one.kind), one.need_bytes))
    return Table(
        ("is", "need, worst run", "work per second, median", "settings"),
        tuple(
            (
                Cell(one.kind),
                number(format_bytes(one.need_bytes)),
                number(shown(one.speed_per_s, Unit.PER_SECOND)),
                Cell(one.settings),
            )
            for one in named[:MOST_RIVALS]
        ),
    )


def by_knob(cells: Sequence[MapCell]) -> tuple[Table, ...]:
    """Return the map of each pair of knobs as rows; of many pairs the first."""
    pairs: dict[str, list[MapCell]] = {}
    for one in cells:
        pairs.setdefault(one.pair, []).append(one)
    ends = accumulate(map(len, pairs.values()))
    return tuple(
        _by_pair(pair, of_pair)
        for (pair, of_pair), end in zip(pairs.items(), ends, strict=True)
        if end <= MOST_CELLS_TOLD
    )


def _by_pair(pair: str, cells: Sequence[MapCell]) -> Table:
    first = cells[0]
    return Table(
        (first.across, first.down, "state", "tried", "pass", "not executed", "least need"),
        tuple(
            (
                Cell(one.x),
                Cell(one.y),
                Cell(one.state),
                number(str(one.tried)),
                number(str(one.passed)),
                number(str(one.rest)),
                Cell(one.says),
            )
            for one in cells
        ),
        caption=pair,
    )


def tax(explanation: Explanation) -> tuple[str, ...]:
    """Return what memray itself cost."""
    said = []
    if explanation.tax_bytes is not None:
        said.append(f"memray's own tax on the need: {format_bytes(explanation.tax_bytes)}")
    return tuple(said)


def held(peak: Peak) -> Table:
    """Return who held the peak, down to file and line; the rows of processes add up to it."""
    rows = []
    for one in peak.families:
        name = f"{one.alike} x {one.command}" if one.alike > 1 else one.command
        rows.append(_held(one.bytes, peak, name, ""))
        for part in one.parts:
            rows += _part(part, peak)
    rows += [_held(part.bytes, peak, part.name, "") for part in peak.rest]
    rows.append(_held(peak.need_bytes, peak, "need of this run", ""))
    return Table(("who", "bytes", "share", "where"), tuple(rows))


def _part(part: Part, peak: Peak) -> list[tuple[Cell, ...]]:
    least = LEAST_SHARE * peak.need_bytes
    if abs(part.bytes) < least:
        return []
    sites = [site for site in part.sites if site.bytes >= least]
    return [
        _held(part.bytes, peak, part.name, "", 1),
        *(_held(site.bytes, peak, site.function, where(site), 2) for site in sites),
    ]


def _held(size: int, peak: Peak, who: str, place: str, indent: int = 0) -> tuple[Cell, ...]:
    share = size / peak.need_bytes if peak.need_bytes else 0.0
    return (
        Cell(who, indent=indent),
        number(format_bytes(size)),
        Cell(format_share(share), "number", share=min(1.0, max(0.0, share))),
        quiet(place),
    )


def sites(explanation: Explanation) -> Table:
    """Return the largest sites of all processes together."""
    return Table(
        ("function", "bytes", "allocations", "where"),
        tuple(
            (
                Cell(one.function),
                number(format_bytes(one.bytes)),
                number(str(one.count)),
                quiet(where(one)),
            )
            for one in explanation.allocators
        ),
    )


def figures(trial: Trial) -> Table:
    """Return the figures of a trial with worst run, median and source."""
    rows = []
    for name in SHOWN:
        rows += _figure(trial, name, LABELS.get(name, name.replace("_", " ")), 0)
        if name == "need":
            rows += [
                (Cell(part, indent=1), number(format_bytes(size)), number(""), quiet(SPLIT[part]))
                for part, size in split_of(trial)
            ]
            for service in services(trial):
                rows += _figure(trial, f"need {service}", service, 1)
    return Table(("figure", "worst run", "median", "source"), tuple(rows))


def _figure(trial: Trial, name: str, label: str, indent: int) -> list[tuple[Cell, ...]]:
    figure = trial.figure(name)
    if figure is None:
        return []
    summary = figure.summary
    less_is_worse = name == "headroom" or figure.unit is Unit.PER_SECOND
    worst = summary.min if less_is_worse else summary.max
    source = figure.source if figure.bias is Bias.NONE else f"{figure.bias}; {figure.source}"
    return [
        (
            Cell(label, indent=indent),
            number(shown(worst, figure.unit)),
            number(shown(summary.median, figure.unit)),
            quiet(source),
        )
    ]


def checks(verdict: Verdict) -> Table:
    """Return every check with what was observed and what is allowed."""
    return Table(
        ("check", "says", "observed", "allowed"),
        tuple(
            (
                Cell(one.check),
                Cell(one.ruling, one.ruling),
                Cell(", ".join(filter(None, (observed(one), one.margin)))),
                quiet(one.allowed),
            )
            for one in verdict.findings
        ),
    )


def tried(all_tried: tuple[SettingsTried, ...]) -> Table:
    """Return what was tried: those that pass first, the least need first."""

    def key(one: SettingsTried) -> tuple[bool, bool, float]:
        need = one.need_bytes
        return one.ruling is not Ruling.PASS, need is None, need or 0.0

    return Table(
        ("says", "need", "settings", "runs", "result", "why it was tried"),
        tuple(_tried(one) for one in sorted(all_tried, key=key)[:MOST_ROWS]),
    )


def _tried(one: SettingsTried) -> tuple[Cell, ...]:
    decisive = one.decisive
    return (
        Cell(one.ruling, one.ruling),
        number("-" if one.need_bytes is None else format_bytes(one.need_bytes)),
        Cell(str(one.settings)),
        number(str(one.runs)),
        Cell("passes" if decisive is None else f"{decisive.check}: {observed(decisive)}"),
        quiet(one.reason),
    )


def skipped(study: Study) -> Table:
    """Return why settings were not executed."""
    skips = sorted(study.skipped, key=lambda skip: -skip.count)
    return Table(
        ("settings", "because they"),
        tuple((number(f"{skip.count:,}"), Cell(skip.reason)) for skip in skips[:MOST_ROWS]),
    )
