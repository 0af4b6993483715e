"""Watches the memory of a service from inside its container, and acts before the kernel kills.

    guard = Guard()
    guard.register(cache.clear)
    app.wsgi_app = guard.wsgi(app.wsgi_app, exempt=("/health", "/metrics"))

Stands alone: the standard library and psutil. It never raises a limit, and what it does
when memory is short (trim, refuse, recycle) fails in the log, never in a request.
"""

from memtune.guard.container import Container, find
from memtune.guard.guard import Counts, Guard
from memtune.guard.level import Level, Levels, Reading

__all__ = ["Container", "Counts", "Guard", "Level", "Levels", "Reading", "find"]
