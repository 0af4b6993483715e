"""The full grid of the face pipeline, executed once, as a program to search: ``benchmarks/data``.

    python -m benchmarks.search_face FOLDER [--rounds N]

executes every settings of the grid anew, round by round, and records it; runs are kept in the
folder, where an interrupted recording goes on.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.search_peers import everything
from benchmarks.search_worlds import Family, World, right
from memtune.cli.session import How, opened
from memtune.config.catalogue import load_workload
from memtune.model import Cause, Judged, Knob, Role, Scalar, Settings, Space, Workload
from memtune.search.step import Tried
from memtune.units import MIB

DATA = Path(__file__).with_name("data") / "search-face.json"
CAP_BYTES = 512 * MIB
HEADROOM = 0.2
"""Cap and headroom are those of ``make demo``."""
ROUNDS = 3
VALUES: dict[str, tuple[Scalar, ...]] = {
    "heap_mb": (128, "unlimited"),
    "workers": (1, 2, 4, 8),
    "cache_size": (250, 2000),
    "max_side_px": (320, 800, 1600, "unlimited"),
    "upsample": (0, 1),
    "engine": ("lean", "full"),
}
"""The knobs of the grid; those that are not named stay at their conservative end."""
Runs = dict[Settings, tuple[Tried, ...]]


def workload() -> Workload:
    """Return the face pipeline as ``make demo`` searches it, with the knobs of the grid."""
    face = load_workload("face")
    knobs = tuple(
        replace(knob, searched=VALUES[knob.name])
        for knob in face.space.knobs
        if knob.name in VALUES
    )
    checks = replace(face.checks, headroom=HEADROOM)
    return replace(face, space=Space(knobs), checks=checks)


def record(folder: Path, rounds: int) -> None:
    """Execute the grid so many times and write what its runs taught."""
    what = workload()
    os.chdir(folder)
    with opened("grid", what, CAP_BYTES, How("docker", "warm", 1, quiet=False), "record") as ready:
        session, made = ready.session, list(ready.earlier)
        if not made:
            session.warm(what.space.searched.conservative)
        plan = everything(what.space.searched) * rounds
        made += [session.run(settings, "the whole grid") for settings in plan[len(made) :]]
    environment = {
        "kernel": session.environment.kernel.partition("-")[0],  # its rest names the machine
        "cgroup": session.environment.cgroup,
        "cpus": session.environment.cpus,
    }
    save(what.space.searched, environment, made)


def save(space: Space, environment: dict[str, Any], made: Sequence[Judged]) -> None:
    """Write a line for each settings: its values, then cause and need in KiB of each run."""
    runs: dict[Settings, list[tuple[Cause | None, int | None]]] = {}
    for one in made:
        need = one.run.measurement.need
        kept = None if need is None else round(need.value / 1024)
        runs.setdefault(one.run.settings, []).append((one.verdict.cause, kept))
    head = {
        "recorded": made[-1].run.started_at[:10],
        "environment": environment,
        "cap_bytes": CAP_BYTES,
        "headroom": HEADROOM,
        "knobs": {knob.name: list(knob.values) for knob in space.knobs},
        "roles": {knob.name: knob.role for knob in space.knobs},
    }
    text = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items())
    lines = ",\n  ".join(
        json.dumps([*(value for _, value in settings), each]) for settings, each in runs.items()
    )
    DATA.write_text(f'{{\n{text} "runs": [\n  {lines}\n ]\n}}\n', encoding="utf-8")


def load(path: Path = DATA) -> tuple[Space, Runs]:
    """Return the space of the recorded grid, and the runs of each of its settings."""
    found = json.loads(path.read_text(encoding="utf-8"))
    knobs = tuple(
        Knob(name, tuple(values), role=Role(found["roles"][name]))
        for name, values in found["knobs"].items()
    )
    runs: Runs = {}
    for *values, each in found["runs"]:
        settings = Settings(tuple(zip(found["knobs"], values, strict=True)))
        runs[settings] = tuple(
            Tried(settings, None if cause is None else Cause(cause), need and need * 1024.0)
            for cause, need in each
        )
    return Space(knobs), runs


def family() -> Family:
    """Return the recorded grid as a program to search: each run of a settings is one of its own,
    drawn at random."""
    space, runs = load()
    passing = {
        settings: median(run.need_bytes or 0.0 for run in each)
        for settings, each in runs.items()
        if all(run.cause is None for run in each)
    }

    def draw(settings: Settings, luck: random.Random) -> Tried:
        return luck.choice(runs[settings])

    world = World(space, draw, right(passing))
    return Family(f"face pipeline, recorded, {space.size} settings", lambda _: world)


def main(words: list[str] | None = None) -> int:
    """Record the grid."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search_face")
    parser.add_argument("folder", type=Path, help="where runs are kept while it goes on")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="runs of each settings")
    asked = parser.parse_args(words)
    asked.folder.mkdir(parents=True, exist_ok=True)
    record(asked.folder, asked.rounds)
    print(f"wrote {DATA}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
