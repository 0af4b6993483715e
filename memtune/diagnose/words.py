"""What a line of a log means: one table of events, one of memory readings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from memtune.units import KIB, MIB

EVENTS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        # The kernel's own words, and how Docker, Kubernetes and platforms hand them on.
        "kernel_kill": r"Memory cgroup out of memory|CONSTRAINT_MEMCG|Out of memory: Killed process"
        r"|Ran out of memory \(used over|\bOOMKilled\b(?!\W+false)|\bR15\b"
        r"|[Ee]xit(?:ed)?(?:[ _](?:with|code|status))*\W{1,3}137\b"
        r"|was sent SIGKILL! Perhaps out of",
        "heap_limit": r"JavaScript heap out of memory|Reached heap limit"
        r"|[Ee]xit(?:ed)?(?:[ _](?:with|code|status))*\W{1,3}134\b",
        "bad_option": r"\bbad option: -",
        "python_memory": r"\bMemoryError\b|std::bad_alloc|Cannot allocate memory",
        "over_quota": r"\bR14\b",
        "worker_timeout": r"WORKER TIMEOUT",
        "timed_out": r"\bcode=H12\b|504 Gateway|ETIMEDOUT|ESOCKETTIMEDOUT|[Tt]ime(?:d )?-?out\b",
        "bad_gateway": r"502 Bad Gateway|\" 502\b|[Ss]tatus\W{1,3}502\b|\bcode=H1[03]\b",
        "refused": r"ECONNREFUSED|[Cc]onnection refused|EHOSTUNREACH|ENOTFOUND",
        "boot": r"Booting worker|Listening at:|listening on|Memory startup|State changed from \w+"
        r" to up|Starting process|==> (?:Deploying|Running|Starting)",
        "registering": r"(?i)\bregist",
        "threshold": r"(?i)\b(?:threshold|umbral|critical|warning)\w*\W{1,4}(?P<mb>\d{2,6}) ?MB",
    }.items()
}
_MB = r"(\d+(?:\.\d+)?) ?MB"
_READINGS = (
    (re.compile(rf"Memory (?:startup|check|warning|critical)\W+{_MB} / {_MB}"), MIB),
    (re.compile(r"Memory Check \([^)]*\): \{ rss: (\d+(?:\.\d+)?)"), MIB),
    (re.compile(rf"sample#memory_total={_MB}"), MIB),
    (re.compile(r"\banon-rss:(\d+)kB"), KIB),
    (re.compile(r"memory: usage (\d+)kB, limit (\d+)kB"), KIB),
)
"""Value, and where a second number stands, the limit that the line names."""
_LIMITS = (
    (re.compile(rf"used over {_MB}"), MIB),
    (re.compile(rf"memory quota of {_MB}"), MIB),
)


@dataclass(frozen=True)
class Reading:
    """Memory that a line tells."""

    used_bytes: int | None
    limit_bytes: int | None
    from_platform: bool
    """Whether the limit is the platform's word, not the service's own idea of it."""


def events(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield the name of each event that the line tells, with what matched."""
    for name, pattern in EVENTS.items():
        if match := pattern.search(text):
            yield name, match


def reading(text: str) -> Reading | None:
    """Return the memory or the limit that the line tells."""
    for pattern, unit in _READINGS:
        if match := pattern.search(text):
            used, *limit = [round(float(number) * unit) for number in match.groups()]
            return Reading(used, limit[0] if limit else None, unit == KIB)
    for pattern, unit in _LIMITS:
        if match := pattern.search(text):
            return Reading(None, round(float(match[1]) * unit), True)
    return None
