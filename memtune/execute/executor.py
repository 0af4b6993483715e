"""The one way a run goes: launch, wait for the shim, sample, enforce the deadline, clean
up; the same for every executor, which only says how to launch."""

import queue
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from memtune.errors import HostError
from memtune.execute import figures
from memtune.execute.outcome import Ending, decide
from memtune.execute.output import printed
from memtune.execute.request import Place, Request
from memtune.execute.shim import STDERR, Transcript
from memtune.execute.sight import Shown, unseen
from memtune.measure.captures.photo import Photographer
from memtune.measure.cgroup import Cgroup
from memtune.measure.sampler import Sampler
from memtune.model import (
    Bands,
    Environment,
    Image,
    Measurement,
    Moment,
    Run,
)

START_LIMIT_S = 60.0
"""How long a container may take until its shim speaks."""
GRACE_S = 5.0
"""Time between asking a workload to end and killing it."""
STANDSTILL_S = 5.0
"""A run during which memtune was stopped (Ctrl-Z) or starved for so long is no evidence."""
_POLL_S = 0.1

Asked = Callable[[], bool]
Chunk = tuple[int, bytes] | None
"""Stream number and data; None at the end of all streams."""
_SILENCE: Chunk = (STDERR, b"")


class StillbornError(HostError):
    """The kernel killed the first process for memory before there was a shim: such a cap is
    too small to begin with, which is evidence about it."""


class Launched(Protocol):
    """A started shim: its streams, its lease, its control group."""

    chunks: "queue.Queue[Chunk]"
    warnings: tuple[str, ...]

    def send(self, word: str) -> None:
        """Write a line to the shim's lease. Raises OSError when it is gone."""
        ...

    def cgroup(self) -> Cgroup | None:
        """Return the host's view of the run's control group. Raises HostError."""
        ...

    def trouble(self) -> str:
        """Say what broke below the run; empty while nothing did. Asked often: answers at once."""
        ...

    def interference(self) -> str:
        """Say who but the workload and memtune ended the run; empty when nobody did."""
        ...


@dataclass(frozen=True)
class Meeting:
    """A place where containers meet, and the host's view of the group that holds them all."""

    place: Place
    cgroup: Cgroup | None = None


class Executor(Protocol):
    """A place where runs are made."""

    name: str

    def prepare(self, images: Sequence[Image]) -> Environment:
        """Make the images available and describe this machine.

        Raises HostError when the runs cannot be made here.
        """
        ...

    def launch(self, request: Request) -> AbstractContextManager[Launched]:
        """Start the shim; whatever happens, nothing of it is left when the context ends.

        Raises StillbornError, or HostError when the run cannot be made.
        """
        ...

    def meeting(
        self, names: Sequence[str], cap_bytes: int | None
    ) -> AbstractContextManager[Meeting]:
        """Make a place where containers reach each other by these names, under one cap where
        one is given; nothing of it is left when the context ends.

        Raises HostError where that cannot be done here.
        """
        ...


@dataclass
class _Course:
    """How far a run has come."""

    transcript: Transcript
    started_s: float | None = None
    ended_s: float | None = None
    timed_out: bool = False
    cancelled: bool = False
    released: bool = False
    timeline: tuple[Moment, ...] = ()
    bands: Bands | None = None
    closed: bool = False
    """All streams have ended."""
    infra: str = ""
    stillborn: str = ""

    @property
    def duration_s(self) -> float | None:
        """From go to the end; absent where there was no go."""
        if self.started_s is None or self.ended_s is None:
            return None
        return self.ended_s - self.started_s


def execute(
    executor: Executor,
    request: Request,
    cancelled: Asked = lambda: False,
    released: Asked = lambda: False,
    shown: Shown = unseen,
) -> Run:
    """Execute one container and return its run, whatever became of it.

    ``cancelled`` and ``released`` are asked ten times a second: the first breaks the run off,
    the second ends it in order, as a service that is needed no longer. ``shown`` lets others
    see what it needs meanwhile. Raises HostError only when the run could not be begun at all.
    """
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    course = _Course(Transcript())
    measurement, warnings = Measurement(), tuple[str, ...]()
    try:
        with executor.launch(request) as launched:
            measurement = _follow(launched, request, course, cancelled, released, shown)
            warnings = launched.warnings
    except StillbornError as error:
        course.stillborn = error.message
    return _run(executor.name, request, course, measurement, warnings, started_at)


def _follow(
    launched: Launched,
    request: Request,
    course: _Course,
    cancelled: Asked,
    released: Asked,
    shown: Shown,
) -> Measurement:
    """Talk the shim through the run; the sampler watches from before its start to its end."""
    with suppress(OSError):  # a shim that is gone shows in its streams
        launched.send(course.transcript.nonce)
    if not _listen(launched, course, "ready", START_LIMIT_S, cancelled):
        course.infra = course.infra or _no_shim(course, request)
        course.transcript.finish()
        return Measurement()
    course.infra = _untrustworthy(course.transcript, request)
    if course.infra:
        return Measurement()
    try:
        cgroup = launched.cgroup()
    except HostError as error:
        course.infra = error.message
        return Measurement()
    part = 1 / request.place.watchers if request.place else 1.0
    sampler = Sampler(cgroup, part, _photographer(cgroup, request)) if cgroup else None
    if sampler is not None:
        sampler.start()
    seen = shown(request.cap_bytes, sampler.present) if sampler else nullcontext()
    try:
        with seen:
            with suppress(OSError):
                launched.send("go")
            course.started_s = time.monotonic()
            ended = _listen(launched, course, "ended", request.timeout_s, cancelled, released)
            course.ended_s = time.monotonic()
        if not ended:
            _stop(launched, request, course)
    finally:
        measurement = sampler.stop() if sampler is not None else Measurement()
        course.timeline = sampler.timeline() if sampler is not None else ()
        course.bands = sampler.bands() if sampler is not None else None
        if cgroup is not None:
            cgroup.close()
    _drain(launched, course)
    if not course.cancelled:
        course.infra = launched.interference() or course.infra
    return measurement


def _photographer(cgroup: Cgroup, request: Request) -> Photographer | None:
    """A run that explains has its peak photographed."""
    return None if request.captures is None else Photographer(cgroup, request.captures)


def _listen(
    launched: Launched,
    course: _Course,
    report: str,
    limit_s: float,
    cancelled: Asked,
    released: Asked = lambda: False,
) -> bool:
    """Read streams until a report comes (True), or they end, time is up or enough is asked."""
    deadline = time.monotonic() + limit_s
    while report not in course.transcript.reports:
        begun_s = time.monotonic()
        if cancelled():
            course.cancelled = True
            return False
        if released():
            course.released = True
            return False
        if trouble := launched.trouble():
            course.infra = trouble
            return False
        if begun_s > deadline:
            course.timed_out = True
            return False
        try:
            chunk = launched.chunks.get(timeout=_POLL_S)
        except queue.Empty:
            chunk = _SILENCE
        if (stood_s := time.monotonic() - begun_s) > STANDSTILL_S:
            course.infra = f"memtune itself stood still for {stood_s:.0f} s and measured nothing"
            return False
        if chunk is None:
            course.closed = True
            return False
        course.transcript.feed(*chunk)
    return True


def _stop(launched: Launched, request: Request, course: _Course) -> None:
    """Ask the workload to end, then kill it; the shim lives on to report."""
    if not (course.timed_out or course.cancelled or course.released):
        course.infra = course.infra or _no_shim(course, request)
        return
    try:
        for word in ("term", "kill"):
            launched.send(word)
            silent = _Course(course.transcript)
            ended = _listen(launched, silent, "ended", GRACE_S, lambda: False)
            course.closed, course.infra = silent.closed, silent.infra
            if ended or silent.closed or silent.infra:
                return
    except OSError:
        return


def _drain(launched: Launched, course: _Course) -> None:
    """Read what the streams still hold after the end."""
    deadline = time.monotonic() + GRACE_S
    while not (course.closed or course.infra) and time.monotonic() < deadline:
        try:
            chunk = launched.chunks.get(timeout=_POLL_S)
        except queue.Empty:
            continue
        if chunk is None:
            break
        course.transcript.feed(*chunk)
    course.transcript.finish()


def _untrustworthy(transcript: Transcript, request: Request) -> str:
    """Say why a run under these limits would prove nothing; empty when it would."""
    if transcript.number("ready", "oom_kill_disable") == 1:
        return "the kernel's OOM killer is disabled for the run: over the cap it would hang"
    return figures.untrue_cap(transcript, request.cap_bytes)


def _no_shim(course: _Course, request: Request) -> str:
    if "missing" in course.transcript.reports:
        return f"there is no command {request.command[0]!r}"
    if "ready" in course.transcript.reports:
        return "the container or its daemon went away in mid-run"
    return "the shim did not start: does the image have /bin/sh?"


def _run(
    executor: str,
    request: Request,
    course: _Course,
    measurement: Measurement,
    warnings: tuple[str, ...],
    started_at: str,
) -> Run:
    transcript = course.transcript
    status = transcript.number("ended", "status")
    outcome, reason = decide(
        Ending(
            exit_status=status,
            oom_kills=figures.oom_kills(transcript, measurement),
            pids_limit_hits=transcript.number("ended", "pids_max"),
            timed_out=course.timed_out,
            cancelled=course.cancelled,
            released=course.released,
            infra=course.infra,
            stillborn=course.stillborn,
            expected_exit=request.expected_exit,
        )
    )
    return Run(
        id=f"run-{secrets.token_hex(5)}",
        workload=request.workload,
        settings=request.settings,
        cap_bytes=request.cap_bytes,
        executor=executor,
        outcome=outcome,
        exit_status=status,
        measurement=figures.measured(
            transcript, measurement, course.duration_s, request.cap_bytes, outcome
        ),
        output=printed(transcript.stdout),
        stdout_tail=transcript.stdout.decode("utf-8", "replace"),
        stderr_tail=transcript.stderr.decode("utf-8", "replace"),
        reason=reason,
        warnings=warnings + figures.unread_cap(transcript),
        started_at=started_at,
        timeline=course.timeline,
        bands=course.bands,
    )
