"""One long run of services under their load, or of a pipeline that loops: does memory grow, when
does it reach the cap, and what to do about it."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice
from math import floor, log10
from pathlib import Path

from memtune.execute.request import container
from memtune.load.figures import boot_name
from memtune.load.lasting import lasting
from memtune.model import CapFor, Judged, Run, Settings, Workload
from memtune.model.soak import Course, Soaked, SoakResult, Trend
from memtune.steady import course
from memtune.trial import Session
from memtune.units import MIB, format_bytes, format_duration

GOODBYE_S = 1.0
"""Of a service's timeline at its end: the load is over, and memory says nothing any more."""
SPARE = 0.1
"""Of the cap, that advice leaves free where the workload asks for no headroom."""
DIGITS = 2
"""That a number of requests is rounded down to."""
RECYCLERS = (
    (("gunicorn",), "gunicorn --max-requests {n} --max-requests-jitter {jitter}"),
    (("uvicorn",), "uvicorn --limit-max-requests {n}"),
    (("hypercorn",), "hypercorn --max-requests {n}"),
    (("uwsgi",), "uwsgi --max-requests {n}"),
    (("celery",), "celery worker --max-tasks-per-child {n}"),
    (("php-fpm",), "pm.max_requests = {n} in the pool of php-fpm"),
)
"""What restarts workers after so many requests: words of the command, or names of files in the
project, and what to write. https://docs.gunicorn.org/en/stable/settings.html#max-requests
https://www.uvicorn.org/settings/#resource-limits
https://docs.celeryq.dev/en/stable/userguide/workers.html#max-tasks-per-child-setting
https://www.php.net/manual/en/install.fpm.configuration.php"""
NODE = ("node", "nodejs", "npm", "yarn", "pm2", "tsx", "bun")
FILES = {"gunicorn.conf.py": "gunicorn", "package.json": "node"}
"""What a file of the project tells, the first that is there: a Python one may have a front end."""


def soaking(workload: Workload, soak_s: float) -> Workload:
    """Return services whose load goes on for ``soak_s``, or a pipeline that is ended then.

    Raises UsageError for a load that is a command.
    """
    if workload.plan is not None:
        return lasting(workload, soak_s)
    return replace(workload, ends_after_s=soak_s, timeout_s=workload.timeout_s + soak_s)


def soak(session: Session, settings: Settings, profile: str, soak_s: float) -> SoakResult:
    """Execute a workload that ``soaking`` returned once, and say what its memory did.

    Raises what ``Session.run`` raises.
    """
    judged = session.run(settings, f"soak of {format_duration(soak_s)}")
    rate = _requests_per_s(judged.run)
    return SoakResult(
        study=session.study,
        workload=session.workload.name,
        profile=profile,
        settings=settings,
        cap_bytes=session.cap_bytes,
        environment=session.environment,
        soak_s=soak_s,
        judged=judged,
        requests_per_s=rate,
        services=tuple(_soaked(session.workload, settings, judged, rate)),
    )


def _requests_per_s(run: Run) -> float | None:
    requests, load_s = run.figure("requests"), run.figure("load_s")
    known = isinstance(requests, int | float) and isinstance(load_s, int | float)
    return float(requests) / float(load_s) if known and requests and load_s else None


def _soaked(
    workload: Workload, settings: Settings, judged: Judged, rate: float | None
) -> Iterator[Soaked]:
    """What each container did, and all together where they share a cap."""
    run = judged.run
    parts = run.parts or (run,)
    alone = len(parts) == 1
    shared = len(parts) > 1 and run.cap_for is CapFor.ALL
    for part in (run, *parts) if shared else parts:
        found = course(part.timeline, *_span(run, part))
        if found is not None:
            cap_bytes = None if shared and part is not run else part.cap_bytes
            service = part.service if len(parts) > 1 else ""
            one = Soaked(service, cap_bytes, found)
            whole = shared and part is run  # no one program: each has advice of its own
            words = [] if whole else _words(workload, settings, part.service)
            yield _with_prospects(one, workload, words, rate, alone=alone)


def _span(run: Run, part: Run) -> tuple[float | None, float | None]:
    """When a service was ready, as far as is known, and when its load was over.

    Readiness is counted from the start of the load's program, which is up to a second after the
    service's own: what lies between belongs to the warm-up.
    """
    if not run.parts:
        return None, None
    ready = run.figure(boot_name(part.service)) if part.service else None
    ready = run.figure("boot_s") if ready is None else ready
    over = run.measurement.duration
    return (
        float(ready) if isinstance(ready, int | float) else None,
        None if over is None else max(over.value - GOODBYE_S, 0.0),
    )


def _with_prospects(
    one: Soaked, workload: Workload, words: Collection[str], rate: float | None, *, alone: bool
) -> Soaked:
    """Add when what grows reaches its cap, and what to do about it.

    A server that recycles counts its own requests: they are those of the load where it is alone.
    """
    slope, end = one.course.slope, one.course.end_bytes
    if one.course.trend not in (Trend.GROWS, Trend.SLOWS) or slope is None or end is None:
        return one
    request = slope.per_s / rate if rate else None
    to_cap, recycle = None, None
    if one.cap_bytes is not None:
        room = max(one.cap_bytes - end, 0)
        to_cap = (room / slope.per_s, room / slope.high, room / slope.low)
        allowed = _limit(one.cap_bytes, workload) - _fresh(one.course)
        requests = allowed / (slope.high / rate) if rate and alone else 0
        recycle = _rounded(requests) if requests >= 1 else None
    found = replace(one, to_cap_s=to_cap, request_bytes=request, recycle_after=recycle)
    return replace(found, advice=tuple(_advice(found, workload, words)))


def _limit(cap_bytes: int, workload: Workload) -> float:
    """What may be needed, headroom left."""
    return cap_bytes * (1 - (workload.checks.headroom or SPARE))


def _fresh(found: Course) -> float:
    """What is needed at most when the steady state begins, to which a restart returns."""
    assert found.slope is not None  # it grows
    assert found.end_bytes is not None
    steady = found.phases[-1]
    return found.end_bytes - found.slope.per_s * (steady.to_s - steady.from_s)


def _rounded(number: float) -> int:
    """Round down to two digits."""
    unit = 10 ** max(floor(log10(number)) - DIGITS + 1, 0)
    return int(number // unit * unit)


def _words(workload: Workload, settings: Settings, service: str) -> list[str]:
    """The words that a service is started with, and what a file beside it tells where these say
    nothing of what it is written in."""
    words = [
        Path(word).name
        for program in workload.programs
        if service in ("", program.name)
        for text in container(workload, program, settings, 0).command
        for word in text.split()
    ]
    if _is_node(words) or _recycler(words) or any(map(_is_python, words)):
        return words
    directory = Path(workload.directory or ".")
    told = (tool for file, tool in FILES.items() if (directory / file).exists())
    return [*words, *islice(told, 1)]


def _is_python(word: str) -> bool:
    return word.startswith("python") or word.endswith(".py")


def _is_node(words: Collection[str]) -> bool:
    return any(word in NODE or word.endswith((".js", ".mjs")) for word in words)


def _recycler(words: Collection[str]) -> str | None:
    return next((text for names, text in RECYCLERS if {*names} & {*words}), None)


def _advice(one: Soaked, workload: Workload, words: Collection[str]) -> Iterator[str]:
    node = _is_node(words)
    yield (
        "find it: compare two heap snapshots, taken under load (node --heapsnapshot-signal=SIGUSR2)"
        if node
        else "find it: memtune profile --explain says who holds the memory of Python processes"
    )
    limit = _limit(one.cap_bytes or 0, workload)
    if node and limit:
        size = f"{limit / MIB:.0f}M"
        yield f"until then restart it in time: pm2 start APP --max-memory-restart {size}"
        return
    after = one.recycle_after
    recycler = _recycler(words)
    if after is not None and recycler is not None:
        how = recycler.format(n=after, jitter=max(after // 10, 1))
        yield f"until then recycle workers: {how}; of several workers, each takes its part of that"
    elif limit:
        requests = "" if after is None else f"after {after:,} requests, or "
        yield f"until then restart it {requests}when it needs {format_bytes(limit)}"
