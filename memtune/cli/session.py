"""From parsed options to a ready session: what ``profile`` and ``recommend`` share."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from memtune.cli.signals import Cancellation
from memtune.errors import UsageError, did_you_mean
from memtune.execute.choose import Choice, choose
from memtune.model import Environment, Judged, Workload
from memtune.report.console.common import console
from memtune.report.console.progress import Progress
from memtune.store import DIRECTORY, Store, study_key
from memtune.trial import Session


@dataclass(frozen=True)
class Opened:
    """A session with what is known before its first run."""

    session: Session
    environment: Environment
    earlier: list[Judged]
    """Runs of the same study from before it was interrupted."""


def with_headroom(workload: Workload, headroom: float) -> Workload:
    """Return the workload with another headroom check."""
    return replace(workload, checks=replace(workload.checks, headroom=headroom))


@contextmanager
def opened(
    command: str, workload: Workload, cap_bytes: int, executor: str, *, quiet: bool, key: str
) -> Iterator[Opened]:
    """Choose the executor, open the store, and show progress while the block lasts.

    ``key`` tells what else makes two sessions the same study.
    """
    progress = Progress(console(stderr=True), quiet=quiet)
    cancelled = Cancellation().install()
    chosen = choose(_choice(executor), workload.image, progress.note)
    environment = chosen.prepare(workload.image)
    with closing(Store(Path(DIRECTORY))) as store, progress.live():
        study, earlier = store.open_study(
            study_key(command, workload, cap_bytes, environment, key),
            command,
            workload.name,
            environment,
        )
        if earlier:
            progress.note(f"continues study {study}: {len(earlier)} finished runs are kept")
        session = Session(workload, cap_bytes, chosen, store, study, progress, cancelled)
        yield Opened(session, environment, earlier)


def _choice(text: str) -> Choice:
    try:
        return Choice(text)
    except ValueError:
        raise UsageError(
            f"there is no executor {text!r}", hint=did_you_mean(text, list(Choice))
        ) from None
