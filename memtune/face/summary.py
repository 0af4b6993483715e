"""Adds up what became of the requests, as the one JSON object the pipeline ends with.

Not for judging single answers, and not for printing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from memtune.face.load import Operation
from memtune.face.settings import UNLIMITED, Settings


class Ending(StrEnum):
    """How one request ended; the names are keys of the JSON object."""

    REGISTERED = "registered"
    """The person is in the gallery."""
    RIGHT = "right"
    """The right person was recognised."""
    WRONG = "wrong"
    """Somebody else was recognised, or somebody unknown was let in."""
    MISSED = "missed"
    """A face was not found, or a registered person not recognised."""
    REFUSED_RIGHTLY = "refused_rightly"
    """Somebody unknown was not recognised."""
    FAILED = "failed"
    """There was an error instead of an answer."""


@dataclass(frozen=True)
class Served:
    """What became of one request."""

    operation: Operation
    """What was asked."""
    ending: Ending
    """How it ended."""
    latency_ms: float
    """From reading the photograph to the answer, waiting for a slot included."""
    faces: int = 0
    """Faces that the detector saw."""
    cached: bool = False
    """Whether the photograph was not looked at again."""
    error: str | None = None
    """Of a failed request: what happened."""


@dataclass(frozen=True)
class Ended:
    """All that the pipeline did."""

    settings: Settings
    """Under which it was executed."""
    served: Sequence[Served]
    """In the order of the requests."""
    startup_s: float
    """Loading models and starting workers."""
    elapsed_s: float
    """Serving."""
    strangers: int
    """Random vectors in the gallery."""
    error: str | None = None
    """What ended the pipeline before its requests, if anything did."""

    @property
    def ok(self) -> bool:
        """Whether every face was found and every answer right."""
        bad = {Ending.WRONG, Ending.MISSED, Ending.FAILED}
        return self.error is None and not any(each.ending in bad for each in self.served)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of `values` that at least `share` of them do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def summarise(ended: Ended) -> dict[str, object]:
    """Return the JSON object; what was not measured is absent."""
    served = ended.served
    endings = Counter(each.ending for each in served)
    operations = Counter(each.operation for each in served)
    return {
        "operations": len(served),
        "registrations": operations[Operation.REGISTER],
        "logins": operations[Operation.LOGIN],
        "faces_found": sum(each.faces for each in served),
        **{ending.value: endings[ending] for ending in Ending},
        "cache_hits": sum(each.cached for each in served),
        **_times(ended),
        "gallery_strangers": ended.strangers,
        **_settings(ended.settings),
        **({"error": ended.error} if ended.error else {}),
    }


def _times(ended: Ended) -> dict[str, float]:
    times = {
        "startup_s": round(ended.startup_s, 3),
        "elapsed_s": round(ended.elapsed_s, 3),
    }
    answered = [each.latency_ms for each in ended.served if each.ending is not Ending.FAILED]
    if answered:
        times["p50_ms"] = round(percentile(answered, 0.50), 1)
        times["p95_ms"] = round(percentile(answered, 0.95), 1)
        times["throughput_per_s"] = round(len(answered) / ended.elapsed_s, 2)
    return times


def _settings(settings: Settings) -> dict[str, object]:
    return {
        "workers": settings.workers,
        "worker_kind": settings.worker_kind.value,
        "cache_size": settings.cache_size,
        "cache_ttl_s": UNLIMITED if math.isinf(settings.cache_ttl_s) else settings.cache_ttl_s,
        "heap_mb": settings.heap_mb or UNLIMITED,
        "max_side_px": settings.max_side_px or UNLIMITED,
        "upsample": settings.upsample,
        "slots": settings.slots or UNLIMITED,
        "engine": settings.engine.value,
    }
