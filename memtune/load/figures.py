"""Latencies -> figures; pure."""

from collections.abc import Sequence

NAMES = (
    "boot_s",
    "requests",
    "errors",
    "error_rate",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "max_ms",
    "throughput_per_s",
    "load_s",
    "health_max_ms",
    "health_failures",
)
"""What is printed beside the words for calls and the boot time of each service."""


def boot_name(service: str) -> str:
    """Return the name of a service's boot time."""
    return f"boot_s_{service}"


def figures(latencies_s: Sequence[float], errors: int, load_s: float) -> dict[str, int | float]:
    """Return the load's figures; what no request was made for is absent."""
    requests = len(latencies_s)
    found: dict[str, int | float] = {"requests": requests, "errors": errors}
    if requests:
        ordered = sorted(latencies_s)
        found["error_rate"] = round(errors / requests, 6)
        found |= {
            f"p{percent}_ms": milliseconds(percentile(ordered, percent)) for percent in (50, 95, 99)
        }
        found["max_ms"] = milliseconds(ordered[-1])
        found["throughput_per_s"] = round((requests - errors) / load_s, 3)
    return found | {"load_s": round(load_s, 3)}


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the smallest value that ``percent`` of all values do not exceed.

    That is the nearest rank: always a value that was measured, never one between two.
    https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method
    """
    return ordered[-(-len(ordered) * percent // 100) - 1]


def milliseconds(seconds: float) -> float:
    """Return seconds as milliseconds, to the microsecond."""
    return round(seconds * 1000, 3)
