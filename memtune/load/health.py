"""Asks services whether they are well: until they are ready, and while the load goes on.

Every service is asked by a thread of the operating system in a process that does nothing else
but wait: the load has a process of its own, so neither its gevent loop nor its share of the
interpreter lock delays a question.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from memtune.load.body import Bodies
from memtune.load.exchange import NO_ANSWER, Attempt, Client, message, told
from memtune.load.figures import boot_name, milliseconds
from memtune.load.prepare import Request, Target
from memtune.load.record import Reasons

TIMEOUT_S = 10.0
"""A question without an answer for so long has failed."""
POLL_S = 0.05
"""Between two questions while a service boots."""
FAIR_S = 1.0
"""A question that the end of the boot cuts off before says nothing of the service."""
NOTHING = "nothing"

Services = Sequence[tuple[str, Target]]


@dataclass
class Boot:
    """One service on its way to being ready."""

    service: str
    ready: float | None = None
    """When it first said that it is well, on the monotonic clock."""
    last: str = NOTHING
    """What it last answered."""


def boot(services: Services, limit_s: float) -> list[Boot]:
    """Wait until each service is ready, or the time from now is over."""
    deadline = time.monotonic() + limit_s
    boots = [Boot(service) for service, _ in services]
    threads = [
        threading.Thread(target=_await, args=(one, where, deadline), daemon=True)
        for one, (_, where) in zip(boots, services, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0) + FAIR_S)
    return boots


def boot_figures(boots: Sequence[Boot], started: float) -> dict[str, float]:
    """Return the boot times of those that are ready, and of all together when all are."""
    found = {one.service: one.ready - started for one in boots if one.ready is not None}
    figures = {boot_name(service): taken for service, taken in found.items()}
    figures = figures if len(boots) > 1 else {}
    if boots and len(found) == len(boots):
        figures = {"boot_s": max(found.values())} | figures
    return {name: round(value, 3) for name, value in figures.items()}


def not_ready(boots: Sequence[Boot], limit_s: float) -> str:
    """Return who is not ready, and what they last answered; nothing when all are ready."""
    late = [one for one in boots if one.ready is None]
    return "; ".join(
        f"{one.service} was not ready within {limit_s:g} s: it last answered {one.last}"
        for one in late
    )


@dataclass
class Watch:
    """Asks each service once at least, and again and again from ``start`` to ``stop``."""

    services: Services
    interval_s: float
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _took_s: list[float] = field(default_factory=list)
    _failures: Reasons = field(default_factory=Reasons)

    def start(self) -> None:
        """Begin to ask."""
        self._threads = [
            threading.Thread(target=self._ask, args=one, daemon=True) for one in self.services
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> dict[str, int | float]:
        """Ask no more, wait for answers that are still to come, and return the figures."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        if not self._took_s:
            return {}
        return {
            "health_max_ms": milliseconds(max(self._took_s)),
            "health_failures": self._failures.times.total(),
        }

    def failures(self) -> list[str]:
        """Return what went wrong, one line each, with how often."""
        return self._failures.lines(f"{len(self._took_s)} questions for health")

    def _ask(self, service: str, where: Target) -> None:
        due = time.monotonic()
        while True:
            began = time.monotonic()
            asked = ask(service, where, TIMEOUT_S)
            self._took_s.append(asked.ended - began)
            if asked.error:
                self._failures.add(f"{service}: {asked.error}", asked.seen)
            # Questions that fell due while one was waited for are not made up for: the one
            # has already seen the stall at its full length.
            due = max(due + self.interval_s, time.monotonic())
            if self._over.wait(due - time.monotonic()):
                return


def ask(service: str, where: Target, timeout_s: float) -> Attempt:
    """Ask once, on a connection of its own; what is not 2xx is an error."""
    client = Client(timeout_s)
    try:
        answer, ended = client.ask_in_time(message(Request(service, "GET", where), Bodies()))
    except NO_ANSWER as error:
        return Attempt(time.monotonic(), told(error))
    finally:
        client.close()
    if 200 <= answer.status <= 299:
        return Attempt(ended, "")
    return Attempt(ended, f"status {answer.status}", answer.beginning)


def _await(one: Boot, where: Target, deadline: float) -> None:
    while (left := deadline - time.monotonic()) > 0:
        asked = ask(one.service, where, min(left, TIMEOUT_S))
        if not asked.error and asked.ended <= deadline:
            one.ready = asked.ended
            return
        cut_short = asked.ended >= deadline and left < FAIR_S
        if not cut_short or one.last == NOTHING:
            one.last = ": ".join(part for part in (asked.error, asked.seen) if part) or one.last
        time.sleep(POLL_S)
