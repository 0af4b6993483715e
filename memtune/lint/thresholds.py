"""Whether a name is that of a memory threshold or of the interval of a memory check."""

import re

from memtune.units import GIB, KIB, MIB

READS_MEMORY = re.compile(
    r"psutil|memory_info|memoryUsage|getrusage|/proc/self/|heapUsed|memory\.(current|usage)"
)
"""What stands in a program that looks at its own memory."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_MEMORY = frozenset({"memory", "mem", "rss", "heap", "ram"})
_ACTS = frozenset({"threshold", "thresholds", "warning", "warn", "critical", "crit", "danger"})
_BOUNDS = _ACTS | {"limit", "max", "alert", "ceiling", "cutoff", "high"}
_UNITS = {"mb": MIB, "mib": MIB, "megabytes": MIB, "gb": GIB, "gib": GIB, "kb": KIB, "kib": KIB,
          "bytes": 1}  # fmt: skip
_OTHERS_WORDS = """
    body upload uploads file files request requests payload image images img photo content rate
    count length connections connection workers retries seconds ms interval time timeout age items
    entries percent pct percentage ratio fraction cpu disk swap px pixels log logs token tokens
    confidence score similarity distance match gpu vram cuda batch shared video growth increase
    increment delta leak
"""
_OTHERS = frozenset(_OTHERS_WORDS.split())
"""What else has limits, and is not compared with a cap."""
_LARGEST_MB = 16_384


def words(name: str) -> list[str]:
    """``maxMemoryMB`` and ``MAX_MEMORY_MB`` -> max, memory, mb."""
    return [word.lower() for word in _WORDS.findall(name)]


def threshold_bytes(name: str, value: float, reads_memory: bool) -> float | None:
    """Bytes that a number of this name means; None where it is no memory threshold.

    A number without a unit in its name is MB where it is small, else bytes.
    """
    parts = set(words(name))
    if not parts & _BOUNDS or parts & _OTHERS or parts <= {"threshold", "thresholds"}:
        return None
    unit = next((_UNITS[word] for word in parts if word in _UNITS), None)
    about_memory = bool(parts & _MEMORY) or (
        reads_memory and (unit is not None or bool(parts & _ACTS))
    )
    if not about_memory:
        return None
    if unit is not None:
        return value * unit
    if value <= _LARGEST_MB:
        return value * MIB
    return value if value >= MIB else None


def is_interval(name: str) -> bool:
    """Whether the name is that of an interval."""
    return bool(set(words(name)) & {"interval", "every", "period"})


def interval_seconds(name: str, value: float, default_unit_s: float) -> float:
    """Seconds that a number of this name means; the unit of the language where it names none."""
    parts = set(words(name))
    if parts & {"ms", "millis", "milliseconds"}:
        return value / 1000
    if parts & {"s", "sec", "secs", "seconds"}:
        return value
    if parts & {"min", "minutes", "mins"}:
        return value * 60
    return value * default_unit_s
