"""Whether memtune's gate fails on a real growth, and only then.

    python -m benchmarks.gate rules [--checks N]
    python -m benchmarks.gate real [--checks N]
    python -m benchmarks.gate record face|facial|backend [--runs N] [--jobs N] [--of RESULT.json]

``rules`` tries the rule beside others on simulated and on recorded needs, ``real`` the command
line on commits that have grown and that have not; both print Markdown and return 1 where memtune
misses its goal: at most 1 % false alarms, at least 95 % of a growth of 5 % caught where the noise
is at most 2 %. ``record`` makes what lies in ``benchmarks/data`` anew.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks import gate_real, gate_rules, gate_samples, gate_tables, machine

CHECKS = 2000
REAL_CHECKS = 40
RUNS = 210


def rules(checks: int) -> int:
    """Print the tables of all rules; return 1 where memtune's misses the goal."""
    results = gate_rules.measure(checks)
    print(gate_tables.report(results))
    ours = (results.in_turn[0], results.stored[0])
    return int(not all(row.reaches(results.sources) for row in ours))


def real(checks: int) -> int:
    """Print the table of the command line's checks; return 1 where it misses the goal."""
    table, kept = gate_real.report(checks)
    print(table)
    return int(not kept)


def record(name: str, runs: int, jobs: int, of: Path | None) -> int:
    """Record needs, or keep those of a result of ``memtune profile --json``."""
    if of is None:
        recording = gate_samples.record(name, runs, jobs)
    else:
        recording = gate_samples.kept(name, json.loads(of.read_text(encoding="utf-8")), jobs)
    print(gate_samples.save(recording))
    return 0


def main(words: list[str] | None = None) -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate")
    commands = parser.add_subparsers(dest="command", required=True)
    tried = commands.add_parser("rules", help="on simulated and recorded needs")
    tried.add_argument("--checks", type=int, default=CHECKS, help="of each kind")
    done = commands.add_parser("real", help="the command line, in Docker")
    done.add_argument("--checks", type=int, default=REAL_CHECKS, help="of each kind")
    recorded = commands.add_parser("record", help="make benchmarks/data anew")
    recorded.add_argument("name", choices=gate_samples.RECORDED)
    recorded.add_argument("--runs", type=int, default=RUNS)
    recorded.add_argument("--jobs", type=int, default=1, help="runs at the same time")
    recorded.add_argument("--of", type=Path, help="keep the runs of this result instead")
    asked = parser.parse_args(words)
    if asked.command == "record":
        return record(asked.name, asked.runs, asked.jobs, asked.of)
    print(f"{machine.description()}\n")
    return {"rules": rules, "real": real}[asked.command](asked.checks)


if __name__ == "__main__":
    sys.exit(main())
