"""Gives memory back: caches, garbage, and what the allocator keeps. Nothing in here raises."""

import ctypes
import gc
import logging
from collections.abc import Callable, Iterable

log = logging.getLogger("memtune.guard")

Trim = Callable[[], object]
"""Makes room, such as `cache.clear`; what it returns is not looked at."""


def trim(caches: Iterable[Trim]) -> None:
    """Call each of `caches`, collect garbage, and have glibc return what it keeps."""
    for cache in caches:
        attempt(cache)
    attempt(gc.collect)
    if _malloc_trim is not None:
        attempt(_malloc_trim)


def attempt(action: Trim) -> object:
    """Call an action and return what it returns; an exception is logged, and None returned."""
    try:
        return action()
    except Exception:
        log.exception("memory guard: %s failed, the others go on", _name(action))
        return None


def _name(action: Trim) -> str:
    return getattr(action, "__qualname__", None) or repr(action)


def _find_malloc_trim() -> Trim | None:
    """Return glibc's malloc_trim(0); None where the C library is another one."""
    try:
        function = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    return lambda: function(0)


_malloc_trim = _find_malloc_trim()
