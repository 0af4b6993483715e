"""The order of a load: boot, calls before, the load with health beside it, calls after."""

import json
import sys
import time
from collections.abc import Sequence
from enum import IntEnum

from memtune.load.body import Bodies
from memtune.load.child import BEGUN, Children, Tail, write_through
from memtune.load.exchange import LIMIT_S, Client, attempt, message
from memtune.load.health import Watch, boot, boot_figures, not_ready
from memtune.load.prepare import Prepared, Request, prepared
from memtune.load.words import tell
from memtune.model import Load, Plan, Scalar

LOCUST = (sys.executable, "-P", "-m", "memtune.load.clients")
"""``-P``: a file of the workload that is called like a module is not that module."""

Figures = dict[str, Scalar]


class Status(IntEnum):
    """How the driver ends; a load by command ends with the command's own status."""

    MADE = 0
    """The load was made; whether its figures will do is for memtune's checks."""
    PLAN = 2
    """The plan cannot be carried out; nothing was sent."""
    BOOT = 3
    """A service was not ready in time."""
    CALL = 4
    """A call before or after the load failed."""
    BROKEN = 70
    """The load's own process broke."""


class StoppedError(Exception):
    """A load that goes no further."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def drive(plan: Plan, started: float, children: Children) -> int:
    """Carry out a plan, print its figures as the last line, and return the exit status.

    ``started`` is when the wait for the services began, on the monotonic clock. However far the
    load came, what is known is printed. Raises ConfigError, before anything is sent, for a
    plan that cannot be carried out.
    """
    work = prepared(plan)
    figures: Figures = {}
    try:
        _boot(work, plan.load.boot_limit_s, started, figures)
        _once(work.before, figures, Status.CALL)
        status = _load(plan.load, work, children, figures)
        _once(work.after, figures, status or Status.CALL)
    except StoppedError as stopped:
        tell(str(stopped))
        status = stopped.status
    print(json.dumps(figures), flush=True)
    return status


def _boot(work: Prepared, limit_s: float, started: float, figures: Figures) -> None:
    boots = boot(work.health, limit_s)
    figures |= boot_figures(boots, started)
    if late := not_ready(boots, limit_s):
        raise StoppedError(Status.BOOT, late)


def _once(requests: Sequence[Request], figures: Figures, failed: int) -> None:
    """Make each request once, up to the first that fails.

    A call that is one for each file is ok when all of them are.
    """
    client = Client(LIMIT_S)
    for request in requests:
        made = attempt(client.ask_in_time, message(request, Bodies()))
        figures[request.name] = "failed" if made.error else "ok"
        if made.error:
            raise StoppedError(
                failed,
                f"the call {request.name!r} failed: {made.error}"
                + (f": {made.seen}" if made.seen else ""),
            )
    client.close()


def _load(load: Load, work: Prepared, children: Children, figures: Figures) -> int:
    watch = Watch(work.health, load.health_interval_s)
    execute = _command if load.command else _locust
    try:
        return execute(load, watch, children, figures)
    except OSError as error:
        raise StoppedError(Status.BROKEN, f"the load could not be started: {error}") from error
    finally:
        figures |= watch.stop()
        for line in watch.failures():
            tell(line)


def _locust(_: Load, watch: Watch, children: Children, figures: Figures) -> int:
    tail = Tail()

    def hear(chunk: bytes) -> None:
        tail.add(chunk)
        if chunk.startswith(BEGUN.encode()):
            watch.start()

    status = children.execute(LOCUST, hear)
    if status != 0:
        raise StoppedError(
            Status.BROKEN,
            f"the load's own process ended with status {status}"
            + (": was it out of memory?" if status == 137 else ""),
        )
    figures |= tail.figures()
    return Status.MADE


def _command(load: Load, watch: Watch, children: Children, figures: Figures) -> int:
    """The figures that the command prints itself are handed on among those measured here."""
    tail = Tail()

    def hear(chunk: bytes) -> None:
        tail.add(chunk)
        write_through(chunk)

    watch.start()
    start = time.monotonic()
    status = children.execute(load.command, hear)
    load_s = time.monotonic() - start
    if not tail.ends_its_line:
        write_through(b"\n")
    figures |= tail.figures() | figures | {"load_s": round(load_s, 3)}
    return status
