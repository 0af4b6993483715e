"""The lines that the guard logs, in the format that operators of the seed service know."""

import logging

from memtune.guard.level import MIB, Level, Reading

SIGNS = {Level.OK: "🟢", Level.WARNING: "🟡", Level.CRITICAL: "🔴", Level.FULL: "🔴"}
SEVERITIES = {
    Level.OK: logging.INFO,
    Level.WARNING: logging.WARNING,
    Level.CRITICAL: logging.ERROR,
    Level.FULL: logging.ERROR,
}


def line(occasion: str, level: Level, reading: Reading) -> str:
    """Return such as "🟢 Memory check: 280.3MB / 800MB"; MB is 1024 x 1024 bytes, as in 512MB."""
    limit = f"{reading.limit_bytes / MIB:.1f}".removesuffix(".0")
    return f"{SIGNS[level]} Memory {occasion}: {megabytes(reading.need_bytes)} / {limit}MB"


def trimmed(before_bytes: int, after_bytes: int, duration_s: float, caches: int) -> str:
    """Return what one trim has brought."""
    return (
        f"Memory trimmed: {megabytes(before_bytes)} -> {megabytes(after_bytes)} "
        f"in {duration_s * 1000:.0f} ms ({caches} registered, gc, malloc_trim)"
    )


def megabytes(size: int) -> str:
    """Return such as "280.3MB"."""
    return f"{size / MIB:.1f}MB"
