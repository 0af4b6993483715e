"""The needs that the gate's rules are tried on: simulated noise, and recorded runs in their order.

The recorded ones lie in ``benchmarks/data``; ``record`` makes them anew.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

MIB = 1024 * 1024
ROOT = Path(__file__).parent.parent
DATA = Path(__file__).with_name("data")
BLOCK = 8
"""Recorded runs that stay together when more series are drawn than were recorded: what follows
upon each other in a check did so when it was recorded."""
STORED_MOST = 64
"""The longest history that any rule looks back on."""
NEW_MOST = 40
"""Runs of both arms together that the longest procedure can take: 12 beside stored samples, then
12 of each arm; and room for the fixed rules."""
SIMULATED_SDS = (0.001, 0.006, 0.01, 0.02, 0.03, 0.05, 0.1)

Needs = NDArray[np.float64]
Shown = dict[str, Any]
"""What ``memtune --json`` printed."""


@dataclass(frozen=True)
class Series:
    """What many checks meet: a row for each."""

    stored: Needs
    """The history, the latest last; from other runs than ``new``."""
    new: Needs
    """Runs in the order of their execution; where two arms are executed in turn both draw here."""


class Source(Protocol):
    """Where needs come from."""

    @property
    def label(self) -> str:
        """As the tables call it."""
        ...

    @property
    def sd(self) -> float:
        """Standard deviation of the logarithm."""
        ...

    def series(self, checks: int) -> Series:
        """Return the same rows every time."""
        ...


@dataclass(frozen=True)
class Noise:
    """Independent lognormal needs."""

    sd: float

    @property
    def label(self) -> str:
        """As the tables call it."""
        return f"{self.sd:.1%}".replace(".0%", "%")

    def series(self, checks: int) -> Series:
        """Return needs around 400 MiB, where no floor in bytes plays a part."""
        rng = np.random.default_rng([5, round(self.sd * 1e6)])
        drawn = 400 * MIB * np.exp(rng.normal(0, self.sd, (checks, STORED_MOST + NEW_MOST)))
        return Series(drawn[:, :STORED_MOST], drawn[:, STORED_MOST:])


@dataclass(frozen=True)
class Recording:
    """Runs of one workload, as they were executed one after the other."""

    name: str
    title: str
    command: str
    recorded: str
    """Day, UTC."""
    cap_bytes: int
    environment: Shown
    need_bytes: tuple[int, ...]

    @property
    def label(self) -> str:
        """As the tables call it."""
        return self.title

    @property
    def sd(self) -> float:
        """Standard deviation of the logarithm."""
        return float(np.log(self.need_bytes).std(ddof=1))

    @property
    def correlation(self) -> float:
        """Correlation of each run with the next."""
        logs = np.log(self.need_bytes)
        return float(np.corrcoef(logs[:-1], logs[1:])[0, 1])

    def series(self, checks: int) -> Series:
        """Return a stretch of runs as the history, and blocks from elsewhere as new runs."""
        needs = np.asarray(self.need_bytes, float)
        rng = np.random.default_rng([7, len(needs)])
        starts = rng.integers(0, len(needs) - STORED_MOST + 1, checks)
        stored = np.stack([needs[start : start + STORED_MOST] for start in starts])
        return Series(stored, np.stack([_elsewhere(needs, int(start), rng) for start in starts]))


def _elsewhere(needs: Needs, start: int, rng: np.random.Generator) -> Needs:
    before = range(start - BLOCK + 1)
    after = range(start + STORED_MOST, len(needs) - BLOCK + 1)
    chosen = rng.choice([*before, *after], -(-NEW_MOST // BLOCK))
    return np.concatenate([needs[at : at + BLOCK] for at in chosen])[:NEW_MOST]


RECORDED = {
    "face": ("face pipeline", "-p conservative"),
    "facial": ("facial service", "examples/facial-service/quick.yaml"),
    "backend": ("Node backend", "-p examples/backend/conservative.yaml"),
}
"""What can be recorded: the title, and what ``memtune profile`` executes."""


def load(name: str) -> Recording:
    """Read one recording."""
    kept = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return Recording(**kept | {"need_bytes": tuple(kept["need_bytes"])})


def recordings() -> list[Recording]:
    """Read all recordings that are there."""
    return [load(name) for name in RECORDED if (DATA / f"{name}.json").exists()]


def record(name: str, runs: int, jobs: int) -> Recording:
    """Execute a profile by memtune's command line; progress goes to stderr."""
    what = [str(ROOT / w) if w.endswith(".yaml") else w for w in RECORDED[name][1].split()]
    words = ["profile", *what, "--runs", str(runs), "--jobs", str(jobs), "--json"]
    with tempfile.TemporaryDirectory(prefix="memtune-record-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "memtune", *words], cwd=folder, stdout=subprocess.PIPE
        )
    if not done.stdout:
        raise SystemExit(f"memtune {' '.join(words)} ended with {done.returncode}")
    return kept(name, json.loads(done.stdout), jobs)


def kept(name: str, shown: Shown, jobs: int = 1) -> Recording:
    """Return what is kept of a result of ``memtune profile``: the need of every run, in order."""
    title, what = RECORDED[name]
    result = shown["result"]
    runs = [judged["run"] for judged in result["trial"]["runs"]]
    needs = [run["measurement"]["need"] for run in runs]
    ended = Counter(run["outcome"] for run in runs)
    if set(ended) != {"completed"} or None in needs:
        raise SystemExit(f"not every run completed and was measured: {dict(ended)}")
    kernel = result["environment"]["kernel"].partition("-")[0]  # its rest names the machine
    return Recording(
        name=name,
        title=title,
        command=f"memtune profile {what} --runs {len(runs)}{f' --jobs {jobs}' * (jobs > 1)}",
        recorded=runs[0]["started_at"][:10],
        cap_bytes=result["cap_bytes"],
        environment=result["environment"] | {"kernel": kernel},
        need_bytes=tuple(round(need["value"]) for need in needs),
    )


def save(recording: Recording) -> Path:
    """Write a recording to its place in the repository."""
    path = DATA / f"{recording.name}.json"
    text = json.dumps(asdict(recording), indent=1)
    path.write_text(_wrapped(text, recording.need_bytes), encoding="utf-8")
    return path


def _wrapped(text: str, needs: Sequence[int]) -> str:
    """Put ten needs on a line, where the standard library puts one."""
    lines = [", ".join(map(str, needs[at : at + 10])) for at in range(0, len(needs), 10)]
    head, _, _ = text.rpartition('"need_bytes"')
    return head + '"need_bytes": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"
