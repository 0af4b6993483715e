"""From parsed options to a ready session: what ``profile`` and ``recommend`` share."""

import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from memtune.cli.app import TYPED
from memtune.cli.signals import Cancellation
from memtune.errors import UsageError, did_you_mean
from memtune.execute import fingerprint, owner
from memtune.execute.choose import Choice, choose
from memtune.execute.cluster import Cluster
from memtune.execute.host_memory import fitting
from memtune.execute.maker import Here, Maker
from memtune.execute.page_cache import PageCache
from memtune.execute.request import request
from memtune.judge import timed
from memtune.model import Environment, ImageKind, Judged, Workload
from memtune.report.console.common import console
from memtune.report.console.progress import Progress
from memtune.store import DIRECTORY, Store, study_key
from memtune.trial import Session
from memtune.units import format_bytes, parse_bytes

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True)
class How:
    """How runs shall be made, as the options say it."""

    executor: str
    page_cache: str
    jobs: int | None
    """At the same time; None for as many as this machine has cores and memory for."""
    quiet: bool
    cluster: str | None = None
    """Address of the Dask scheduler whose workers make them; None for this machine."""
    timed: bool = False
    """Whether how fast they are decides, whatever the checks are about."""


@dataclass(frozen=True)
class Opened:
    """A session with what is known before its first run."""

    session: Session

    @property
    def earlier(self) -> list[Judged]:
        """Runs of the same study from before it was interrupted, read anew."""
        return self.session.store.judged(self.session.study)


@contextmanager
def opened(
    command: str, workload: Workload, cap_bytes: int, how: How, key: str | None
) -> Iterator[Opened]:
    """Choose the executor, open the store, and show progress while the block lasts.

    ``key`` tells what else makes two sessions the same study; without one, none continues it.
    The study is finished when its result has been presented.
    """
    page_cache = one_of(PageCache, how.page_cache, "page-cache state")
    if page_cache is PageCache.COLD and (how.jobs != 1 or how.cluster):
        raise UsageError(
            "each run would drop the page cache of the others",
            hint="use --page-cache cold with --jobs 1, on one machine",
        )
    progress = Progress(console(stderr=True), quiet=how.quiet)
    _say_whose(workload, progress)
    cancelled = Cancellation().install()
    alone = how.timed or bool(timed(workload.checks))
    place = _place(workload, cap_bytes, how, progress, alone=alone)
    environment = place.environment
    with place.left, closing(Store(Path(DIRECTORY))) as store, progress.live():
        parts = _parts(key, command, workload, cap_bytes, place.parts, page_cache)
        study, earlier = store.open_study(
            None if key is None else study_key(parts),
            command,
            workload.name,
            environment,
            owner.me(),
            owner.lives,
            line=TYPED.get(),
        )
        if earlier:
            progress.note(f"continues study {study}: {earlier} finished run(s) are kept")
        elif key is not None:
            _say_what_is_left(store, command, workload, parts, progress)
        session = Session(
            workload=workload,
            cap_bytes=cap_bytes,
            maker=place.maker,
            environment=environment,
            store=store,
            study=study,
            observer=progress,
            cancelled=cancelled,
            page_cache=page_cache,
            jobs=place.jobs,
            alone=alone,
            look=progress.look,
        )
        yield Opened(session)


@dataclass(frozen=True)
class _Place:
    """Where the runs of a session are made."""

    maker: Maker
    environment: Environment
    parts: Mapping[str, str]
    """What figures depend on there."""
    jobs: int
    left: AbstractContextManager[object]
    """Leaves the place when the session ends."""


def _place(
    workload: Workload, cap_bytes: int, how: How, progress: Progress, *, alone: bool
) -> _Place:
    choice = one_of(Choice, how.executor, "executor")
    size = request(workload, workload.space.conservative, cap_bytes).memory_bytes
    for image in workload.images:
        if image.kind is ImageKind.BUILD:
            progress.note(f"builds {image.reference}: minutes the first time, seconds after that")
    if how.cluster is None:
        executor = choose(choice, workload.images, progress.note)
        environment = executor.prepare(workload.images)
        parts = fingerprint.of(workload, environment)
        jobs = _jobs(how, size, alone, progress)
        return _Place(Here(executor), environment, parts, jobs, nullcontext())
    cluster = Cluster(how.cluster, workload, choice, progress.note)
    slots = cluster.slots(size, alone=alone)
    return _Place(cluster, cluster.environment, cluster.parts, slots, closing(cluster))


def _jobs(how: How, size: int, alone: bool, progress: Progress) -> int:
    """How many runs of so many bytes this machine makes at the same time."""
    if alone and how.jobs != 1:
        progress.note("makes one run after another: how fast they are is judged")
    elif how.jobs is None:
        progress.note(f"makes up to {fitting(size)} runs of {format_bytes(size)} at the same time")
    return 1 if alone else how.jobs or fitting(size)


def _parts(
    key: str | None,
    command: str,
    workload: Workload,
    cap_bytes: int,
    place: Mapping[str, str],
    page_cache: PageCache,
) -> dict[str, str]:
    """All that a study's figures and their choice depend on, by name."""
    return {
        **place,
        "the cap": _exactly(cap_bytes),
        "the page cache": page_cache,
        "what is asked for": key or "",
        "memtune's command": command,
        "the workload": workload.name,
    }


def _say_what_is_left(
    store: Store, command: str, workload: Workload, parts: dict[str, str], progress: Progress
) -> None:
    """Where an interrupted study could be expected to go on, say why it does not."""
    others = store.left(command, workload.name, owner.lives)
    if last := next((one for one in others if one.parts != parts), None):
        progress.note(
            f"does not continue study {last.id}: {fingerprint.changes(last.parts, parts)}; "
            f"its {last.runs} run(s) are kept (memtune show {last.id})"
        )


def _exactly(size: int) -> str:
    shown = format_bytes(size)
    return shown if parse_bytes(shown) == size else f"{size} bytes"


def _say_whose(workload: Workload, progress: Progress) -> None:
    """A workload file is code: say what it executes where somebody else wrote it."""
    if workload.file and (uid := os.stat(workload.file).st_uid) != os.geteuid():
        for program in workload.programs:
            progress.note(
                f"{workload.file} belongs to user {uid}, not to you; it executes in "
                f"{program.image}: {shlex.join(program.command)}"
            )


def one_of(kind: type[Word], text: str, what: str) -> Word:
    """Return the word of an option. Raises UsageError for one that does not exist."""
    try:
        return kind(text)
    except ValueError:
        raise UsageError(
            f"there is no {what} {text!r}", hint=did_you_mean(text, list(kind))
        ) from None
