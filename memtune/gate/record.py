"""The present need of a scenario as its baseline: of committed code, never of a failing run."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

from memtune.baselines import save_baselines
from memtune.errors import UsageError
from memtune.gate import course as courses
from memtune.gate.base import Base, Project
from memtune.gate.check import Asked, check, gated
from memtune.judge.growth import STORED_RUNS
from memtune.model import Baseline, How, Recorded, Ruling, Scenario
from memtune.side import Side
from memtune.trial import Session

FIRST = "first baseline"
RENEWED = "renewed: within the budget"


def committed(project: Project) -> str:
    """Return the commit that samples of the working tree are samples of; empty outside git.

    Raises UsageError where the working tree has changes: nobody could take the samples again.
    """
    if project.repository is None:
        return ""
    changes = project.repository.changes(project.below_root(project.lock))
    if changes:
        more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
        raise UsageError(
            f"the working tree has changes that are not committed: {', '.join(changes[:3])}{more}",
            hint="commit first: a baseline names the commit that it was taken of",
        )
    commit = project.repository.commit()
    if commit is None:
        raise UsageError("the repository has no commit yet", hint="commit first")
    return commit


def drop(project: Project, scenarios: Collection[str]) -> tuple[str, ...]:
    """Remove the baselines of other scenarios than these; return their names."""
    gone = tuple(name for name in project.baselines if name not in scenarios)
    if gone:
        kept = {name: one for name, one in project.baselines.items() if name not in gone}
        save_baselines(project.lock, kept)
    return gone


def update(session: Session, scenario: Scenario, asked: Asked, commit: str) -> Recorded:
    """Renew a baseline that the scenario has not grown from by as much as a warning, or record
    its first: what grows by small steps needs a reason as well.

    Raises what ``check`` raises.
    """
    before = asked.project.baselines.get(scenario.name)
    if before is None or scenario.budget.growth is None:
        return record(session, scenario, asked, commit, FIRST if before is None else RENEWED)
    outcome = check(session, scenario, asked)
    if outcome.ruling is not Ruling.PASS or outcome.warned:
        return Recorded(scenario.name, before, None, outcome)
    return replace(record(session, scenario, asked, commit, RENEWED), before=before)


def record(
    session: Session, scenario: Scenario, asked: Asked, commit: str, reason: str
) -> Recorded:
    """Execute a scenario and write its baseline, unless a run fails its checks or the ceiling.

    Raises what ``Session.run`` raises, UsageError where the working tree has changed meanwhile,
    and StoreError where the lock file cannot be written.
    """
    before = asked.project.baselines.get(scenario.name)
    head = Side(asked.label, session, scenario.settings)
    course = courses.ceiling_only(head, scenario.budget, STORED_RUNS)
    outcome = gated(scenario, asked, Base(How.CEILING), course, ())
    if any(finding.ruling is not Ruling.PASS for finding in course.findings):
        return Recorded(scenario.name, before, None, outcome)
    if committed(asked.project) != commit:
        raise UsageError(
            "another commit was checked out while the samples were taken", hint="do it again"
        )
    now = Baseline(
        need_bytes=tuple(course.head_bytes),
        cap_bytes=scenario.cap_bytes,
        settings=str(scenario.settings),
        commit=commit,
        recorded=f"{datetime.now(UTC):%Y-%m-%d}",
        reason=reason,
        environment=session.environment,
    )
    # Another memtune may have recorded another scenario meanwhile.
    kept = Project.of(asked.project.file).baselines
    save_baselines(asked.project.lock, kept | {scenario.name: now})
    return Recorded(scenario.name, before, now, outcome)
