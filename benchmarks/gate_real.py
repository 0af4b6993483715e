"""The real gate on a real repository: memtune's command line in processes of its own, on a
working tree that has grown and on one whose comment has changed."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.gate_rules import CATCHES, FALSE_ALARMS
from tests.git import Git

MIB = 1024 * 1024
NOISE = 0.01
"""How much a batch varies from run to run, standard deviation."""
GROWN = 1.05

JOB = """
# check {number}
import random

CHUNKS = round({chunks} * random.gauss(1, {noise}))  # no batch is as large as the last
batch = [b"x" * 65536 for _ in range(CHUNKS)]
print('{{"chunks": %d}}' % len(batch))
"""
WORKLOAD = """version: 1
name: batch
kind: pipeline
image: host
command: [python, job.py]
timeout: 60s
"""
BUDGETS = """version: 1
scenarios:
  batch:
    workload: workload.yaml
    cap: 512MiB
    growth: {}
"""
CHUNK_BYTES = 65536 + 33 + 15
"""What the allocator takes for one, as the object has 33 bytes and all are aligned to 16."""
NEED_BYTES = 120 * MIB
IDLE_BYTES = round(5.9 * MIB)
"""Need of the interpreter alone, about."""


@dataclass(frozen=True)
class Ended:
    """One check, as its process ended."""

    ruling: str
    why: str
    """The finding that decided, and what the gate noted."""
    head_runs: int
    growth: float | None
    """None where something else decided first."""
    seconds: float
    base_bytes: tuple[int, ...]
    """Of the runs that were executed for this check."""


@dataclass(frozen=True)
class Way:
    """How the gate is asked."""

    label: str
    words: tuple[str, ...]
    has_baseline: bool


WAYS = (
    Way("`memtune check --against HEAD`", ("--against", "HEAD"), has_baseline=False),
    Way("`memtune check`, 20 stored samples", (), has_baseline=True),
)


def job(number: int, factor: float) -> str:
    """Return a program of the need that is wanted, times a factor."""
    chunks = round((NEED_BYTES * factor - IDLE_BYTES) / CHUNK_BYTES)
    return JOB.format(number=number, chunks=chunks, noise=NOISE).lstrip()


def repository(root: Path, way: Way) -> Git:
    """Make a repository with the workload, its budget and, where one is asked for, a baseline."""
    git = Git(root)
    (root / "job.py").write_text(job(0, 1.0), encoding="utf-8")
    (root / "workload.yaml").write_text(WORKLOAD, encoding="utf-8")
    (root / "memtune.yaml").write_text(BUDGETS, encoding="utf-8")
    (root / ".gitignore").write_text(".memtune/\n", encoding="utf-8")
    git.commit("a batch job")
    if way.has_baseline:
        memtune(root, "baseline", "update")
        git.commit("its baseline")
    return git


def memtune(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Execute memtune's command line; the exit codes are those of a decision."""
    done = subprocess.run(
        [sys.executable, "-m", "memtune", *words], cwd=root, capture_output=True, text=True
    )
    if done.returncode not in (0, 1, 4):
        raise SystemExit(f"memtune {' '.join(words)} ended with {done.returncode}: {done.stderr}")
    return done


def check(root: Path, way: Way, number: int, factor: float) -> Ended:
    """Change the working tree and ask the gate."""
    (root / "job.py").write_text(job(number, factor), encoding="utf-8")
    begun = time.monotonic()
    done = memtune(root, "check", *way.words, "--json")
    seconds = time.monotonic() - begun
    (gated,) = json.loads(done.stdout)["result"]["scenarios"]
    assert {"pass": 0, "fail": 1, "inconclusive": 4}[gated["ruling"]] == done.returncode
    base, estimate = gated["base"] or {"need_bytes": []}, gated["estimate"]
    findings = [f"{one['check']} {one['observed']}" for one in gated["findings"]]
    return Ended(
        ruling=gated["ruling"],
        why="; ".join([*findings, *gated["notes"]]),
        head_runs=len(gated["head"]["need_bytes"]),
        growth=estimate and estimate["growth"],
        seconds=seconds,
        base_bytes=tuple(base["need_bytes"]) if gated["how"] == "a/b" else (),
    )


def checks(way: Way, count: int) -> Iterator[tuple[float, Ended]]:
    """Check a tree that has not grown and one that has, in turn; progress goes to stderr."""
    with tempfile.TemporaryDirectory(prefix="memtune-gate-") as folder:
        root = Path(folder) / "repository"
        repository(root, way)
        for number in range(1, count + 1):
            for factor in (1.0, GROWN):
                ended = check(root, way, number, factor)
                print(
                    f"{way.label}, {number} of {count}, x {factor}: {ended.ruling}, "
                    f"{ended.head_runs} runs, {ended.seconds:.1f} s: {ended.why}",
                    file=sys.stderr,
                )
                yield factor, ended


def report(count: int) -> tuple[str, bool]:
    """Return the table and whether the goal is kept; needs Docker."""
    rows, kept, bases = [], True, []
    for way in WAYS:
        done = list(checks(way, count))
        for factor in (1.0, GROWN):
            ended = [one for its, one in done if its == factor]
            rows.append(_row(way, factor, ended))
            failed = statistics.fmean(one.ruling == "fail" for one in ended)
            kept &= failed >= CATCHES if factor > 1 else failed <= FALSE_ALARMS
            bases += [one.base_bytes for one in ended if len(one.base_bytes) > 1]
    said = _said(bases)
    head = (
        "| asked | change | checks | pass | fail | inconclusive | runs of the head, mean (most) "
        "| growth seen, median (range) | s, median (most) |"
    )
    return "\n".join([head, "|---" * 9 + "|", *rows, "", said]), kept


def _said(bases: Sequence[Sequence[int]]) -> str:
    """Say what the base needed, where it was executed, and how that varied within one check."""
    logs = [np.log(base) for base in bases]
    squares = sum(float(((one - one.mean()) ** 2).sum()) for one in logs)
    sd = (squares / sum(len(one) - 1 for one in logs)) ** 0.5
    median = statistics.median(need for base in bases for need in base)
    return f"The base needed {median / MIB:.1f} MiB in the median, noise {sd:.2%}."


def _row(way: Way, factor: float, ended: Sequence[Ended]) -> str:
    said = Counter(one.ruling for one in ended)
    runs = [one.head_runs for one in ended]
    growths = [one.growth for one in ended if one.growth is not None]
    seconds = [one.seconds for one in ended]
    change = f"+{factor - 1:.0%}" if factor > 1 else "a comment"
    return (
        f"| {way.label} | {change} | {len(ended)} | {said['pass']} | {said['fail']} "
        f"| {said['inconclusive']} | {statistics.fmean(runs):.1f} ({max(runs)}) "
        f"| {statistics.median(growths):+.1%} ({min(growths):+.1%} to {max(growths):+.1%}) "
        f"| {statistics.median(seconds):.1f} ({max(seconds):.1f}) |"
    )
