"""What can be executed beside something else: one state of the code under one settings; shared by
the gate and by comparisons."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from memtune.errors import ConfigError, HostError, UsageError
from memtune.execute import owner
from memtune.model import Settings, Workload
from memtune.repository import Repository
from memtune.trial import Session

SHORT = 10
"""Characters of a commit's id that are shown."""
Defined = TypeVar("Defined")


@dataclass(frozen=True)
class Side:
    """What can be executed: one state of the code under one settings."""

    label: str
    session: Session
    settings: Settings
    what: str = ""
    """What stands behind the label, such as the commit of a branch; empty where the label says
    it."""


@contextmanager
def defined_at(
    repository: Repository, commit: str, what: str, hint: str, load: Callable[[Path], Defined]
) -> Iterator[Defined]:
    """Check a commit out while the block lasts, and yield what ``load`` makes of its root.

    Raises HostError where git cannot, or where ``what`` is not defined there.
    """
    with repository.checked_out(commit, owner.me(), owner.lives) as root:
        try:
            there = load(root)
        except (ConfigError, UsageError) as error:
            said = error.message.replace(f"{root}/", "")
            raise HostError(
                f"{what} cannot be executed as it was at commit {commit[:SHORT]}: {said}", hint=hint
            ) from error
        yield there


def beside(
    session: Session,
    label: str,
    workload: Workload,
    settings: Settings,
    cap_bytes: int,
    what: str = "",
) -> Side:
    """Return a side that shares a session's executor and study, its images prepared.

    Raises HostError where they cannot be had.
    """
    environment = session.environment
    if workload.images != session.workload.images:
        session.observer.note(f"prepares {label}")
        environment = session.maker.prepare(workload.images)
    return Side(
        label,
        replace(session, workload=workload, cap_bytes=cap_bytes, environment=environment),
        settings,
        what,
    )
