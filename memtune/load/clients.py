"""The load's own process, ``python -m memtune.load.clients``: locust's clients make the calls.

Locust is the runner, the clients and the stream of request events. What it cannot do here:
speak HTTP without copying bodies or repeating requests (see ``exchange``), count latency from
when a request fell due (its pacing is each user's own, and starts from when the last answer
came), and exact percentiles (its histogram rounds to two digits, and to 100 ms above one second).
"""

# Locust replaces the standard library's blocking calls, so it comes before all that makes them.
import gevent
from gevent.event import Event
from locust import User, task
from locust.env import Environment
from locust.exception import StopUser

# isort: split
import json
import logging
import os
import sys
import time
from typing import Any

from memtune.load.body import Bodies
from memtune.load.child import BEGUN
from memtune.load.exchange import LIMIT_S, Attempt, Client, attempt, message
from memtune.load.pace import Pace, Turn, measured, warm_up
from memtune.load.plan import plan_from
from memtune.load.prepare import requests
from memtune.load.record import Record
from memtune.load.words import tell
from memtune.model import PLAN_VARIABLE, Load


class Phase:
    """A pace that all clients follow together, the warm-up or the load."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.record = Record()
        self._begun = Event()
        self._over = Event()
        self._clients = 0

    def begin(self) -> None:
        """Let the clients begin."""
        self.pace.start = time.monotonic()
        self._begun.set()

    def wait(self) -> None:
        """Wait until every client is done."""
        self._over.wait()

    def follow(self, user: "LoadUser", clients: int) -> None:
        """Make requests as one of so many clients, until there are no more."""
        self._begun.wait()
        while (turn := self.pace.take(time.monotonic())) is not None:
            user.make(turn, self.record)
            gevent.sleep(0)  # a client whose answers are there at once lets the others go on
        self._clients += 1
        if self._clients == clients:
            self._over.set()


class LoadUser(User):
    """One client of the load."""

    phases: tuple[Phase, ...] = ()
    clients = 0

    @task
    def work(self) -> None:
        """Follow the phases, then stop."""
        self.http = Client(LIMIT_S)
        for phase in self.phases:
            phase.follow(self, self.clients)
        self.http.close()
        raise StopUser

    def make(self, turn: Turn, record: Record) -> None:
        """Make one request and tell locust; in the open loop it waits until it is due."""
        began = time.monotonic()
        if turn.due is not None:
            gevent.sleep(max(turn.due - began, 0))
            began = turn.due
        request = turn.sent.request
        made = self._attempt(turn, began)
        self.environment.events.request.fire(
            request_type=request.method,
            name=request.name,
            response_time=(made.ended - began) * 1000,
            response_length=0,
            exception=made.error or None,
            context={"attempt": made, "record": record},
        )

    def _attempt(self, turn: Turn, began: float) -> Attempt:
        if time.monotonic() - began > LIMIT_S:
            return Attempt(time.monotonic(), f"no client was free within {LIMIT_S:g} s")
        with gevent.Timeout(LIMIT_S, TimeoutError()):
            return attempt(self.http.ask, turn.sent)


def main() -> int:
    """Make the load's requests, print the figures and, on stderr, the reasons of errors."""
    load = plan_from(os.environ[PLAN_VARIABLE]).load
    bodies = Bodies()
    messages = [message(request, bodies) for request in requests(load.calls)]
    phases = Phase(warm_up(load, messages)), Phase(measured(load, messages))
    _execute(load, phases)
    pace, record = phases[1].pace, phases[1].record
    for line in record.reasons():
        tell(line)
    print(json.dumps(record.figures(pace.start, pace.planned_s)), flush=True)
    return 0


def _execute(load: Load, phases: tuple[Phase, Phase]) -> None:
    LoadUser.phases = phases
    LoadUser.clients = load.concurrency
    environment = Environment(user_classes=[LoadUser])
    environment.events.request.add_listener(_record)  # type: ignore[no-untyped-call]
    runner = environment.create_local_runner()
    # All clients at once is what is wanted; locust warns of that.
    logging.getLogger("locust.runners").setLevel(logging.ERROR)
    runner.start(load.concurrency, spawn_rate=load.concurrency)
    phases[0].begin()
    phases[0].wait()
    print(BEGUN, flush=True)
    phases[1].begin()
    phases[1].wait()
    runner.quit()


def _record(name: str, response_time: float, context: dict[str, Any], **_: object) -> None:
    """Hear of one request from locust; ``response_time`` is in milliseconds, not rounded."""
    made: Attempt = context["attempt"]
    record: Record = context["record"]
    error = f"{name}: {made.error}" if made.error else ""
    record.add(response_time / 1000, made.ended, error, made.seen)


if __name__ == "__main__":
    sys.exit(main())
