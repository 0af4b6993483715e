"""Rules on the memory that lines tell: quotas, thresholds, growth."""

from collections.abc import Iterator

from memtune.diagnose.record import Record, SeriesKey, evidence, title
from memtune.diagnose.rules_ends import NEAR_LIMIT, told
from memtune.diagnose.series import Life
from memtune.model.diagnosis import Certainty, Symptom
from memtune.units import format_bytes

LEAK_READINGS = 8
TOO_FEW = range(3, LEAK_READINGS)
LEAK_GROWTH = 0.2
"""Growth from the first to the last reading of one life, as a share."""
LEAK_FIT = 0.7
"""Share of the variance that a straight line has to explain."""
GROWTHS_SHOWN = 3
LINES_SHOWN = 5
_SAY_MORE = ("memory_kill", "host_kill", "heap_limit", "worker_kill", "exit_137", "over_quota")


def over_quota(known: Record) -> Iterator[Symptom]:
    """Heroku's R14."""
    yield from told(
        known,
        ("over_quota",),
        (
            "Heroku counts more than the dyno's quota (R14): it swaps and slows down",
            "at a multiple of the quota it is killed (R15)",
            "memtune preflight WORKLOAD --platform PLAN says by how much it is too large",
        ),
    )


def thresholds(known: Record) -> Iterator[Symptom]:
    """The service's own threshold, or what it takes for its limit, lies at or above the limit."""
    limit = known.limit
    if limit is None:
        return
    named = [known.threshold] if known.threshold and known.threshold >= limit else []
    own = [one for one in known.own_limits.values() if one.limit_bytes > limit]
    late = [*named, *(one.limit_bytes for one in own)]
    if not late:
        return
    lines = [*(known.first["threshold"] if named else ()), *(one.line for one in own)]
    yield Symptom(
        "thresholds",
        Certainty.TOLD,
        f"the service's own threshold ({format_bytes(min(late))}) does not lie below the limit "
        f"({format_bytes(limit)}): it never fires",
        "the kernel kills first",
        "memtune.guard reads the limit of its own container; memtune lint . finds such numbers",
        tuple(lines[:LINES_SHOWN]),
        (known.counts["threshold"] if named else 0) + len(own),
    )


def growth(known: Record) -> Iterator[Symptom]:
    """Readings of one life along a rising line that does not flatten."""
    rising = [(key, one.longest) for key, one in known.series.items() if _leaks(one.longest)]
    rising.sort(key=lambda item: -item[1].count)
    for key, life in rising[:GROWTHS_SHOWN]:
        grown = life.last - life.first
        yield Symptom(
            "growth",
            Certainty.LIKELY,
            f"memory of {title(key)} grows by {_rate(life)}",
            f"{format_bytes(grown)} more after {life.count:,} readings of one life, along a "
            f"straight line ({life.by_count.fit:.0%} of what varies){_until(known, key, life)}: "
            "a leak, or a cache without bound",
            "bound caches (memtune lint . finds some), recycle workers (gunicorn max_requests); "
            "memtune profile with a long load shows whether it goes on",
            tuple(known.first[evidence(key)]),
            known.counts[evidence(key)],
        )


def _leaks(life: Life) -> bool:
    return (
        life.count >= LEAK_READINGS
        and life.last - life.first >= LEAK_GROWTH * life.first
        and life.by_count.fit >= LEAK_FIT
        and life.still_grows
    )


def _rate(life: Life) -> str:
    if life.bytes_per_hour is not None:
        return f"{format_bytes(life.bytes_per_hour)} an hour"
    return f"{format_bytes(life.by_count.slope)} from one reading to the next"


def _until(known: Record, key: SeriesKey, life: Life) -> str:
    limit = known.limit_of(key)
    if limit is None or limit <= life.last:
        return ""
    if life.bytes_per_hour is not None:
        return f", {(limit - life.last) / life.bytes_per_hour:,.1f} h more until the limit"
    return f", {round((limit - life.last) / life.by_count.slope):,} readings more until the limit"


def near_limit(known: Record) -> Iterator[Symptom]:
    """Nine tenths of the limit, and nothing has happened yet."""
    if any(known.counts[name] for name in _SAY_MORE):
        return
    for key, series in known.series.items():
        limit = known.limit_of(key)
        if limit is not None and series.memory.most >= NEAR_LIMIT * limit:
            yield Symptom(
                "near_limit",
                Certainty.LIKELY,
                f"{title(key)} reached {series.memory.most / limit:.0%} of its limit of "
                f"{format_bytes(limit)}",
                "what lies between two readings is not seen, and just below the limit programs "
                "thrash: slow answers, time-outs, no kill",
                "memtune floor WORKLOAD shows the caps at which it is killed or slow",
                tuple(known.first[evidence(key)]),
                series.memory.count,
            )
            return
