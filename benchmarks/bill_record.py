"""The runs of the face pipeline that bills are told from and held against, recorded once.

They lie in ``benchmarks/data``; the space is the pipeline's own, without what takes minutes a run.
"""

import json
import os
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from memtune.bill import Asked, asked, bill
from memtune.cli.session import How, opened
from memtune.config.catalogue import load_workload
from memtune.cost.seen import Seen
from memtune.cost.tell import is_known
from memtune.execute.roomy import roomy_cap_bytes
from memtune.model import Judged, Knob, Role, Scalar, Settings, Space, Workload
from memtune.units import MIB

DATA = Path(__file__).with_name("data")
CAP_BYTES = 512 * MIB
SEED = 6
QUICK: dict[str, tuple[Scalar, ...]] = {
    "max_side_px": (320, 480, 640, 800, 1200),
    "upsample": (0, 1),
}
"""Values at which a run takes seconds; of the other knobs all are."""
NAMES = {
    "face": "face pipeline, the knobs that recommend turns",
    "face-all": "face pipeline, all of its knobs",
}


@dataclass(frozen=True)
class Kept:
    """One run."""

    settings: Settings
    need_bytes: int
    known: bool
    """Whether it did all of its work, so that this is its need."""


@dataclass(frozen=True)
class Recorded:
    """Runs of one space."""

    name: str
    title: str
    recorded: str
    """Day, UTC."""
    environment: dict[str, Any]
    space: Space
    start: Settings
    told_from: tuple[Kept, ...]
    held_out: tuple[Kept, ...]

    def seen(self, kept: Sequence[Kept]) -> list[Seen]:
        """Return the runs with a known need, by settings."""
        needs: dict[Settings, list[float]] = {}
        for one in kept:
            if one.known:
                needs.setdefault(one.settings, []).append(one.need_bytes)
        return [Seen(settings, tuple(each)) for settings, each in needs.items()]


def workload(name: str) -> Workload:
    """Return the face pipeline with the knobs of one recording."""
    face = load_workload("face")
    knobs = tuple(
        replace(knob, searched=QUICK.get(knob.name, knob.values))
        for knob in face.space.knobs
        if knob.searched or name == "face-all"
    )
    return replace(face, space=Space(knobs))


def drawn(space: Space, count: int) -> list[Settings]:
    """Return settings drawn at random from a space, each once."""
    chance = random.Random(SEED)
    found: list[Settings] = []
    while len(found) < min(count, space.size):
        one = Settings(tuple((knob.name, chance.choice(knob.values)) for knob in space.knobs))
        if one not in found:
            found.append(one)
    return found


def question(name: str, runs: int) -> tuple[Workload, Asked]:
    """Return what is executed and what the bill is told about."""
    what = workload(name)
    return what, asked(what, Settings(), Settings(), runs)


def record(name: str, runs: int, held_out: int) -> Recorded:
    """Execute a bill's own runs, then the settings held out; progress goes to stderr."""
    what, about = question(name, runs)
    with tempfile.TemporaryDirectory(prefix="memtune-record-") as folder:
        os.chdir(folder)
        how = How("docker", "warm", 1, quiet=False)
        with opened("bill", what, CAP_BYTES, how, "record") as ready:
            session = ready.session
            bill(session, (), about)
            told_from = session.store.judged(session.study)
            roomy = replace(
                session, cap_bytes=roomy_cap_bytes(what, about.start, session.cap_bytes)
            )
            others = [roomy.run(one, "held out") for one in drawn(about.space, held_out)]
        os.chdir("/")
    environment = {
        "kernel": session.environment.kernel.partition("-")[0],  # its rest names the machine
        "cgroup": session.environment.cgroup,
        "cpus": session.environment.cpus,
    }
    return Recorded(
        name,
        NAMES[name],
        others[0].run.started_at[:10],
        environment,
        about.space,
        about.start,
        tuple(map(_kept, told_from)),
        tuple(map(_kept, others)),
    )


def _kept(judged: Judged) -> Kept:
    need = judged.run.measurement.need
    return Kept(judged.run.settings, round(need.value) if need else 0, is_known(judged))


def save(recorded: Recorded, folder: Path | None = None) -> Path:
    """Write a recording to its place: a line for each run."""
    path = (folder or DATA) / f"bill-{recorded.name}.json"
    head = {
        "name": recorded.name,
        "title": recorded.title,
        "recorded": recorded.recorded,
        "environment": recorded.environment,
        "knobs": {knob.name: list(knob.values) for knob in recorded.space.knobs},
        "limits": [knob.name for knob in recorded.space.knobs if knob.role is Role.LIMIT],
        "start": [value for _, value in recorded.start],
    }
    text = ",\n ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items())
    runs = ",\n ".join(
        f"{json.dumps(key)}: [\n  {_lines(kept)}\n ]"
        for key, kept in (("told_from", recorded.told_from), ("held_out", recorded.held_out))
    )
    path.write_text(f"{{\n {text},\n {runs}\n}}\n", encoding="utf-8")
    return path


def _lines(kept: Sequence[Kept]) -> str:
    return ",\n  ".join(
        json.dumps([*(value for _, value in one.settings), one.need_bytes, one.known])
        for one in kept
    )


def load() -> list[Recorded]:
    """Read all recordings that are there."""
    paths = [DATA / f"bill-{name}.json" for name in NAMES]
    return [_read(path) for path in paths if path.exists()]


def _read(path: Path) -> Recorded:
    found = json.loads(path.read_text(encoding="utf-8"))
    knobs = tuple(
        Knob(name, tuple(values), role=Role.LIMIT if name in found["limits"] else Role.SIZE)
        for name, values in found["knobs"].items()
    )

    def settings(values: Sequence[Scalar]) -> Settings:
        return Settings(tuple(zip(found["knobs"], values, strict=True)))

    def kept(rows: Sequence[Any]) -> tuple[Kept, ...]:
        return tuple(Kept(settings(row[:-2]), row[-2], row[-1]) for row in rows)

    return Recorded(
        found["name"],
        found["title"],
        found["recorded"],
        found["environment"],
        Space(knobs),
        settings(found["start"]),
        kept(found["told_from"]),
        kept(found["held_out"]),
    )
