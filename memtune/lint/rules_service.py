"""Rules on thresholds, checks, limits of bodies, health and caps, in any language."""

from collections.abc import Iterator

from memtune.lint.facts import Fact, Kind
from memtune.lint.rule import Hit
from memtune.lint.services import Service
from memtune.lint.sizes import binary_size
from memtune.lint.thresholds import threshold_bytes
from memtune.units import MIB, format_bytes, format_duration

NEAR_CAP = 0.95
"""A threshold from this share of the cap on fires too late: what the kernel counts beside the
process's own memory is more than the rest."""
SLOW_CHECK_S = 30.0
BODY_COST = 2.25
"""Memory that a body takes over its size while it is parsed: 18 MB for 8 MB of base64 JSON in
Express, measured with node 20."""
BODIES_IN_FLIGHT = 8
DEFAULT_CAP_BYTES = 512 * MIB
"""Body limits are held against this where no cap is named."""


def _thresholds(service: Service) -> Iterator[tuple[Fact, float]]:
    for fact in service.facts.of(Kind.THRESHOLD):
        yield fact, fact.value or 0.0
    for one in service.facts.settings:
        written = binary_size(one.value)
        if written is not None:
            size = float(written) if not one.value.strip().isdigit() else threshold_bytes(
                one.name, written, False
            )  # fmt: skip
            if size is not None and threshold_bytes(one.name, 1, False) is not None:
                fact = Fact(Kind.THRESHOLD, one.at, f"{one.name}={one.value}", size)
                yield fact, size


def threshold_over_cap(service: Service) -> Iterator[Hit]:
    """A threshold that memory cannot reach before the kernel kills."""
    for fact, size in _thresholds(service):
        if service.cap is not None and size >= service.cap.bytes:
            yield _threshold_hit(fact, service)


def threshold_near_cap(service: Service) -> Iterator[Hit]:
    """A threshold so near the cap that the kernel is faster."""
    for fact, size in _thresholds(service):
        if service.cap is not None and NEAR_CAP * service.cap.bytes <= size < service.cap.bytes:
            yield _threshold_hit(fact, service)


def _threshold_hit(fact: Fact, service: Service) -> Hit:
    cap = service.cap.bytes if service.cap else 0
    source = f" ({service.cap.source})" if service.cap else ""
    return Hit(
        fact.at,
        f"{fact.what} under a cap of {format_bytes(cap)}{source}",
        f"take fractions of the limit that the container has, such as 70 and 85 %: "
        f"{format_bytes(0.7 * cap)} and {format_bytes(0.85 * cap)} here",
    )


def slow_memory_check(service: Service) -> Iterator[Hit]:
    """Memory is looked at every 30 s or less often."""
    for fact in service.facts.of(Kind.INTERVAL):
        if fact.value is not None and SLOW_CHECK_S <= fact.value <= 86_400:
            yield Hit(fact.at, f"{fact.what}: every {format_duration(fact.value)}")


def host_memory(service: Service) -> Iterator[Hit]:
    """``psutil.virtual_memory()`` or ``os.totalmem()`` in a service."""
    if service.answers:
        for fact in service.facts.of(Kind.HOST_MEMORY):
            yield Hit(fact.at, f"{fact.what} tells the memory of the host")


def body_limit_huge(service: Service) -> Iterator[Hit]:
    """A limit of which eight bodies in flight do not fit into the cap."""
    cap = service.cap.bytes if service.cap else DEFAULT_CAP_BYTES
    largest = cap / BODY_COST / BODIES_IN_FLIGHT
    for fact in service.facts.of(Kind.BODY_LIMIT):
        if fact.value is not None and fact.value > largest:
            yield Hit(
                fact.at,
                f"{fact.what}: {BODIES_IN_FLIGHT} such bodies need "
                f"{format_bytes(fact.value * BODY_COST * BODIES_IN_FLIGHT)} "
                f"of {format_bytes(cap)}",
                f"allow what your clients send, here at most {format_bytes(largest)}, and bound "
                "how many are in flight",
            )


def body_limit_missing(service: Service) -> Iterator[Hit]:
    """Flask without MAX_CONTENT_LENGTH, multer in memory without limits."""
    limited = service.facts.has(Kind.BODY_LIMIT)
    for fact in service.facts.of(Kind.BODY_UNLIMITED):
        if not limited or "multer" in fact.what:
            multer = "multer({ limits: { fileSize: 8 * 1024 * 1024 }, ... })"
            yield Hit(fact.at, fact.what, f"write {multer}" if "multer" in fact.what else "")


def no_health_check(service: Service) -> Iterator[Hit]:
    """A web service that is deployed without a health check."""
    if not service.answers or service.facts.has(Kind.HEALTH):
        return
    deployed = service.facts.of(Kind.DEPLOYED)
    for fact in sorted(deployed, key=lambda fact: "Dockerfile" in fact.what)[:1]:
        yield Hit(fact.at, fact.what)


def no_memory_limit(service: Service) -> Iterator[Hit]:
    """A service of a compose file without ``mem_limit``."""
    for fact in service.facts.of(Kind.UNLIMITED):
        yield Hit(fact.at, fact.what)
