"""What a scenario is compared with: the stored samples of its baseline, or another commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from memtune import baselines
from memtune.config.budgets import load_scenarios, scenario_names
from memtune.errors import HostError, UsageError
from memtune.judge.environment import unlike
from memtune.model import Baseline, Environment, How, Scenario
from memtune.repository import Repository, find
from memtune.side import SHORT, Side, beside, defined_at
from memtune.trial import Session
from memtune.units import format_bytes


@dataclass(frozen=True)
class Project:
    """The budget file, what lies beside it, and the repository around it."""

    file: Path
    """Absolute."""
    baselines: dict[str, Baseline]
    repository: Repository | None

    @classmethod
    def of(cls, file: Path) -> "Project":
        """Read the lock file beside a budget file and look for the repository."""
        file = file.resolve()
        lock = file.with_name(baselines.FILE)
        return cls(file, baselines.load_baselines(lock), find(file.parent))

    @property
    def lock(self) -> Path:
        """The lock file."""
        return self.file.with_name(baselines.FILE)

    def below_root(self, path: Path) -> str:
        """Return where a path lies in the repository."""
        assert self.repository is not None
        return path.relative_to(self.repository.root.resolve()).as_posix()

    def commit_of(self, baseline: Baseline) -> str | None:
        """Return the commit that a baseline was taken of, or, where a rebase or squash has
        replaced it, the one that brought the baseline; None where neither is here."""
        if self.repository is None or not baseline.commit:
            return None
        return self.repository.commit(baseline.commit) or self.repository.where_written(
            baseline.commit, self.below_root(self.lock)
        )


@dataclass(frozen=True)
class Base:
    """What the present need of a scenario is compared with."""

    how: How
    commit: str = ""
    """To be executed in turn."""
    baseline: Baseline | None = None
    notes: tuple[str, ...] = ()


def choose(
    project: Project, scenario: Scenario, environment: Environment, against: str | None
) -> Base | None:
    """Return what to compare a scenario with; None where it has no baseline and needs one.

    Raises UsageError for a commit that does not exist, and HostError where the baseline was
    taken in another environment and its commit cannot be executed here.
    """
    baseline = project.baselines.get(scenario.name)
    if scenario.budget.growth is None:
        return Base(How.CEILING, baseline=baseline)
    if against is not None:
        return _against(project, scenario, baseline, against)
    if baseline is None:
        return None
    differences = unlike(baseline.environment, environment)
    if not differences:
        notes = redefined("its baseline", baseline.settings, baseline.cap_bytes, scenario)
        return Base(How.STORED, project.commit_of(baseline) or "", baseline, notes)
    where = "; ".join(differences)
    commit = project.commit_of(baseline)
    if commit is None:
        raise HostError(
            f"the baseline of {scenario.name!r} was taken elsewhere ({where}), and the commit "
            f"{baseline.commit[:SHORT] or '(none)'} is not here to be executed beside it",
            hint="fetch the whole history (fetch-depth: 0), or record a baseline on this machine: "
            f"memtune baseline accept {scenario.name} --reason ...",
        )
    note = f"its baseline was taken elsewhere ({where}), so both commits are executed here"
    return Base(How.AB, commit, baseline, (note,))


def redefined(what: str, settings: str, cap_bytes: int, scenario: Scenario) -> tuple[str, ...]:
    """Return in a note how a base was executed, where the scenario is another now: what it then
    needs more or less need not be the code's."""
    if (settings, cap_bytes) == (str(scenario.settings), scenario.cap_bytes):
        return ()
    how = f"{settings or 'no settings'}, cap {format_bytes(cap_bytes)}"
    return (f"{what} has another definition: {how}",)


def _against(
    project: Project, scenario: Scenario, baseline: Baseline | None, against: str
) -> Base | None:
    if project.repository is None:
        raise UsageError(
            f"--against {against}: {project.file.parent} lies in no git repository",
            hint="without --against the stored baseline is used",
        )
    commit = project.repository.commit(against)
    if commit is None:
        raise UsageError(
            f"--against {against}: there is no such commit here",
            hint="fetch it first; in CI check out with fetch-depth: 0",
        )
    there = _lock_at(project, commit).get(scenario.name)
    if baseline is not None and baseline != there and (own := project.commit_of(baseline)):
        note = f"its baseline is not that of {against}, but of {own[:SHORT]}: {baseline.reason}"
        return Base(How.AB, own, baseline, (note,))
    if scenario.name in _names_at(project, commit):
        return Base(How.AB, commit, baseline)
    if baseline is None:
        return None
    note = f"{against} has no such scenario: there is nothing that could have grown"
    return Base(How.CEILING, baseline=baseline, notes=(note,))


def _lock_at(project: Project, commit: str) -> dict[str, Baseline]:
    assert project.repository is not None
    text = project.repository.file(commit, project.below_root(project.lock))
    return baselines.parse_baselines(text, f"{commit[:SHORT]}:{project.lock.name}") if text else {}


def _names_at(project: Project, commit: str) -> set[str]:
    assert project.repository is not None
    text = project.repository.file(commit, project.below_root(project.file))
    return scenario_names(text, f"{commit[:SHORT]}:{project.file.name}") if text else set()


@contextmanager
def checked_out(project: Project, scenario: str, commit: str, session: Session) -> Iterator[Side]:
    """Check a commit out, prepare its images, and yield the side that executes it as it is
    defined there.

    Raises HostError where it cannot be executed.
    """
    assert project.repository is not None

    def load(root: Path) -> Scenario:
        found = load_scenarios(root / project.below_root(project.file))
        if scenario not in found:
            raise UsageError("it has no such scenario")
        directory = found[scenario].workload.directory
        if directory and not Path(directory).resolve().is_relative_to(root.resolve()):
            raise UsageError(f"both sides would execute {directory}, which is not of the commit")
        return found[scenario]

    hint = "name a commit that has it: --against REF"
    with defined_at(project.repository, commit, repr(scenario), hint, load) as there:
        label = f"commit {commit[:SHORT]}"
        yield beside(session, label, there.workload, there.settings, there.cap_bytes)
