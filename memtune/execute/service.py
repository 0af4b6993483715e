"""A run of services: every one in a container of its own, and a load in one more; when the
load is over the services are asked to end."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from memtune.execute import figures
from memtune.execute.executor import Asked, Executor, Meeting, execute
from memtune.execute.request import Place, Request, ServiceRequest
from memtune.execute.sight import Present, Seen, Sight, unseen
from memtune.measure.sampler import Sampler
from memtune.model import CapFor, Measurement, Moment, Outcome, Run


@dataclass(frozen=True)
class Ended:
    """How the containers of a run of services ended."""

    parts: Mapping[str, Run]
    """By service."""
    load: Run
    early: frozenset[str]
    """Services that ended before they were asked to."""


def execute_any(
    executor: Executor,
    asked: Request | ServiceRequest,
    cancelled: Asked,
    sight: Sight = unseen,
) -> Run:
    """Execute one run of a pipeline or of services; raises what ``execute`` raises."""
    if isinstance(asked, Request):
        over = _after(asked.ends_after_s)
        return execute(executor, asked, cancelled, over, partial(sight, ""))
    return execute_service(executor, asked, cancelled, sight)


def _after(limit_s: float | None) -> Asked:
    """Return what says whether so much time has gone by since it was asked first."""
    begun_s: list[float] = []

    def over() -> bool:
        begun_s[:] = begun_s or [time.monotonic()]
        return limit_s is not None and time.monotonic() - begun_s[0] > limit_s

    return over


def execute_service(
    executor: Executor, asked: ServiceRequest, cancelled: Asked, sight: Sight = unseen
) -> Run:
    """Execute services under their load and return one run with a part for each of several.

    Raises HostError only when the run could not be begun at all.
    """
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    names = [name for name, _ in asked.services]
    together = asked.cap_for is CapFor.ALL and len(names) > 1
    cap_bytes = asked.cap_bytes if together else None
    shown = partial(sight, "", asked.cap_bytes)
    with executor.meeting(names, cap_bytes) as meeting, _watched(meeting, shown) as watch:
        ended = _perform(executor, asked, meeting.place, cancelled, sight)
    outcome, reason = decide(ended)
    whole = Run(
        id=f"run-{secrets.token_hex(5)}",
        workload=asked.workload,
        settings=asked.settings,
        cap_bytes=asked.cap_bytes,
        executor=executor.name,
        outcome=outcome,
        exit_status=ended.load.exit_status,
        measurement=Measurement(),
        output=ended.load.output,
        stdout_tail=ended.load.stdout_tail,
        stderr_tail=ended.load.stderr_tail,
        reason=reason,
        warnings=tuple(
            f"{name}: {warning}" for name, run in ended.parts.items() for warning in run.warnings
        ),
        started_at=started_at,
        parts=tuple(replace(run, service=name) for name, run in ended.parts.items()),
        cap_for=asked.cap_for,
    )
    return _measured(whole, watch, ended)


@dataclass
class _Watch:
    """What was seen of all containers together; empty where no group holds them."""

    measurement: Measurement | None = None
    timeline: tuple[Moment, ...] = ()


@contextmanager
def _watched(meeting: Meeting, shown: Callable[[Present], Seen]) -> Iterator[_Watch]:
    watch = _Watch()
    if meeting.cgroup is None:
        yield watch
        return
    sampler = Sampler(meeting.cgroup, 1 / meeting.place.watchers)
    sampler.start()
    try:
        with shown(sampler.present):
            yield watch
    finally:
        watch.measurement = sampler.stop()
        watch.timeline = sampler.timeline()


def _perform(
    executor: Executor, asked: ServiceRequest, place: Place, cancelled: Asked, sight: Sight
) -> Ended:
    """Execute all containers at once until the load is over, or a service is."""
    each = unseen if place.parent else sight  # what has one cap is looked at as one
    over, broken = threading.Event(), threading.Event()
    released: set[str] = set()

    def release(name: str) -> bool:
        if over.is_set():
            released.add(name)
        return over.is_set()

    with ThreadPoolExecutor(len(asked.services) + 1) as pool:
        services = {
            name: pool.submit(
                execute,
                executor,
                replace(container, place=place),
                cancelled,
                partial(release, name),
                partial(each, name),
            )
            for name, container in asked.services
        }
        outside = replace(asked.load, place=replace(place, parent=""))
        load = pool.submit(execute, executor, outside, cancelled, broken.is_set)
        wait([load, *services.values()], return_when=FIRST_COMPLETED)
        if any(future.done() for future in services.values()):
            broken.set()
        wait([load])
        over.set()
    runs = {name: future.result() for name, future in services.items()}
    return Ended(runs, load.result(), frozenset(services.keys() - released))


def decide(ended: Ended) -> tuple[Outcome, str]:
    """Return the outcome of a run of services and its reason; the rules stand in order.

    As in a single container, an OOM kill comes first: what follows is its consequence.
    """
    for name, run in ended.parts.items():
        if run.outcome.is_oom:
            return run.outcome, f"{name}: {run.reason}"
    everyone = {**ended.parts, "the load": ended.load}
    for run in everyone.values():
        if run.outcome is Outcome.CANCELLED:
            return run.outcome, run.reason
    for name, run in everyone.items():
        if run.outcome is Outcome.INFRA:
            return run.outcome, f"{name}: {run.reason}"
    for name, run in ended.parts.items():
        if run.outcome is Outcome.PIDS_LIMIT:
            return run.outcome, f"{name}: {run.reason}"
        if name in ended.early:
            return Outcome.FAILED, f"{name} ended before the load was over: {run.reason}"
    if ended.load.outcome.is_oom:
        return Outcome.INFRA, f"the load itself ran out of memory: {ended.load.reason}"
    if ended.load.outcome is not Outcome.COMPLETED:
        said = ended.load.stderr_tail.strip().rpartition("\n")[2]
        return ended.load.outcome, f"the load: {said or ended.load.reason}"
    return Outcome.COMPLETED, "the load was carried out"


def _measured(whole: Run, watch: _Watch, ended: Ended) -> Run:
    """Add the figures of the run: of the only service, of the group that holds all, or sums.

    Its duration is the load's, boot included.
    """
    parts = [part.measurement for part in whole.parts]
    timeline = watch.timeline
    if len(parts) == 1:
        measurement, timeline = parts[0], whole.parts[0].timeline
    elif watch.measurement is None:
        measurement = figures.summed(parts)
    else:
        # On v1 a kill is counted in the group of the process alone.
        kills = figures.summed(parts).oom_kills
        measurement = figures.biased(watch.measurement, whole.cap_bytes, whole.outcome)
        measurement = replace(measurement, oom_kills=kills)
    measurement = replace(measurement, duration=ended.load.measurement.duration)
    return replace(whole, measurement=measurement, timeline=timeline)
