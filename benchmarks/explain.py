"""Whether ``memtune profile --explain`` names who holds the memory: programs whose sites are known.

    python -m benchmarks.explain [ROUNDS]

Prints, for each program, the share of the known bytes that the table has at the right line of the
right process, what it has there beyond them, and how much of the need is in rows that only say
that something moved while it was looked at. Then the tax, beside ``memray run``. Returns 1 where
a goal is missed: 95 % at the right place, rows that add up to the need within 2 %, a tax no
greater than that of ``memray run``.
"""

import json
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import machine
from memtune.execute.docker import DockerExecutor
from memtune.execute.executor import Executor, execute
from memtune.execute.local import LocalExecutor
from memtune.execute.request import Request
from memtune.measure.captures.explain import MOVED, SPIKE, explain
from memtune.measure.captures.reader import Reader
from memtune.model import Allocator, Explanation, Image, ImageKind, Outcome, Peak, Run, Settings
from memtune.units import GIB, MIB

ROUNDS = 3
SHAPES = ("private", "spawned", "inherited", "shared")
PROCESSES = (1, 4, 8)
ALLOWED_SHARE, ALLOWED_REST = 0.95, 0.02
PROGRAM = Path(__file__).with_name("known_sites.py")


@dataclass(frozen=True)
class Score:
    """How well one explanation names what is known."""

    known: int
    right: int
    """Bytes at the right line of the right process, at most those that are known there."""
    beyond: int
    """What is there beyond them."""
    need: float
    adrift: int
    """Bytes in rows that only say that something moved."""
    sum_error: float
    """By how much the rows differ from the need of the run."""

    @property
    def share(self) -> float:
        """Share of the known bytes that stand at the right place."""
        return self.right / self.known

    @property
    def rest(self) -> float:
        """Share of the need that is nobody's."""
        return (self.adrift + self.sum_error) / self.need


def request(command: tuple[str, ...], captures: Path | None) -> Request:
    """A run with room enough."""
    return Request(
        workload="explain",
        settings=Settings(),
        image=Image(ImageKind.HOST),
        command=command,
        directory=str(PROGRAM.parent),
        env=(),
        cap_bytes=3 * GIB,
        timeout_s=120,
        captures=captures,
    )


def explained(executor: Executor, shape: str, processes: int) -> tuple[Run, Explanation]:
    """Execute a program under memray and explain it."""
    with tempfile.TemporaryDirectory(prefix="memtune-explain-") as folder:
        path = Path(folder) / "captures"
        path.mkdir()
        path.chmod(0o777)
        run = execute(executor, request(words(shape, processes), path))
        assert run.outcome is Outcome.COMPLETED, run.stderr_tail
        with Reader() as reader:
            return run, explain(path, reader, top=10**6)


def words(shape: str, processes: int) -> tuple[str, ...]:
    """Return the command of a program."""
    return ("python", str(PROGRAM), shape, str(processes))


def score(run: Run, explanation: Explanation) -> Score:
    """Compare what the program says with what the table says."""
    (peak,) = explanation.peaks
    told = [json.loads(line) for line in run.stdout_tail.splitlines() if line.startswith("{")]
    known = right = beyond = 0
    for one in told:
        for line, size in one["sites"].items():
            found = _at(peak, one["pid"], int(line))
            known += size
            right += min(size, found)
            beyond += max(0, found - size)
    assert run.measurement.need is not None
    rows = sum(one.bytes for one in peak.processes) + sum(part.bytes for part in peak.rest)
    return Score(
        known=known,
        right=right,
        beyond=beyond,
        need=run.measurement.need.value,
        adrift=sum(abs(part.bytes) for part in peak.rest if part.name in (MOVED, SPIKE)),
        sum_error=abs(rows - run.measurement.need.value),
    )


def _at(peak: Peak, pid: int, line: int) -> int:
    sites = (
        site
        for process in peak.processes
        if process.pid == pid
        for part in process.parts
        for site in part.sites
    )
    return sum(site.bytes for site in sites if _is(site, line))


def _is(site: Allocator, line: int) -> bool:
    """A line of the program, or a library's that this line has called."""
    return f"{site.file}:{site.line}" == f"{PROGRAM}:{line}" or site.caller == f"{PROGRAM}:{line}"


def table(executor: Executor, rounds: int) -> bool:
    """Print how well the programs are explained; return whether the goals are met."""
    print("| program | processes | known, MiB | right place | beyond | nobody's rows |")
    print("|---" * 6 + "|")
    met = True
    for shape in SHAPES:
        for processes in PROCESSES:
            scores = [score(*explained(executor, shape, processes)) for _ in range(rounds)]
            share = min(one.share for one in scores)
            rest = max(one.rest for one in scores)
            beyond = max(one.beyond / one.known for one in scores)
            met = met and share >= ALLOWED_SHARE and rest <= ALLOWED_REST
            known = scores[0].known / MIB
            cells = (shape, processes, f"{known:.0f}", *(f"{n:.1%}" for n in (share, beyond, rest)))
            print(f"| {' | '.join(map(str, cells))} |", flush=True)
    return met


def tax(rounds: int) -> tuple[bool, bool]:
    """Print what an explaining run costs beside ``memray run``; return whether it is no more, in
    memory and in time."""
    executor = LocalExecutor()
    print("\n| program | processes | need | with --explain | memray run | time | with --explain "
          "| memray run |")  # fmt: skip
    print("|---" * 8 + "|")
    small = quick = True
    for shape, processes in (("private", 1), ("private", 4), ("private", 8), ("busy", 1)):
        runs: dict[str, list[Run]] = {"plain": [], "ours": [], "memray": []}
        for _ in range(rounds):
            runs["plain"].append(execute(executor, request(words(shape, processes), None)))
            runs["ours"].append(explained(executor, shape, processes)[0])
            runs["memray"].append(_memray_run(executor, shape, processes))
        needs = {name: _median(them, "need") / MIB for name, them in runs.items()}
        times = {name: _median(them, "duration") for name, them in runs.items()}
        small = small and needs["ours"] <= needs["memray"]
        quick = quick and times["ours"] <= times["memray"]
        print(
            f"| {shape} | {processes} | {needs['plain']:.1f} MiB "
            f"| {needs['ours'] - needs['plain']:+.1f} | {needs['memray'] - needs['plain']:+.1f} "
            f"| {times['plain']:.2f} s | {times['ours'] - times['plain']:+.2f} "
            f"| {times['memray'] - times['plain']:+.2f} |",
            flush=True,
        )
    return small, quick


def _memray_run(executor: Executor, shape: str, processes: int) -> Run:
    with tempfile.TemporaryDirectory(prefix="memtune-explain-") as folder:
        capture = str(Path(folder) / "capture.bin")
        memray = ("python", "-m", "memray", "run", "-q", "--follow-fork", "-o", capture)
        run = execute(executor, request(memray + words(shape, processes)[1:], None))
        assert run.outcome is Outcome.COMPLETED, run.stderr_tail
        return run


def _median(runs: list[Run], name: str) -> float:
    return statistics.median(float(getattr(run.measurement, name).value) for run in runs)


def main() -> int:
    """Execute, compare, print; return 1 where a goal is missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"{machine.description()}; the worst of {rounds} rounds, of the tax the median\n")
    named = table(DockerExecutor(), rounds)
    small, quick = tax(rounds)
    goals = {"attribution": named, "tax in memory": small, "tax in time": quick}
    print("\ngoals: " + ", ".join(f"{k} {'met' if v else 'missed'}" for k, v in goals.items()))
    return int(not all(goals.values()))


if __name__ == "__main__":
    sys.exit(main())
