"""The guard of one process: what a service holds, registers its caches with and asks."""

import logging
import os
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TypeVar

from memtune.guard.asgi import AsgiApp, AsgiGuard
from memtune.guard.gauge import Gauge
from memtune.guard.level import Level, Levels, Reading
from memtune.guard.meter import ContainerMeter, Meter
from memtune.guard.watch import Watch
from memtune.guard.window import Window
from memtune.guard.wsgi import WsgiApp, WsgiGuard

log = logging.getLogger("memtune.guard")

Cache = TypeVar("Cache", bound=Callable[[], object])

LOG_INTERVAL_S = 60.0
RETRY_AFTER_S = 5
EXEMPT = ("/health", "/metrics")


@dataclass(frozen=True)
class Counts:
    """What the guard of this process has done since it was made or forked."""

    checks: int
    """Readings of memory."""
    trims: int
    refused: int
    """Pieces of work that were not admitted."""


class Guard:
    """Watches the memory of this process's container. One for each process is enough.

    Start it, or let the middleware do so at the first request. In a forked process it
    starts again if it had been started before the fork.
    """

    def __init__(
        self,
        *,
        limit_bytes: int | None = None,
        levels: Levels | None = None,
        log_interval_s: float = LOG_INTERVAL_S,
        retry_after_s: int = RETRY_AFTER_S,
        meter: Meter | None = None,
    ) -> None:
        """Make a guard that does nothing yet.

        `limit_bytes` lowers the limit of the container and never raises it;
        `retry_after_s` is what a refused client is told to wait; `meter` reads something
        else than the container.
        """
        self.retry_after_s = retry_after_s
        self._meter = meter or ContainerMeter(limit_bytes)
        self._levels = levels or Levels()
        self._log_interval_s = log_interval_s
        self._caches: list[Callable[[], object]] = []
        self._recycle: Callable[[], object] = _nothing
        self._watch: Watch | None = None
        self._begin_anew()
        _guards.add(self)

    def register(self, cache: Cache) -> Cache:
        """Have `cache`, such as `cache.clear`, called from the warning level on. A decorator, too.

        It is called in the guard's own thread, beside requests.
        """
        self._caches.append(cache)
        return cache

    def recycle_with(self, recycle: Callable[[], object]) -> None:
        """Have `recycle` called where trimming does not help; true says that this process ends."""
        self._recycle = recycle

    def wsgi(self, app: WsgiApp, exempt: tuple[str, ...] = EXEMPT) -> WsgiApp:
        """Return a WSGI application that answers 503 while memory is short.

        `exempt` are paths, with what lies below them, that are always answered.
        """
        return WsgiGuard(self, app, exempt)

    def asgi(self, app: AsgiApp, exempt: tuple[str, ...] = EXEMPT) -> AsgiApp:
        """Return the same as an ASGI application; a websocket is closed with code 1013."""
        return AsgiGuard(self, app, exempt)

    def start(self) -> Self:
        """Log where memory stands and watch from now on; does nothing where it does already."""
        with self._lock:
            if self._watch is not None:
                return self
            self._watch = watch = Watch(
                self._gauge, self._caches, lambda: self._recycle(), self._log_interval_s
            )
        try:
            watch.start(self._meter.limit())
        except Exception:  # no room for a thread, for one
            log.exception("memory guard: it does not watch; what is admitted is still looked at")
        return self

    def stop(self) -> None:
        """Stop watching. Requests that come are still admitted by what they read."""
        with self._lock:
            watch, self._watch = self._watch, None
        if watch is not None:
            watch.stop()
            self._trims += watch.trims

    def __enter__(self) -> Self:
        """Start watching."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self.stop()

    @property
    def started(self) -> bool:
        """Whether this process is watched."""
        return self._watch is not None

    @property
    def level(self) -> Level:
        """How short memory is."""
        return self._gauge.look()

    @property
    def reading(self) -> Reading | None:
        """The memory of the container; None where it cannot be read."""
        self._gauge.look()
        return self._gauge.reading

    def look_again(self) -> Level:
        """Return the level by a new reading, where the last one may be of before an event."""
        return self._gauge.look_again()

    @property
    def counts(self) -> Counts:
        """What was done so far, for metrics."""
        trims = self._trims + (self._watch.trims if self._watch else 0)
        return Counts(self._gauge.checks, trims, self._refused)

    def begin(self) -> bool:
        """Admit a piece of work, to be ended with `end`; false where memory is too short for it."""
        self._gauge.look()
        with self._lock:  # the level in here, so that no older one comes after a newer
            admitted = self._window.begin(self._gauge.level, time.monotonic())
            self._refused += not admitted
            return admitted

    def end(self) -> None:
        """End a piece of work that was admitted."""
        with self._lock:
            self._window.end()

    def _begin_anew(self) -> None:
        """Make what does not survive a fork: locks, the thread, and what is counted."""
        self._lock = threading.Lock()
        self._gauge = Gauge(self._meter, self._levels)
        self._watch = None
        self._window = Window()
        self._refused = 0
        self._trims = 0

    def _after_fork(self) -> None:
        started = self.started
        self._begin_anew()
        if started:
            self.start()


def guards() -> list[Guard]:
    """Return the guards of this process."""
    return list(_guards)


def _nothing() -> bool:
    return False


def _after_fork() -> None:
    for guard in guards():
        guard._after_fork()


_guards: "weakref.WeakSet[Guard]" = weakref.WeakSet()
os.register_at_fork(after_in_child=_after_fork)
