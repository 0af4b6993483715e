"""What the shim reported and what the host sampled -> the figures of one run, with their
sources and biases; reads nothing itself."""

from dataclasses import replace

from memtune.execute.shim import Transcript
from memtune.model import Bias, Figure, Measurement, Outcome, Unit
from memtune.units import KIB, format_bytes

SATURATED = 0.02
"""A total peak this near the cap says nothing about the need."""
CUT_SHORT = (Outcome.OOM_MAIN, Outcome.OOM_CHILD, Outcome.TIMEOUT, Outcome.PIDS_LIMIT)
"""A run that ended so could have taken more: its peaks are lower bounds."""
_PAGE_BYTES = 4 * KIB


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
    measurement = replace(
        sampled,
        cgroup_peak=_peak(transcript.number("ended", "peak"), sampled.cgroup_peak, cap_bytes),
        duration=None
        if duration_s is None
        else Figure(duration_s, Unit.SECONDS, "monotonic clock, go to end"),
        enforced_cap=None
        if limit is None
        else Figure(limit, Unit.BYTES, "read back inside the container"),
    )
    if outcome not in CUT_SHORT:
        return measurement
    return replace(
        measurement,
        need=_lower_bound(measurement.need),
        rss_peak=_lower_bound(measurement.rss_peak),
        pss_peak=_lower_bound(measurement.pss_peak),
    )


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


def _peak(inside: int | None, outside: Figure | None, cap_bytes: int) -> Figure | None:
    peak = outside
    if inside is not None and (outside is None or inside >= outside.value):
        source = outside.source if outside else "kernel high-water mark"
        peak = Figure(inside, Unit.BYTES, f"{source}, read by the shim after the end")
    if peak is not None and peak.value >= (1 - SATURATED) * cap_bytes:
        return replace(peak, bias=Bias.SATURATED)
    return peak


def _lower_bound(figure: Figure | None) -> Figure | None:
    return None if figure is None else replace(figure, bias=Bias.LOWER_BOUND)
