"""A real repository whose runs need what a file of it says, with a little noise."""

import random
from pathlib import Path

from memtune.baselines import FILE, save_baselines
from memtune.config.budgets import load_scenarios
from memtune.execute.request import Request
from memtune.gate.base import Project
from memtune.gate.check import Asked, check
from memtune.model import Baseline, Gated, Scenario
from memtune.trial import Session
from tests.bench import Bench, Quiet
from tests.fakes import ENVIRONMENT, MIB, Play
from tests.git import Git

WORKLOAD = """\
version: 1
name: words
kind: pipeline
image: host
command: [python, job.py]
cap: 512MiB
"""
BUDGETS = """\
version: 1
scenarios:
  words:
    workload: ./workload.yaml
    max: 300MiB
    growth: {}
"""


class Noting(Quiet):
    """An observer that keeps what is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


class Lab:
    """A project under git, and checks of it without containers."""

    def __init__(self, directory: Path) -> None:
        self.git = Git(directory / "project")
        self.root = self.git.root
        self.write("workload.yaml", WORKLOAD)
        self.write("memtune.yaml", BUDGETS)
        self.write(".gitignore", ".memtune\n")
        self.bench = Bench(directory / ".memtune", self.scenario().workload, 512 * MIB)
        self.bench.observer = self.observer = Noting()
        self.noise = 0.002
        self.heals = False
        """Whether only the first of all runs is killed."""
        self._random = random.Random(5)
        self._times = 0

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        (self.root / name).write_text(text)

    def commit(self, need_mib: float | str) -> str:
        """Commit a state whose runs need so much, or end as a word says, and return its id."""
        self.write("need", str(need_mib))
        return self.git.commit(f"needs {need_mib}")

    def scenario(self) -> Scenario:
        """The scenario as the working tree defines it."""
        return load_scenarios(self.root / "memtune.yaml")["words"]

    def project(self) -> Project:
        """The project as it is now."""
        return Project.of(self.root / "memtune.yaml")

    def store(self, need_mib: float, commit: str, kernel: str = ENVIRONMENT.kernel) -> Baseline:
        """Write a lock file whose baseline needed so much."""
        baseline = Baseline(
            need_bytes=tuple(self._need(need_mib) for _ in range(20)),
            cap_bytes=512 * MIB,
            settings="",
            commit=commit,
            recorded="2026-01-31",
            reason="first baseline",
            environment=ENVIRONMENT.__class__(**(vars(ENVIRONMENT) | {"kernel": kernel})),
        )
        save_baselines(self.root / FILE, {"words": baseline})
        return baseline

    def session(self) -> Session:
        """A session of the working tree."""
        return self.bench.session(self._play)

    def check(self, against: str | None = None, scenarios: int = 1) -> Gated:
        """Check the working tree."""
        asked = Asked(self.project(), against, scenarios)
        return check(self.session(), self.scenario(), asked)

    def _need(self, mib: float) -> int:
        return round(mib * MIB * (1 + self._random.gauss(0, self.noise)))

    def _play(self, request: Request) -> Play:
        said = Path(request.directory, "need").read_text()
        if said == "oom at times":
            self._times += 1
            said = "oom" if self._times % 3 == 0 else "100"
        match said:
            case "oom" if self.heals and len(self.observer.begun) > 1:
                return Play(need_bytes=100 * MIB)
            case "oom":
                return Play(status=137, oom_kills="1", need_bytes=request.cap_bytes)
            case "crash":
                return Play(status=3)
            case "full":
                return Play(need_bytes=round(0.99 * request.cap_bytes))
        return Play(need_bytes=self._need(float(said)))
