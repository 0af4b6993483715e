"""What the shim reported and what the host sampled -> the figures of one run, with their
sources and biases; reads nothing itself."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from memtune.execute.shim import Transcript
from memtune.model import SATURATED, Bias, Figure, Measurement, Outcome, Unit
from memtune.units import KIB, format_bytes

CUT_SHORT = (Outcome.OOM_MAIN, Outcome.OOM_CHILD, Outcome.TIMEOUT, Outcome.PIDS_LIMIT)
"""A run that ended so could have taken more: its peaks are lower bounds."""
_PAGE_BYTES = 4 * KIB
_SUMMED = (
    "need",
    "cgroup_peak",
    "rss_peak",
    "pss_peak",
    "oom_kills",
    "refaults",
    "major_faults",
    "stalled",
)
"""What of several services adds up: each has memory of its own."""


def oom_kills(transcript: Transcript, sampled: Measurement) -> int | None:
    """Return the kernel's counter, from inside and from the host: the larger, it only grows."""
    inside = transcript.number("ended", "oom_kills")
    outside = sampled.oom_kills
    seen = [n for n in (inside, int(outside.value) if outside else None) if n is not None]
    return max(seen, default=None)


def measured(
    transcript: Transcript,
    sampled: Measurement,
    duration_s: float | None,
    cap_bytes: int,
    outcome: Outcome,
) -> Measurement:
    """Add the shim's figures to the sampler's, and say in which way peaks are biased."""
    limit = transcript.number("ready", "limit")
    inside = transcript.number("ended", "peak")
    measurement = replace(
        sampled,
        cgroup_peak=_kernel_peak(inside, sampled.cgroup_peak),
        duration=None
        if duration_s is None
        else Figure(duration_s, Unit.SECONDS, "monotonic clock, go to end"),
        enforced_cap=None
        if limit is None
        else Figure(limit, Unit.BYTES, "read back inside the container"),
    )
    return biased(measurement, cap_bytes, outcome)


def biased(measurement: Measurement, cap_bytes: int, outcome: Outcome) -> Measurement:
    """Say in which way the peaks are biased that were seen under this cap."""
    measurement = replace(measurement, cgroup_peak=_saturated(measurement.cgroup_peak, cap_bytes))
    if outcome not in CUT_SHORT:
        return measurement
    return replace(
        measurement,
        need=_lower_bound(measurement.need),
        rss_peak=_lower_bound(measurement.rss_peak),
        pss_peak=_lower_bound(measurement.pss_peak),
    )


def summed(measurements: Sequence[Measurement]) -> Measurement:
    """Return the sums over several services; one that lacks a figure makes it absent."""
    sums: dict[str, Any] = {
        name: _sum([getattr(one, name) for one in measurements]) for name in _SUMMED
    }
    return Measurement(**sums)


def _sum(figures: list[Figure | None]) -> Figure | None:
    present = [figure for figure in figures if figure is not None]
    if not present or len(present) < len(figures):
        return None
    bias = max((figure.bias for figure in present), key=list(Bias).index)
    total = sum(figure.value for figure in present)
    return Figure(total, present[0].unit, f"sum over services: {present[0].source}", bias)


def untrue_cap(transcript: Transcript, cap_bytes: int) -> str:
    """Say how the limits that the kernel enforces differ from the cap; empty when they hold.

    Limits are rounded to pages. On v1 the second limit is of memory and swap together, on
    v2 of swap alone.
    """
    limit = transcript.number("ready", "limit")
    if limit is None:
        return ""
    if abs(limit - cap_bytes) >= _PAGE_BYTES:
        return f"the kernel enforces {format_bytes(limit)}, not the cap {format_bytes(cap_bytes)}"
    swap = transcript.reports["ready"].get("swap", "-")
    if swap in ("-", "0", str(limit)):
        return ""
    return f"the kernel allows swap beyond the cap (limit {swap}): the cap would not hold"


def unread_cap(transcript: Transcript) -> tuple[str, ...]:
    """Return a warning where nobody could tell which cap the kernel enforced."""
    if "ready" in transcript.reports and transcript.number("ready", "limit") is None:
        return ("the enforced cap could not be read back",)
    return ()


def _kernel_peak(inside: int | None, outside: Figure | None) -> Figure | None:
    if inside is None or (outside is not None and inside < outside.value):
        return outside
    source = outside.source if outside else "kernel high-water mark"
    bias = outside.bias if outside and inside == outside.value else Bias.NONE
    return Figure(inside, Unit.BYTES, f"{source}, read by the shim after the end", bias)


def _saturated(peak: Figure | None, cap_bytes: int) -> Figure | None:
    if peak is not None and peak.value >= (1 - SATURATED) * cap_bytes:
        return replace(peak, bias=Bias.SATURATED)
    return peak


def _lower_bound(figure: Figure | None) -> Figure | None:
    return None if figure is None else replace(figure, bias=Bias.LOWER_BOUND)
