"""From what lines tell to the likely cause and the next step: one rule a symptom, in order."""

from collections.abc import Callable, Iterable

from memtune.diagnose.record import Record, Trend, record
from memtune.model import Diagnosis, LogLine, Symptom
from memtune.units import format_bytes

LEAK_READINGS = 8
LEAK_GROWTH = 0.2
"""Growth from the first to the last reading of one life, as a share."""
LEAK_FIT = 0.7
"""Share of the variance that a straight line has to explain."""


def diagnose(files: tuple[str, ...], lines: Iterable[LogLine]) -> Diagnosis:
    """Return what the lines of these files tell, the likeliest cause first."""
    known = record(lines)
    symptoms = [found for rule in RULES if (found := rule(known)) is not None]
    return Diagnosis(files, known.lines, known.memory_line(), tuple(symptoms))


def _bad_option(known: Record) -> Symptom | None:
    return _told(
        known,
        "bad_option",
        "Node does not know one of its flags, and ends with status 9 before it starts",
        "such as --heap-size-limit; --max-old-space-size is the one that limits the heap",
        "memtune lint . names the flag and the line",
    )


def _kernel_kill(known: Record) -> Symptom | None:
    limit = known.platform_limit
    under = f" of {format_bytes(limit)}" if limit else ""
    cap = f" --cap {limit >> 20}MiB" if limit else ""
    return _told(
        known,
        "kernel_kill",
        f"the kernel killed it for memory (exit status 137): it reached the limit{under}",
        "a limit of its own, such as a heap's, would have ended it with 134 or a MemoryError",
        f"memtune profile WORKLOAD{cap} says what it needs, memtune recommend which settings fit",
    )


def _heap_limit(known: Record) -> Symptom | None:
    return _told(
        known,
        "heap_limit",
        "Node reached its own heap limit (exit status 134), not the container's",
        "the kernel would have ended it with 137; too much is in flight for --max-old-space-size",
        "fewer requests in flight, or a wider heap: memtune recommend tries both",
    )


def _python_memory(known: Record) -> Symptom | None:
    return _told(
        known,
        "python_memory",
        "an allocation failed inside the process",
        "a limit of its own (ulimit, RLIMIT_AS) or a single huge request: the kernel kills instead",
        "memtune profile WORKLOAD shows who allocates at the peak",
    )


def _over_quota(known: Record) -> Symptom | None:
    return _told(
        known,
        "over_quota",
        "Heroku counts more than the dyno's quota (R14): it swaps and slows down",
        "at a multiple of the quota it is killed (R15)",
        "memtune preflight WORKLOAD --platform heroku:basic says by how much it is too large",
    )


def _thresholds(known: Record) -> Symptom | None:
    limit = known.platform_limit
    if limit is None:
        return None
    # A threshold at the limit comes too late; a limit that the service knows rightly is well.
    late = [known.threshold] if known.threshold and known.threshold >= limit else []
    late += [known.own_limit] if known.own_limit and known.own_limit > limit else []
    if not late:
        return None
    lines = known.first.get("threshold", []) + known.first.get("memory", [])[:1]
    return Symptom(
        "thresholds",
        f"the service's own threshold ({format_bytes(min(late))}) does not lie below the limit "
        f"({format_bytes(limit)}): it never fires",
        "the kernel kills first",
        "memtune.guard reads the limit of its own container",
        tuple(lines),
        known.counts["threshold"] or len(lines),
    )


def _leak(known: Record) -> Symptom | None:
    life = known.longest
    grown = life.last - life.first
    if life.count < LEAK_READINGS or grown < LEAK_GROWTH * life.first or life.fit < LEAK_FIT:
        return None
    left = "" if known.platform_limit is None else _until(known.platform_limit, life)
    return Symptom(
        "growth",
        f"memory grows by {format_bytes(life.slope)} from one reading to the next",
        f"{format_bytes(grown)} more after {life.count} readings of one life, along a straight "
        f"line{left}: a leak, or a cache without bound",
        "bound caches, recycle workers (gunicorn max_requests); a load with a long duration in "
        "memtune profile shows whether it goes on",
        tuple(known.first["memory"]),
        known.counts["memory"],
    )


def _until(limit: int, life: Trend) -> str:
    return f", {max(0, round((limit - life.last) / life.slope))} more until the limit"


def _worker_timeout(known: Record) -> Symptom | None:
    return _told(
        known,
        "worker_timeout",
        "a gunicorn worker was silent for longer than its timeout and was killed for that",
        "it computes for too long in one request, or thrashes just below its memory limit",
        "memtune floor shows the caps at which it thrashes; fewer images in work at a time help",
    )


def _registering(known: Record) -> Symptom | None:
    return _told(
        known,
        "timed_out_registering",
        "registering timed out: photographs queue behind each other",
        "time goes with pixels; more workers on the same CPUs make it worse",
        "decode smaller, and one image at a time: memtune recommend with a limit on p95_ms",
    )


def _boot(known: Record) -> Symptom | None:
    if known.counts["kernel_kill"] or known.counts["bad_option"]:
        return None  # what killed it explains the gateway's answer
    return _told(
        known,
        "bad_gateway_at_boot",
        "502 while it was starting: the gateway asked before it listened",
        "models and packages load for seconds, for longer on half a CPU",
        "memtune preflight WORKLOAD --platform PLAN measures the boot under the plan's CPU",
    )


def _no_answer(known: Record) -> Symptom | None:
    if known.counts["kernel_kill"] or known.counts["bad_option"] or known.counts["heap_limit"]:
        return None
    return _told(
        known,
        "refused",
        "nobody listens where the other service asks",
        "it has ended, listens elsewhere, or on 127.0.0.1 instead of 0.0.0.0",
        "look at that service's own log; memtune preflight starts both together",
    )


def _told(known: Record, name: str, title: str, reason: str, next_step: str) -> Symptom | None:
    if not known.counts[name]:
        return None
    return Symptom(name, title, reason, next_step, tuple(known.first[name]), known.counts[name])


RULES: tuple[Callable[[Record], Symptom | None], ...] = (
    _bad_option,
    _kernel_kill,
    _heap_limit,
    _python_memory,
    _over_quota,
    _thresholds,
    _leak,
    _worker_timeout,
    _registering,
    _boot,
    _no_answer,
)
"""The causes before what follows from them."""
