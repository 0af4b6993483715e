"""What Prometheus is told, all workers together; not for deciding anything."""

from __future__ import annotations

import os

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

REQUESTS = Counter("facial_requests", "Requests answered", ["endpoint", "status"])
LATENCY = Histogram(
    "facial_request_seconds",
    "From the request's header to its answer",
    ["endpoint"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
WAITED = Histogram(
    "facial_slot_wait_seconds",
    "Waiting for a slot",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
IN_WORK = Gauge(
    "facial_images_in_work", "Photographs decoded or looked at now", multiprocess_mode="livesum"
)
REFUSED = Counter("facial_refused", "Requests refused with 503", ["reason"])
CACHE_HITS = Counter("facial_cache_hits", "Encodings that were in memory")
CACHE_MISSES = Counter("facial_cache_misses", "Encodings read from the database")


def text() -> bytes:
    """Return the figures of all workers, or of this process where gunicorn does not run it."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
