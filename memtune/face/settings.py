"""Reads the pipeline's settings from ``FACE_*`` environment variables.

Not for the settings that libraries and glibc read themselves (OMP_NUM_THREADS
and its kin, MALLOC_ARENA_MAX, MALLOC_TRIM_THRESHOLD_): those never pass here.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

UNLIMITED = "unlimited"


class WorkerKind(StrEnum):
    """What the workers are made of."""

    THREAD = "thread"
    PROCESS = "process"
    PREFORK = "prefork"


class EngineKind(StrEnum):
    """Which of face_recognition's models are loaded."""

    FULL = "full"
    LEAN = "lean"


class SettingsError(ValueError):
    """A variable has a value that is not allowed, or there is no such variable."""


@dataclass(frozen=True)
class Settings:
    """One point of the pipeline's space."""

    workers: int
    """Requests in work at the same time."""
    worker_kind: WorkerKind
    """Threads of one process, spawned processes, or processes forked after loading."""
    cache_size: int
    """Encodings kept; 0 keeps none."""
    cache_ttl_s: float
    """Age at which a kept encoding is forgotten; infinite for never."""
    heap_mb: int | None
    """Heap of every process in MiB, by RLIMIT_DATA; None for no limit."""
    max_side_px: int | None
    """Longer side that photographs are decoded to; None for as they are."""
    upsample: int
    """Times the detector doubles a photograph to find smaller faces."""
    slots: int | None
    """Photographs decoded, detected and encoded at the same time; None for one a worker."""
    engine: EngineKind
    """Which models are loaded."""
    logins: int
    """Logins after the registrations."""

    @property
    def slots_in_force(self) -> int:
        """Photographs that can be in work at the same time, at most one a worker."""
        return min(self.slots or self.workers, self.workers)


@dataclass(frozen=True)
class Variable:
    """One environment variable of the pipeline."""

    name: str
    """As in the environment."""
    default: str
    """The value when it is unset or empty."""
    allowed: str
    """What it may be, for people."""
    meaning: str
    """What it does, for people."""
    parse: Callable[[str], object]
    """Text to value; raises ValueError for anything that is not allowed."""


def _whole(least: int, most: int | None = None) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text)
        if number < least or (most is not None and number > most):
            raise ValueError(text)
        return number

    return parse


def _or_unlimited(parse: Callable[[str], int]) -> Callable[[str], int | None]:
    return lambda text: None if text == UNLIMITED else parse(text)


def _seconds(text: str) -> float:
    number = math.inf if text == UNLIMITED else float(text)
    if not number > 0 or (math.isinf(number) and text != UNLIMITED):
        raise ValueError(text)
    return number


VARIABLES = (
    Variable("FACE_WORKERS", "1", "a whole number from 1 to 8", "workers", _whole(1, 8)),
    Variable(
        "FACE_WORKER_KIND",
        "thread",
        "thread, process or prefork",
        "threads, spawned processes, or processes forked after the models are loaded",
        WorkerKind,
    ),
    Variable(
        "FACE_CACHE_SIZE",
        "2000",
        "a whole number from 0 to 1000000",
        "encodings kept, least recently used forgotten first",
        _whole(0, 1_000_000),
    ),
    Variable(
        "FACE_CACHE_TTL_S",
        "3600",
        "a number of seconds above 0, or unlimited",
        "age at which a kept encoding is forgotten",
        _seconds,
    ),
    Variable(
        "FACE_HEAP_MB",
        UNLIMITED,
        "a whole number of MiB from 32, or unlimited",
        "heap of every process (RLIMIT_DATA): a MemoryError instead of a kill",
        _or_unlimited(_whole(32)),
    ),
    Variable(
        "FACE_MAX_SIDE_PX",
        UNLIMITED,
        "a whole number of pixels from 64, or unlimited",
        "longer side that photographs are decoded to",
        _or_unlimited(_whole(64)),
    ),
    Variable(
        "FACE_UPSAMPLE",
        "1",
        "0, 1 or 2",
        "times the detector doubles a photograph to find smaller faces",
        _whole(0, 2),
    ),
    Variable(
        "FACE_SLOTS",
        UNLIMITED,
        "a whole number from 1 to 8, or unlimited",
        "photographs decoded, detected and encoded at the same time",
        _or_unlimited(_whole(1, 8)),
    ),
    Variable(
        "FACE_ENGINE",
        "full",
        "full or lean",
        "import face_recognition, or only the models that encodings need",
        EngineKind,
    ),
    Variable(
        "FACE_LOGINS",
        "16",
        "a whole number from 1 to 100000",
        "logins after the registrations",
        _whole(1, 100_000),
    ),
)


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Return the settings that `environ` asks for; SettingsError names what is wrong."""
    _refuse_unknown(name for name in environ if name.startswith("FACE_"))
    values = {_field(each): _value(each, environ) for each in VARIABLES}
    return Settings(**values)  # type: ignore[arg-type]  # each parser gives its field's type


def usage() -> str:
    """Return the help text: every variable, what it may be, its default and its meaning."""
    lines = ["usage: python -m memtune.face", "", "Settings are environment variables:"]
    for each in VARIABLES:
        lines += ["", f"  {each.name}  (default {each.default})", f"      {each.meaning}"]
        lines.append(f"      {each.allowed}")
    return "\n".join(lines)


def _field(variable: Variable) -> str:
    return variable.name.removeprefix("FACE_").lower()


def _value(variable: Variable, environ: Mapping[str, str]) -> object:
    text = environ.get(variable.name, "").strip() or variable.default
    try:
        return variable.parse(text)
    except ValueError:
        raise SettingsError(
            f"{variable.name}={text!r} is not allowed: it must be {variable.allowed}"
        ) from None


def _refuse_unknown(names: Iterable[str]) -> None:
    known = [each.name for each in VARIABLES]
    for name in sorted(set(names) - set(known)):
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        raise SettingsError(f"{name} is no setting of the face pipeline: {hint}")
