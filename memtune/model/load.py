"""What exercises a service while it runs: calls, their pace, and what is waited for; no I/O."""

from dataclasses import dataclass

from memtune.model.scalar import Member

PLAN_VARIABLE = "MEMTUNE_LOAD"
"""Environment variable that hands a plan, as JSON, to the program that makes the load. The kernel
takes none above 128 KiB."""


@dataclass(frozen=True)
class Call:
    """One HTTP request, or one for each file of a glob, and the answer that is expected.

    In texts ``{file}`` stands for the file's path, ``{name}`` for its name without suffix and
    ``{person}`` for that name up to the first underscore. A value that is ``@PATH`` stands for
    the file's content: as an upload in ``form``, as base64 text in ``json``, as it is in
    ``body``. Paths are relative to the workload file.
    """

    name: str
    method: str
    url: str
    each: str = ""
    """Glob of files; empty for a single request."""
    headers: tuple[tuple[str, str], ...] = ()
    json: tuple[tuple[str, Member], ...] = ()
    """Members of a JSON body."""
    form: tuple[tuple[str, str], ...] = ()
    """Fields of a multipart body."""
    body: str = ""
    """A body as it is."""
    pad_bytes: int = 0
    """What file contents are filled up to with zero bytes, which decoders of images ignore."""
    status: int = 200
    """The status that the answer must have."""
    answer: tuple[tuple[str, Member], ...] = ()
    """Members that the JSON answer must have; texts are templates too."""


@dataclass(frozen=True)
class Health:
    """Where a service says that it is well."""

    service: str
    url: str
    """Answers 2xx when the service is ready."""


@dataclass(frozen=True)
class Load:
    """What a service is exercised with, from its boot to the end of the load."""

    boot_limit_s: float = 60.0
    """Within this time after the start each service has to be ready."""
    before: tuple[Call, ...] = ()
    """Made once, one after the other; each has to succeed before the load begins."""
    calls: tuple[Call, ...] = ()
    """Made in turn, again and again, by ``concurrency`` clients."""
    command: tuple[str, ...] = ()
    """Or this program is the load, and its exit status counts."""
    after: tuple[Call, ...] = ()
    """Made once when the load is over; each has to succeed."""
    concurrency: int = 1
    """Most requests in flight at the same time."""
    rate_per_s: float | None = None
    """Open loop: requests fall due at this rate, whether or not earlier ones were answered, and
    latency counts from then. None is the closed loop: each client sends its next request when
    it has the answer to the last one."""
    requests: int | None = None
    """How many are measured; exactly one of this and ``duration_s`` is given."""
    duration_s: float | None = None
    """How long is measured."""
    warm_up: int = 0
    """Requests made in the same way before, and not measured."""
    health_interval_s: float = 1.0
    """While the load goes on, each service is asked for its health as often as this."""


@dataclass(frozen=True)
class Plan:
    """What the load's container is given: the load, and who has to be ready."""

    load: Load
    health: tuple[Health, ...]
