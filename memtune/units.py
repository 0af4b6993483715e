"""Bytes, durations and shares: parsed from text and printed back; every number that
a user sees goes through here."""

import re

from memtune.errors import UsageError

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
MINIMUM_CAP_BYTES = 6 * MIB
"""Docker starts no container under less."""

_BYTE_UNITS = {
    "b": 1,
    "kib": KIB,
    "mib": MIB,
    "gib": GIB,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
    # Docker's one-letter units are binary.
    "k": KIB,
    "m": MIB,
    "g": GIB,
}
_MAX_BYTES = 4096 * GIB
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_MAX_SECONDS = 1000 * 3600.0
_NUMBER_UNIT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z%]*)\s*", re.ASCII)


def parse_bytes(text: str) -> int:
    """Bytes from ``512MiB``, ``0.5 GiB``, ``128MB`` (decimal) or Docker's ``512m`` (binary).

    Raises UsageError for a missing or unknown unit and for sizes below one byte.
    """
    digits, unit = _split(text, "a size", "write a number and a unit, such as 512MiB")
    factor = _BYTE_UNITS.get(unit.lower())
    if factor is None:
        raise UsageError(
            f"{text!r} is not a size: "
            + (f"unknown unit {unit!r}" if unit else "the unit is missing"),
            hint=f"write {digits}MiB, or use B, KiB, MiB, GiB, kB, MB, GB",
        )
    size = float(digits) * factor
    if not 1 <= round(min(size, _MAX_BYTES + 1)) <= _MAX_BYTES:
        raise UsageError(f"{text!r} is not a usable size", hint="sizes go from 1B to 4096GiB")
    return round(size)


def format_bytes(size: float) -> str:
    """Print bytes in the largest binary unit that keeps the number above one: ``512 MiB``."""
    for factor, unit, rounds_up_to_one in (
        (GIB, "GiB", GIB - MIB / 20),
        (MIB, "MiB", MIB - KIB / 20),
        (KIB, "KiB", KIB - 0.5),
    ):
        if abs(size) >= rounds_up_to_one:
            value = size / factor
            return f"{value:.0f} {unit}" if value == round(value) else f"{value:.1f} {unit}"
    return f"{size:.0f} B"


def parse_duration(text: str) -> float:
    """Seconds from ``90s``, ``250ms``, ``1.5m`` or ``2h``.

    Raises UsageError for a missing or unknown unit and for zero.
    """
    digits, unit = _split(text, "a duration", "write a number and a unit, such as 90s")
    seconds = float(digits) * _SECONDS.get(unit.lower(), 0)
    if not 0 < seconds <= _MAX_SECONDS:
        raise UsageError(
            f"{text!r} is not a duration above zero and up to 1000h",
            hint="use ms, s, m or h, such as 90s",
        )
    return seconds


def format_duration(seconds: float) -> str:
    """Print seconds as ``250 ms``, ``4.2 s`` or ``3 min 05 s``."""
    if seconds < 0.9995:  # 1000 ms would be printed above
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def format_clock(seconds: float) -> str:
    """Print whole seconds as a clock that runs: ``0:07``, ``12:05``, ``1:00:00``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def parse_share(text: str) -> float:
    """A share from 0 to below 1, written as ``20%`` or ``0.2``.

    Raises UsageError for anything else.
    """
    digits, unit = _split(text, "a share", "write a percentage, such as 20%")
    share = float(digits) / (100 if unit == "%" else 1)
    if unit not in ("", "%") or not 0 <= share < 1:
        raise UsageError(
            f"{text!r} is not a share from 0% to below 100%", hint="write it as 20% or 0.2"
        )
    return share


def parse_rate(text: str) -> float:
    """Times per second from ``5``, ``0.5/s`` or ``300/min``.

    Raises UsageError for another unit and for zero.
    """
    amount, _, unit = text.partition("/")
    digits, word = _split(amount, "a rate", "write how often per second, such as 5")
    seconds = {"": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0}.get(unit.strip().lower())
    if word or seconds is None or float(digits) == 0:
        raise UsageError(
            f"{text!r} is not a rate above zero", hint="write it as 5, 0.5/s or 300/min"
        )
    return float(digits) / seconds


def format_share(share: float) -> str:
    """Print a share as a percentage: ``20 %``, ``12.5 %``."""
    rounded = round(share * 100, 1) + 0.0  # never "-0 %"
    return f"{rounded:.0f} %" if rounded == round(rounded) else f"{rounded:.1f} %"


def format_growth(share: float) -> str:
    """Print a change as a signed percentage: ``+5.1 %``, ``-0.3 %``."""
    return f"{round(share * 100, 1) + 0.0:+.1f} %"


def _split(text: str, what: str, hint: str) -> tuple[str, str]:
    """Return the number, still as it was written, and the unit."""
    match = _NUMBER_UNIT.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is not {what}", hint=hint)
    return match[1], match[2]
