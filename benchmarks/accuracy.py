"""Whether memtune's figures are true, beside what other tools say: programs whose need is known.

    python -m benchmarks.accuracy [ROUNDS [SHAPE...]]

Each round executes every program once under every tool, one after the other, so that the
noise of the machine meets all alike. An idle program of the same kind is executed too, and
its median is what each tool is allowed to see beyond the known bytes. Prints a table in
markdown; returns 1 where memtune misses its goal: need within 1 % or 1 MiB (half-used huge
pages aside), cgroup_peak equal to the kernel's counter, the sampler under 2 % of a core.
"""

import statistics
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import machine
from benchmarks.ours import Memtune, Observed
from benchmarks.peers import (
    AbsentError,
    DockerStats,
    Memray,
    Peer,
    Psutil,
    Runexec,
    Time,
)
from benchmarks.programs import MIB, UNBOUND, Program, Workshop

ROUNDS = 5
ALLOWED_BYTES = MIB
ALLOWED_SHARE = 0.01
ALLOWED_CPU_SHARE = 0.02
PEER_SHARE = 0.05
"""A peer that errs by more than this does not know the need."""

Key = tuple[str, bool]


@dataclass
class Results:
    """What every tool said in every round."""

    peers: list[str]
    observed: dict[Key, list[Observed]] = field(default_factory=lambda: defaultdict(list))
    said: dict[tuple[str, Key], list[int | None]] = field(default_factory=lambda: defaultdict(list))

    def known(self, program: Program) -> int:
        """Return the bytes that a program held beyond an idle one."""
        known = {one.known for one in self.observed[program.key]}
        assert len(known) == 1, f"{program.label} held {known}"
        return known.pop()

    def errors(self, tool: str, program: Program) -> list[float] | None:
        """Return by how many bytes a tool erred in each round; None where it said nothing."""
        idle = [value for value in self._values(tool, ("idle", program.python)) if value]
        values = [value for value in self._values(tool, program.key) if value]
        if not values or not idle:
            return None
        base = statistics.median(idle) + self.known(program)
        return [value - base for value in values]

    def _values(self, tool: str, key: Key) -> list[float | None]:
        if tool == Memtune.name:
            return [one.need for one in self.observed[key]]
        return list(self.said[tool, key])


def execute(programs: list[Program], workshop: Workshop, peers: list[Peer], rounds: int) -> Results:
    """Execute everything, interleaved; progress goes to stderr."""
    ours = Memtune()
    results = Results([peer.name for peer in peers])
    for number in range(rounds):
        for program in programs:
            print(f"round {number + 1} of {rounds}: {program.label}", file=sys.stderr)
            workshop.cool()
            results.observed[program.key].append(ours.observe(program, workshop))
            for peer in peers:
                workshop.cool()
                results.said[peer.name, program.key].append(peer.peak(program, workshop))
    return results


def available() -> list[Peer]:
    """Return the peers that can be had; names those that cannot on stdout."""
    found: list[Peer] = []
    for kind in (DockerStats, Psutil, Time, Runexec, Memray):
        try:
            found.append(kind())
        except AbsentError as error:
            print(f"absent: {kind.name} ({error})")
    return found


def table(results: Results, programs: list[Program]) -> list[str]:
    """Return the markdown lines: a row per program, a column per tool."""
    tools = [Memtune.name, *results.peers]
    lines = [
        "| program | truth, MiB | memtune `need` | " + " | ".join(results.peers) + " |",
        "|---" * (len(tools) + 2) + "|",
    ]
    for program in shaped(programs):
        known = results.known(program)
        cells = [_cell(results.errors(tool, program), known) for tool in tools]
        cells[0] = (
            cells[0] if _good(results.errors(Memtune.name, program), known) else f"{cells[0]} †"
        )
        lines.append(f"| {program.label} | {known / MIB:.1f} | {' | '.join(cells)} |")
    return lines


def shaped(programs: list[Program]) -> list[Program]:
    """Return the programs that hold something."""
    return [program for program in programs if program.shape != "idle"]


def beyond(results: Results, tool: str, programs: list[Program], share: float) -> list[str]:
    """Name the programs where the median error of a tool, or its silence, is beyond a share.

    Nobody is asked what nobody can know from outside, and memray not of C programs.
    """
    named = []
    for program in shaped(programs):
        if program.shape in UNBOUND or (tool == Memray.name and not program.python):
            continue
        errors = results.errors(tool, program)
        if errors is None or abs(statistics.median(errors)) > share * results.known(program):
            named.append(program.label)
    return named


def misses(results: Results, programs: list[Program]) -> list[str]:
    """Say where memtune misses its goal."""
    missed = [
        f"need of: {program.label}"
        for program in shaped(programs)
        if program.shape not in UNBOUND
        and not _good(results.errors(Memtune.name, program), results.known(program))
    ]
    differing = sum(
        one.kernel_peak is not None and one.kernel_peak != one.cgroup_peak
        for program in programs
        for one in results.observed[program.key]
    )
    if differing:
        missed.append(f"cgroup_peak differs from the kernel's counter in {differing} runs")
    if statistics.median(_all(results, "cpu_share")) > ALLOWED_CPU_SHARE:
        missed.append("the sampler takes too much CPU time")
    return missed


def report(results: Results, programs: list[Program]) -> None:
    """Print the table and what follows from it."""
    print("\n".join(table(results, programs)))
    shares, paces = _all(results, "cpu_share"), _all(results, "pace_s")
    peaks = [one for runs in results.observed.values() for one in runs if one.kernel_peak]
    equal = sum(one.kernel_peak == one.cgroup_peak for one in peaks)
    print(f"\n`cgroup_peak` equal to the kernel's counter: {equal} of {len(peaks)} runs")
    print(
        f"sampler: {statistics.median(shares):.1%} of a core (worst {max(shares):.1%}), a sample "
        f"every {statistics.median(paces) * 1000:.1f} ms (slowest run {max(paces) * 1000:.1f} ms)"
    )
    for name in results.peers:
        named = beyond(results, name, programs, PEER_SHARE)
        print(f"{name}: beyond {PEER_SHARE:.0%} in {'; '.join(named) or 'nothing'}")
    print(f"memtune misses its goal in: {'; '.join(misses(results, programs)) or 'nothing'}")


def main() -> int:
    """Build, execute, print; return 1 where memtune misses its goal."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    wanted = sys.argv[2:]
    print(f"{machine.description()}; {rounds} rounds")
    peers = available()
    with tempfile.TemporaryDirectory(prefix="memtune-accuracy-") as folder:
        workshop = Workshop(Path(folder))
        programs = [p for p in workshop.build() if not wanted or p.shape in (*wanted, "idle")]
        results = execute(programs, workshop, peers, rounds)
    report(results, programs)
    return int(bool(misses(results, programs)))


def _cell(errors: list[float] | None, known: int) -> str:
    if errors is None:
        return "-"
    median, worst = statistics.median(errors), max(errors, key=abs)
    return f"{median / MIB:+.1f} MiB, {median / known:+.1%} (worst {worst / known:+.1%})"


def _good(errors: list[float] | None, known: int) -> bool:
    if errors is None:
        return False
    return abs(statistics.median(errors)) <= max(ALLOWED_BYTES, ALLOWED_SHARE * known)


def _all(results: Results, name: str) -> list[float]:
    return [getattr(one, name) for runs in results.observed.values() for one in runs]


if __name__ == "__main__":
    sys.exit(main())
