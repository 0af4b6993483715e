"""Whether what memtune bill predicts is what settings need.

    python -m benchmarks.bill
    python -m benchmarks.bill record face|face-all [--runs N] [--held-out N]

The first tells bills from recorded runs of the face pipeline and predicts other recorded runs,
drawn at random from the whole space, beside two simpler ways; it prints Markdown and returns 1
where memtune misses its goal for the knobs that ``recommend`` turns: a median error below 3 %, and
95 % intervals that hold for at least 90 % of the settings held out. ``record`` makes what lies in
``benchmarks/data`` anew.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.bill_record import NAMES, Recorded, load, record, save
from memtune.cost.fit import Data, Fit, fitted, solved
from memtune.cost.interval import trusted
from memtune.cost.seen import Seen
from memtune.model import Scalar, Settings

GOAL = "face"
GOAL_ERROR = 0.03
GOAL_HELD = 0.9
RUNS = 48
HELD_OUT = 40
CHOICES = 10
SCATTERED = 24
"""Settings with several knobs turned that each of the choices is told from."""


@dataclass(frozen=True)
class Row:
    """How well one way predicts the settings held out."""

    way: str
    errors: tuple[float, ...]
    held: int | None
    """How many were inside their interval; None without intervals."""
    width: float | None
    """Median half width of the intervals, a share of the need."""

    @property
    def reaches(self) -> bool:
        """Whether it meets the goal."""
        return (
            median(self.errors) < GOAL_ERROR
            and self.held is not None
            and self.held >= GOAL_HELD * len(self.errors)
        )


def measure(recorded: Recorded) -> list[Row]:
    """Return memtune's row, and those of simpler ways told from the same runs."""
    space, start = recorded.space, recorded.start
    seen, held_out = recorded.seen(recorded.told_from), recorded.seen(recorded.held_out)
    fit, data = fitted(space, start, seen)
    return [
        _row("memtune bill", trusted(fit, data).fit, held_out),
        _row("linear regression", _linear(fit, data), held_out),
        _alone(start, seen, held_out),
    ]


def other_choices(recorded: Recorded) -> list[Row]:
    """Return memtune's rows for other choices of the scattered settings, from the same runs: those
    that are not chosen are held out."""
    own = recorded.start.as_dict()
    scattered = [
        one
        for one in (*recorded.told_from, *recorded.held_out)
        if sum(value != own[knob] for knob, value in one.settings) > 1
    ]
    alone = [one for one in recorded.told_from if one not in scattered]
    rows = []
    for seed in range(CHOICES):
        shuffled = random.Random(seed).sample(scattered, len(scattered))
        told, held_out = shuffled[:SCATTERED], recorded.seen(shuffled[SCATTERED:])
        fit, data = fitted(recorded.space, recorded.start, recorded.seen([*alone, *told]))
        rows.append(_row(f"choice {seed}", trusted(fit, data).fit, held_out))
    return rows


def _row(way: str, fit: Fit, held_out: Sequence[Seen]) -> Row:
    found = [(fit.need(one.settings), one.bytes) for one in held_out]
    return Row(
        way,
        tuple(abs(need.bytes / seen - 1) for need, seen in found),
        sum(need.low <= seen <= need.high for need, seen in found),
        median((need.high - need.low) / 2 / need.bytes for need, _ in found),
    )


def _linear(fit: Fit, data: Data) -> Fit:
    """Every knob for itself, in its simplest shape, each run as good as any other."""
    alike = Data(data.seen, np.zeros(len(data.seen)))
    return solved(fit.codes, [(knob,) for knob in fit.codes], alike)


def _alone(start: Settings, seen: Sequence[Seen], held_out: Sequence[Seen]) -> Row:
    """The sum of what each knob costs alone, where it was turned alone."""
    needs = {one.settings: one.bytes for one in seen}
    base, own = needs[start], start.as_dict()

    def cost(knob: str, value: Scalar) -> float:
        return needs.get(Settings.of(own | {knob: value}), base) - base

    told = [base + sum(cost(*pair) for pair in one.settings) for one in held_out]
    errors = tuple(abs(need / one.bytes - 1) for need, one in zip(told, held_out, strict=True))
    return Row("sum of what each costs alone", errors, None, None)


def report(recorded: Recorded, rows: Sequence[Row]) -> str:
    """Return the table of one recording."""
    known = len(rows[0].errors)
    ended = len(recorded.held_out) - known
    lines = [
        f"{recorded.title}: {len(recorded.told_from)} runs tell of {recorded.space.size:,} "
        f"settings; {known} others held out, {ended} more hit a limit of their own:",
        "",
        "| told by | median error | 90 % within | worst | inside the interval | interval, ± |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        ordered = sorted(row.errors)
        held = "-" if row.held is None else f"{row.held} of {known}"
        width = "-" if row.width is None else f"{row.width:.1%}"
        lines.append(
            f"| {row.way} | {median(ordered):.1%} | {ordered[int(0.9 * known)]:.1%} "
            f"| {ordered[-1]:.1%} | {held} | {width} |"
        )
    return "\n".join(lines)


def summary(rows: Sequence[Row]) -> str:
    """Return a line on other choices."""
    medians = sorted(median(row.errors) for row in rows)
    inside = sum(row.held or 0 for row in rows)
    count = sum(len(row.errors) for row in rows)
    return (
        f"{len(rows)} other choices of {SCATTERED} scattered settings from the same runs: median "
        f"error {medians[0]:.1%} to {medians[-1]:.1%} (median {median(medians):.1%}), "
        f"{inside} of {count} inside their interval ({inside / count:.0%})."
    )


def main(words: list[str] | None = None) -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bill")
    commands = parser.add_subparsers(dest="command")
    recording = commands.add_parser("record", help="make benchmarks/data anew")
    recording.add_argument("name", choices=NAMES)
    recording.add_argument("--runs", type=int, default=RUNS)
    recording.add_argument("--held-out", type=int, default=HELD_OUT)
    recording.add_argument("--to", type=Path, help="a directory other than benchmarks/data")
    asked = parser.parse_args(words)
    if asked.command == "record":
        print(save(record(asked.name, asked.runs, asked.held_out), asked.to))
        return 0
    results = [(one, measure(one)) for one in load()]
    for recorded, rows in results:
        print(report(recorded, rows))
        print(f"\n{summary(other_choices(recorded))}\n")
    return int(not all(rows[0].reaches for one, rows in results if one.name == GOAL))


if __name__ == "__main__":
    sys.exit(main())
