"""The settings of the service: environment variables, parsed and checked once, at the start.

Not for settings that libraries read by themselves (MALLOC_ARENA_MAX,
OMP_NUM_THREADS and their like): the entrypoint and the Dockerfile set those.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

UNLIMITED = "unlimited"
MIB = 1024 * 1024


class SettingsError(Exception):
    """A variable has a value that is not allowed; the message names it and says what is."""


@dataclass(frozen=True)
class Settings:
    """What the service was asked to be."""

    port: int
    """TCP port, on all addresses."""
    workers: int
    """Worker processes."""
    threads: int
    """Threads a worker; one of them is kept free for /health and /metrics."""
    preload: bool
    """Whether models are loaded before the workers are forked, which then share them."""
    max_requests: int
    """Requests after which a worker is replaced; 0 for never."""
    slots: int | None
    """Photographs in work at the same time, all workers together; None for no limit."""
    queue_limit: int | None
    """Requests that wait for a slot, all workers together; None for no limit."""
    engine: str
    """``lean`` or ``full``."""
    max_side_px: int | None
    """Longer side that photographs are decoded to; None for as they are."""
    upsample: int
    """Times the detector doubles a photograph to find smaller faces."""
    max_body_bytes: int
    """Largest request body."""
    body_timeout_s: float
    """How long a client may keep silent in the middle of its body."""
    max_megapixels: float
    """Most pixels that a photograph may have, in millions, by its header."""
    max_decoded_megapixels: float
    """Most pixels that decoding may hold, in millions: JPEG can be decoded small, PNG cannot."""
    cache_size: int
    """People whose encodings a worker keeps in memory."""
    cache_ttl_s: float
    """Age at which a kept encoding is read again, in seconds."""
    database: Path
    """The SQLite file."""
    rate_limits: str
    """As Flask-Limiter writes them; empty for none."""
    guard: bool
    """Whether memtune.guard trims caches and refuses work when the container's memory is short."""
    trusted_proxies: int
    """Proxies in front, whose X-Forwarded-For tells the client's address."""
    run_dir: Path
    """What the workers share while the service is up: slots and metrics."""


@dataclass(frozen=True)
class Variable:
    """One environment variable."""

    name: str
    field: str
    """Of `Settings`."""
    default: str
    allowed: str
    """For people."""
    parse: Callable[[str], object]
    """Raises ValueError for what is not allowed."""


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return parse


def _above_zero(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


def _or_unlimited(parse: Callable[[str], object]) -> Callable[[str], object]:
    return lambda text: None if text == UNLIMITED else parse(text)


def _one_of(words: Mapping[str, object]) -> Callable[[str], object]:
    def parse(text: str) -> object:
        if text not in words:
            raise ValueError(text)
        return words[text]

    return parse


VARIABLES = (
    Variable("PORT", "port", "5001", "1 to 65535", _number(1, 65535)),
    Variable("WEB_CONCURRENCY", "workers", "1", "1 to 64", _number(1, 64)),
    Variable("THREADS", "threads", "16", "2 to 256", _number(2, 256)),
    Variable("PRELOAD", "preload", "1", "0 or 1", _one_of({"0": False, "1": True})),
    Variable("MAX_REQUESTS", "max_requests", "0", "0 to 1000000", _number(0, 1_000_000)),
    Variable("SLOTS", "slots", "1", "1 to 64, or unlimited", _or_unlimited(_number(1, 64))),
    Variable(
        "QUEUE_LIMIT", "queue_limit", "8", "0 to 256, or unlimited", _or_unlimited(_number(0, 256))
    ),
    Variable("ENGINE", "engine", "lean", "lean or full", _one_of({"lean": "lean", "full": "full"})),
    Variable(
        "MAX_SIDE_PX",
        "max_side_px",
        "800",
        "64 to 20000, or unlimited",
        _or_unlimited(_number(64, 20_000)),
    ),
    Variable("UPSAMPLE", "upsample", "1", "0, 1 or 2", _number(0, 2)),
    Variable(
        "MAX_BODY_MB",
        "max_body_bytes",
        "10",
        "a number above 0",
        lambda text: round(_above_zero(text) * MIB),
    ),
    Variable("BODY_TIMEOUT_S", "body_timeout_s", "20", "a number above 0", _above_zero),
    Variable("MAX_MEGAPIXELS", "max_megapixels", "50", "a number above 0", _above_zero),
    Variable(
        "MAX_DECODED_MEGAPIXELS", "max_decoded_megapixels", "13", "a number above 0", _above_zero
    ),
    Variable("CACHE_SIZE", "cache_size", "250", "0 to 1000000", _number(0, 1_000_000)),
    Variable("CACHE_TTL_S", "cache_ttl_s", "1800", "a number above 0", _above_zero),
    Variable("DATABASE", "database", "/data/faces.sqlite3", "a path", Path),
    Variable("RATE_LIMITS", "rate_limits", "", "as in 200/day;50/hour, or empty", str),
    Variable("GUARD", "guard", "1", "0 or 1", _one_of({"0": False, "1": True})),
    Variable("TRUSTED_PROXIES", "trusted_proxies", "0", "0 to 10", _number(0, 10)),
)


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Return the settings that `environ` asks for; SettingsError says what is not allowed."""
    values = {each.field: _value(each, environ) for each in VARIABLES}
    run_dir = environ.get("RUN_DIR") or tempfile.mkdtemp(prefix="facial-service-")
    return Settings(run_dir=Path(run_dir), **values)  # type: ignore[arg-type]


def _value(variable: Variable, environ: Mapping[str, str]) -> object:
    text = environ.get(variable.name, "").strip() or variable.default
    try:
        return variable.parse(text)
    except ValueError:
        raise SettingsError(
            f"{variable.name}={text!r} is not allowed: it must be {variable.allowed}"
        ) from None
