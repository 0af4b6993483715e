"""From what lines tell to the likely cause and the next step: one rule a symptom, in order."""

from collections.abc import Callable, Iterable, Iterator

from memtune.diagnose.record import Record, record
from memtune.diagnose.rules_answers import (
    bad_gateway,
    ended,
    no_port,
    refused,
    registering,
    request_timeout,
    unhealthy,
    worker_timeout,
)
from memtune.diagnose.rules_ends import (
    aborted,
    bad_option,
    heap_limit,
    host_kill,
    killed,
    memory_kill,
    python_memory,
)
from memtune.diagnose.rules_memory import TOO_FEW, growth, near_limit, over_quota, thresholds
from memtune.model.diagnosis import Diagnosis, LogLine, Symptom

RULES: tuple[Callable[[Record], Iterator[Symptom]], ...] = (
    bad_option,
    memory_kill,
    host_kill,
    heap_limit,
    python_memory,
    killed,
    aborted,
    over_quota,
    thresholds,
    growth,
    near_limit,
    registering,
    worker_timeout,
    request_timeout,
    no_port,
    bad_gateway,
    refused,
    unhealthy,
    ended,
)
"""The causes before what follows from them."""


def diagnose(
    files: tuple[str, ...], lines: Iterable[LogLine], cap_bytes: int | None = None
) -> Diagnosis:
    """Return what the lines of these files tell, the likeliest cause first."""
    known = record(lines, cap_bytes)
    symptoms = tuple(symptom for rule in RULES for symptom in rule(known))
    return Diagnosis(
        files, known.lines, known.memory_lines(), symptoms, tuple(_notes(known, symptoms))
    )


def _notes(known: Record, symptoms: tuple[Symptom, ...]) -> Iterator[str]:
    """What the logs do not tell."""
    if not known.series:
        yield (
            "no line tells memory: memtune.guard logs it, Heroku's log-runtime-metrics, and "
            "docker stats"
        )
    elif known.limit is None and not known.limits:
        yield "no line names the limit that is enforced: add --cap 512MiB"
    if few := [one for one in known.series.values() if one.longest.count in TOO_FEW]:
        most = max(one.longest.count for one in few)
        if not any(symptom.name == "growth" for symptom in symptoms):
            yield f"{most} readings of one life are too few to tell growth"
    if left_out := known.counts["series_left_out"]:
        yield f"{left_out:,} readings of more processes than are told apart are left out"
