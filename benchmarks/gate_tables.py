"""What was measured of the gate's rules, as Markdown."""

from collections.abc import Callable, Sequence
from statistics import fmean, median

from benchmarks.gate_rules import (
    CATCHES_SD,
    GROWTHS,
    LEAST,
    SCENARIOS,
    Rates,
    Results,
    Row,
)
from benchmarks.gate_samples import MIB, Recording, Source

_GROWN = " / ".join(f"+{growth:.0%}" for growth in GROWTHS)


def report(results: Results) -> str:
    """Return all tables with the sentences between them."""
    parts = [
        _sources(results.sources),
        f"Fails of {results.checks} checks where the head needs {_GROWN} more, in percent. "
        "Both arms executed in turn:",
        _beside(results.in_turn, results.sources, "runs of each arm"),
        "The head beside stored samples, which were taken elsewhere in the series:",
        _beside(results.stored, results.sources, "new runs"),
        "What memtune executed for it, and left undecided, where the head needs "
        f"{_GROWN} more (without the run of each arm that warms the page cache):",
        _spent(results),
        f"A check of {SCENARIOS} scenarios, among which the risk is divided: how often it fails, "
        f"in percent, where none has grown / where one needs +{LEAST:.0%}:",
        _several(results),
        *_goal(results),
    ]
    return "\n\n".join(parts)


def _sources(sources: Sequence[Source]) -> str:
    lines = [
        f"- {one.title}: {len(one.need_bytes)} runs of {one.recorded}, median "
        f"{median(one.need_bytes) / MIB:.1f} MiB, noise {one.sd:.2%}, correlation of each run "
        f"with the next {one.correlation:+.2f} (`{one.command}`)"
        for one in sources
        if isinstance(one, Recording)
    ]
    return "\n".join(["Recorded:", "", *lines])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def _beside(rows: Sequence[Row], sources: Sequence[Source], runs: str) -> str:
    return _table(
        ["rule", runs, "goal", *(_titled(one) for one in sources)],
        [
            [row.label, row.runs, "**yes**" if row.reaches(sources) else "no"]
            + [_cells(row, one, lambda rates: _percent(rates.failed)) for one in sources]
            for row in rows
        ],
    )


def _spent(results: Results) -> str:
    turn, stored = results.in_turn[0], results.stored[0]
    head = ["noise", "in turn: runs of each arm", "undecided, %"]
    head += ["stored, confirmed: runs in all", "undecided, %"]
    return _table(
        head,
        [
            [
                _titled(one),
                _cells(turn, one, lambda rates: f"{rates.head_runs:.1f}"),
                _cells(turn, one, lambda rates: _percent(rates.undecided)),
                _cells(stored, one, lambda rates: f"{rates.executed:.1f}"),
                _cells(stored, one, lambda rates: _percent(rates.undecided)),
            ]
            for one in results.sources
        ],
    )


def _several(results: Results) -> str:
    rows = []
    for mode in ("in turn", "stored"):
        shares = [
            [results.several[mode, one.label, grown] for grown in (False, True)]
            for one in results.sources
        ]
        rows.append([mode, *(" / ".join(map(_percent, pair)) for pair in shares)])
    return _table(["mode", *(_titled(one) for one in results.sources)], rows)


def _goal(results: Results) -> list[str]:
    """Say who keeps the goal, and who would if there were no more noise than it speaks of."""
    quiet = [one for one in results.sources if one.sd <= CATCHES_SD]
    said = []
    for mode, rows in (("in turn", results.in_turn), ("stored", results.stored)):
        kept = [row.label for row in rows if row.reaches(results.sources)]
        partly = [
            f"{row.label} ({_mean_runs(row, quiet):.1f} runs)" for row in rows if row.reaches(quiet)
        ]
        said.append(
            f"Goal, {mode}: kept by {'; '.join(kept) or 'none'}. Where the noise is at most "
            f"{CATCHES_SD:.0%}, by {'; '.join(partly) or 'none'}: mean runs of the head where it "
            f"has not grown."
        )
    return said


def _mean_runs(row: Row, sources: Sequence[Source]) -> float:
    return fmean(row.cells[one.label, 0.0].head_runs for one in sources)


def _titled(source: Source) -> str:
    return f"{source.label}, {source.sd:.2%}" if isinstance(source, Recording) else source.label


def _cells(row: Row, source: Source, shown: Callable[[Rates], str]) -> str:
    return " / ".join(shown(row.cells[source.label, growth]) for growth in GROWTHS)


def _percent(share: float) -> str:
    return f"{share * 100:.1f}".removesuffix(".0")
