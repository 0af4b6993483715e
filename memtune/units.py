"""Bytes, durations and shares: parsed from text and printed back; every number that
a user sees goes through here."""

import re

from memtune.errors import UsageError

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

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
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_NUMBER_UNIT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z%]*)\s*", re.ASCII)


def parse_bytes(text: str) -> int:
    """Bytes from ``512MiB``, ``0.5 GiB``, ``128MB`` (decimal) or Docker's ``512m`` (binary).

    Raises UsageError for a missing or unknown unit and for sizes below one byte.
    """
    number, unit = _split(text, "a size", "write a number and a unit, such as 512MiB")
    factor = _BYTE_UNITS.get(unit.lower())
    if factor is None:
        raise UsageError(
            f"{text!r} is not a size: "
            + (f"unknown unit {unit!r}" if unit else "the unit is missing"),
            hint=f"write {number:g}MiB, or use B, KiB, MiB, GiB, kB, MB, GB",
        )
    size = round(number * factor)
    if not 1 <= size < 2**62:
        raise UsageError(f"{text!r} is not a usable size", hint="sizes go from 1B to 4096GiB")
    return size


def format_bytes(size: float) -> str:
    """Print bytes in the largest binary unit that keeps the number above one: ``512 MiB``."""
    for factor, unit in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if abs(size) >= factor:
            value = size / factor
            return f"{value:.0f} {unit}" if value == round(value) else f"{value:.1f} {unit}"
    return f"{size:.0f} B"


def parse_duration(text: str) -> float:
    """Seconds from ``90s``, ``250ms``, ``1.5m`` or ``2h``.

    Raises UsageError for a missing or unknown unit and for zero.
    """
    number, unit = _split(text, "a duration", "write a number and a unit, such as 90s")
    if unit.lower() not in _SECONDS or number == 0:
        raise UsageError(
            f"{text!r} is not a duration above zero", hint="use ms, s, m or h, such as 90s"
        )
    return number * _SECONDS[unit.lower()]


def format_duration(seconds: float) -> str:
    """Print seconds as ``250 ms``, ``4.2 s`` or ``3 min 05 s``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def parse_share(text: str) -> float:
    """A share from 0 to below 1, written as ``20%`` or ``0.2``.

    Raises UsageError for anything else.
    """
    number, unit = _split(text, "a share", "write a percentage, such as 20%")
    share = number / 100 if unit == "%" else number
    if unit not in ("", "%") or not 0 <= share < 1:
        raise UsageError(
            f"{text!r} is not a share from 0% to below 100%", hint="write it as 20% or 0.2"
        )
    return share


def format_share(share: float) -> str:
    """Print a share as a percentage: ``20 %``, ``12.5 %``."""
    percent = share * 100
    rounded = round(percent, 1)
    return f"{rounded:.0f} %" if rounded == round(rounded) else f"{rounded:.1f} %"


def _split(text: str, what: str, hint: str) -> tuple[float, str]:
    match = _NUMBER_UNIT.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is not {what}", hint=hint)
    return float(match[1]), match[2]
