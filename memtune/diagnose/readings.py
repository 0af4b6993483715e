"""The memory that a line tells, in the words of each source; and when."""

import re
from dataclasses import dataclass
from datetime import datetime

from memtune.units import GIB, KIB, MIB

_NUMBER = r"(?P<{}>\d{{1,12}}(?:\.\d{{1,6}})?)"
_USED, _LIMIT = _NUMBER.format("used"), _NUMBER.format("limit")
_UNITS = {"B": 1, "kB": KIB, "KiB": KIB, "MB": MIB, "MiB": MIB, "M": MIB, "GB": GIB, "GiB": GIB}


@dataclass(frozen=True)
class Source:
    """How one source writes memory."""

    hint: str
    """In the line as it stands, or the pattern is not tried."""
    pattern: re.Pattern[str]
    """With a group ``used``, ``limit`` or both; ``unit`` and ``limit_unit`` where they vary."""
    figure: str
    """What the number is."""
    unit: int = MIB
    own_limit: bool = False
    """The limit is what the service takes for one, not what anybody enforces."""
    point: bool = True
    """Whether it belongs to a line of readings; what died is told once, at its end."""


SOURCES = (
    # The seed's Python service and memtune.guard.
    Source(
        "Memory ",
        re.compile(
            rf"Memory (?:startup|check|warning|critical|normal)\W{{1,3}}{_USED} ?MB / {_LIMIT} ?MB"
        ),
        "rss",
        own_limit=True,
    ),
    Source("Memory limit", re.compile(rf"Memory limit: {_LIMIT} ?MB \("), "limit"),
    # The seed's backend.
    Source("rss:", re.compile(rf"\{{ ?rss: {_USED}, heapUsed: "), "rss"),
    # Heroku, log-runtime-metrics and R14.
    Source("sample#", re.compile(rf"sample#memory_total={_USED}MB"), "total"),
    Source("sample#", re.compile(rf"sample#memory_quota={_LIMIT}MB"), "limit"),
    Source("memory quota of", re.compile(rf"memory quota of {_LIMIT} ?MB"), "limit"),
    # Render.
    Source("used over", re.compile(rf"used over {_LIMIT} ?(?P<limit_unit>[MG]B)\b"), "limit"),
    # docker stats.
    Source(
        "iB / ",
        re.compile(
            rf"% +{_USED}(?P<unit>[KMG]iB) / {_LIMIT}(?P<limit_unit>[KMG]iB) +\d"
        ),
        "usage",
    ),
    # node --trace-gc: what is left of the heap after a full collection.
    Source(
        "Mark-", re.compile(rf"Mark-(?:Compact|sweep)[^>]{{0,80}}-> {_USED} \("), "heap after gc"
    ),
    # The kernel beside a kill.
    Source("usage", re.compile(rf"memory: usage {_USED}kB, limit {_LIMIT}kB"), "usage at the kill",
           KIB, point=False),
    Source("anon-rss:", re.compile(rf"Killed process .*\banon-rss:{_USED}kB"), "anon at the kill",
           KIB, point=False),
    # docker inspect.
    Source('"Memory":', re.compile(rf'"Memory": ?{_LIMIT}\b'), "limit", 1),
)  # fmt: skip
_WHO = (
    re.compile(r"^([\w.-]{1,60}?) +\| "),  # docker compose
    re.compile(r"\b(?:heroku|app)\[([\w.]{1,40})\]:|\bsource=([\w.]{1,40})"),
    re.compile(r"^[0-9a-f]{12,64} +([\w.-]{1,60}) +\d"),  # docker stats
    re.compile(r"^\[(\d{1,10}:0x[0-9a-f]+)\]"),  # node --trace-gc
)
_WHEN = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?")


@dataclass(frozen=True)
class Reading:
    """Memory, a limit, or both, that a line tells."""

    who: str
    """Which of several that share a log; empty where the line does not say."""
    figure: str
    used_bytes: int | None
    limit_bytes: int | None
    own_limit: bool
    point: bool


def readings(text: str) -> list[Reading]:
    """Return all that the line tells of memory."""
    found = []
    for source in SOURCES:
        if source.hint in text and (match := source.pattern.search(text)):
            groups = match.groupdict()
            unit = _UNITS.get(groups.get("unit") or "", source.unit)
            limit_unit = _UNITS.get(groups.get("limit_unit") or "", source.unit)
            used, limit = _bytes(groups.get("used"), unit), _bytes(groups.get("limit"), limit_unit)
            limit = limit or None  # docker inspect writes 0 for none
            found.append(
                Reading(who(text), source.figure, used, limit, source.own_limit, source.point)
            )
    return found


def _bytes(number: str | None, unit: int) -> int | None:
    return None if number is None else round(float(number) * unit)


def who(text: str) -> str:
    """Return which process or container of a shared log the line is from, or an empty word."""
    for pattern in _WHO:
        if match := pattern.search(text):
            return next(group for group in match.groups() if group)
    return ""


def seconds(text: str) -> float | None:
    """Return the moment of a line in seconds, from an ISO date and time; its zone is left out,
    as only differences count."""
    match = _WHEN.search(text)
    if match is None:
        return None
    date, _, fraction = match[0].replace(",", ".").partition(".")
    try:
        return datetime.fromisoformat(date + "+00:00").timestamp() + float(f"0.{fraction or 0}")
    except ValueError:
        return None
