"""Rules on answers that come late, wrong or not at all; most follow from how a process ended."""

from collections.abc import Iterator

from memtune.diagnose.record import Record
from memtune.diagnose.rules_ends import told
from memtune.model.diagnosis import Certainty, Symptom

_EXPLAINS = ("bad_option", "memory_kill", "host_kill", "heap_limit", "worker_kill", "exit_137",
             "exit_134", "exit_139")  # fmt: skip
"""A process that ended so gives no answers: that is the cause, and the rest follows from it."""


def _explained(known: Record) -> bool:
    return any(known.counts[name] for name in _EXPLAINS)


def registering(known: Record) -> Iterator[Symptom]:
    """A time-out in a request that registers somebody."""
    yield from told(
        known,
        ("timed_out_registering",),
        (
            "registering timed out: photographs queue behind each other, or one takes too long",
            "time goes with pixels: more workers than CPUs make it no faster, and neither do "
            "fewer workers",
            "decode smaller, and one image at a time: memtune recommend with a check on p95_ms",
        ),
        Certainty.LIKELY,
    )


def worker_timeout(known: Record) -> Iterator[Symptom]:
    """gunicorn's time-out."""
    yield from told(
        known,
        ("worker_timeout",),
        (
            "a gunicorn worker was silent for longer than its timeout and was killed for that",
            "it computes for too long in one request, or thrashes just below its memory limit; "
            '"Perhaps out of memory?" behind it is gunicorn\'s own SIGKILL',
            "memtune floor shows the caps at which it thrashes; worker class gthread keeps a "
            "worker's heartbeat while a thread computes",
        ),
    )


def request_timeout(known: Record) -> Iterator[Symptom]:
    """Requests that timed out elsewhere."""
    if known.counts["timed_out_registering"] or known.counts["worker_timeout"]:
        return
    if not _explained(known):
        yield from told(
            known,
            ("request_timeout",),
            (
                "requests timed out; the log does not tell why",
                "the service behind is starting, computes, thrashes or has ended",
                "read that service's log, too: memtune diagnose BACKEND.log SERVICE.log",
            ),
            Certainty.UNTOLD,
        )


def no_port(known: Record) -> Iterator[Symptom]:
    """The platform found no open port."""
    yield from told(
        known,
        ("no_port",),
        (
            "the platform found no open port in time",
            "the service listens on 127.0.0.1 or on another port than $PORT, or is not yet "
            "started: models load for seconds, for longer on half a CPU",
            "listen on 0.0.0.0:$PORT; memtune preflight WORKLOAD --platform PLAN measures the "
            "boot under the plan's CPU",
        ),
    )


def bad_gateway(known: Record) -> Iterator[Symptom]:
    """502, while it starts or later."""
    if _explained(known):
        return
    if known.counts["bad_gateway_at_boot"]:
        yield from told(
            known,
            ("bad_gateway_at_boot",),
            (
                "502 while it was starting: the gateway asked before it answered",
                "models and packages load for seconds, for longer on half a CPU; where it lasts "
                "for minutes it starts again and again",
                "memtune preflight WORKLOAD --platform PLAN measures the boot under the plan's CPU",
            ),
            Certainty.LIKELY,
        )
        return
    yield from told(
        known,
        ("bad_gateway",),
        (
            "502: nothing usable came from the service behind; the log does not tell why",
            "it ended, restarts, or closed the connection in the middle of an answer",
            "read that service's log, too: memtune diagnose BACKEND.log SERVICE.log",
        ),
        Certainty.UNTOLD,
    )


def refused(known: Record) -> Iterator[Symptom]:
    """Nobody listens."""
    if _explained(known):
        return
    yield from told(
        known,
        ("refused",),
        (
            "nobody answers where the other service asks",
            "it has ended, or is not yet started, or listens elsewhere, or on 127.0.0.1 instead "
            "of 0.0.0.0; a firewall would make it time out",
            "read that service's log, too; memtune preflight starts it as a platform does",
        ),
        Certainty.LIKELY,
    )


def unhealthy(known: Record) -> Iterator[Symptom]:
    """The health check failed."""
    if _explained(known):
        return
    yield from told(
        known,
        ("unhealthy",),
        (
            "the health check failed while the process lived",
            "every worker or thread was busy, it thrashes near its limit, or it is starting",
            "answer /health from a thread that requests cannot hold; memtune profile checks it "
            "under load",
        ),
        Certainty.LIKELY,
    )


def ended(known: Record) -> Iterator[Symptom]:
    """It ended, and nothing else was told."""
    others = ("no_port", "python_memory", "over_quota", "unhealthy", "worker_timeout")
    if _explained(known) or any(known.counts[name] for name in others):
        return
    yield from told(
        known,
        ("ended",),
        (
            "it ended, and the log does not tell why",
            "no line speaks of memory, a signal or a flag",
            "look at the lines before these; memtune profile WORKLOAD executes it and says how "
            "it ends",
        ),
        Certainty.UNTOLD,
    )
