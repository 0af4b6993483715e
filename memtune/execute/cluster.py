"""Makes runs on other machines: each run is a Dask task, each worker stands for one Docker host
and offers memory, and only workers of like environments are used."""

import logging
import pkgutil
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from memtune import __version__
from memtune.errors import HostError, MemtuneError, UsageError
from memtune.execute import fingerprint
from memtune.execute.choose import Choice
from memtune.execute.executor import Asked
from memtune.execute.page_cache import PageCache
from memtune.execute.request import Request, ServiceRequest
from memtune.execute.sight import Sight, unseen
from memtune.execute.worker import described, perform
from memtune.model import Environment, Image, Measurement, Outcome, Run, Workload
from memtune.units import format_bytes

MEMORY = "memory"
"""The Dask resource, in bytes, that a worker offers and a run takes."""
CONNECT_S = 5
PATIENCE_S = 30.0
"""How long a study without any worker, or without its scheduler, waits for one to come back."""
_POLL_S = 0.05
_LOOK_S = 1.0
_START = "`dask worker {address} --nthreads 2 --resources memory=8e9` on each Docker host"
Say = Callable[[str], None]


class Cluster:
    """The workers of one Dask scheduler that can make the runs of one workload."""

    def __init__(self, address: str, workload: Workload, choice: Choice, say: Say) -> None:
        """Connect and choose the workers. Raises UsageError and HostError."""
        self._address, self._workload, self._choice, self._say = address, workload, choice, say
        self._client = _connected(address)
        self._session = secrets.token_hex(8)
        """What workers find for this client is not found for a later one, which may differ."""
        self._lock = threading.Lock()
        self._known: set[tuple[str, str]] = set()
        """Address and id of every worker that has been looked at."""
        self._members: dict[str, tuple[str, int, int]] = {}
        """By address: id, bytes and threads of the workers that are used."""
        try:
            self.environment, self.parts = self._largest_group()
        except BaseException:
            self.close()
            raise

    @property
    def warms(self) -> bool:
        """Each worker fills its own page cache."""
        return True

    @property
    def ceiling_bytes(self) -> int:
        """What the largest worker that is there offers; 0 where none is."""
        return max((room for _, room, _ in self._alive().values()), default=0)

    def prepare(self, images: Sequence[Image]) -> Environment:
        """Return the environment that the workers share; their images are there."""
        del images
        return self.environment

    def slots(self, size: int, *, alone: bool) -> int:
        """Return how many runs of so many bytes the workers hold together, at least one;
        ``alone``, of each worker's one."""
        members = self._alive().values()
        return max(
            1, sum(min(1 if alone else threads, room // size) for _, room, threads in members)
        )

    def make(
        self,
        asked: Request | ServiceRequest,
        page_cache: PageCache,
        cancelled: Asked,
        begins: Callable[[], None],
        sight: Sight = unseen,
    ) -> Run:
        """Submit one run; where its worker is lost, it is made once more on another."""
        del sight  # the memory is another machine's
        begins()
        whose = (self._session, self._workload, self._choice)
        while not cancelled():
            workers = self._awaited(asked.memory_bytes, cancelled)
            if not workers:
                break
            future = self._client.submit(
                perform,
                *(asked, page_cache, *whose, self.parts),
                key=f"memtune-{secrets.token_hex(8)}",
                pure=False,
                workers=workers,
                resources={MEMORY: asked.memory_bytes},
            )
            if self._followed(future, set(workers), cancelled):
                return _result(future)
            future.cancel()
        return _cancelled(asked)

    def close(self) -> None:
        """Leave the scheduler: what still goes on for this client is broken off."""
        with suppress(Exception):  # the scheduler may be gone
            self._client.close(timeout=5)

    def _followed(self, future: Any, workers: set[str], cancelled: Asked) -> bool:
        """Wait until the task is done (True), or is cancelled, or all its workers are gone."""
        looked_s = time.monotonic()
        while not future.done():
            if cancelled():
                return False
            time.sleep(_POLL_S)
            if time.monotonic() - looked_s > _LOOK_S:
                looked_s = time.monotonic()
                if not workers & self._alive().keys():
                    return False
        return bool(future.status != "cancelled")

    def _awaited(self, size: int, cancelled: Asked) -> list[str]:
        """Return the workers with room, waiting a while for one that had it to come back.

        Raises HostError.
        """
        deadline = time.monotonic() + PATIENCE_S
        while not cancelled():
            alive = self._alive()
            if able := [address for address, (_, room, _) in alive.items() if room >= size]:
                return able
            known = [room for _, room, _ in tuple(self._members.values())]
            if (alive and size > max(known)) or time.monotonic() > deadline:
                raise self._without_room(size, [room for _, room, _ in alive.values()])
            time.sleep(_LOOK_S)
        return []

    def _without_room(self, size: int, rooms: list[int]) -> HostError:
        """What to say where none of these workers holds a run."""
        if not rooms:
            return HostError(
                f"no worker is left at {self._address}; the finished runs are kept",
                hint=f"start {_START.format(address=self._address)}, then repeat the command",
            )
        return HostError(
            f"a run that may take {format_bytes(size)} fits into no worker: the largest offers "
            f"{format_bytes(max(rooms))}",
            hint="lower the cap, or start a worker with more --resources memory=BYTES",
        )

    def _alive(self) -> dict[str, tuple[str, int, int]]:
        """Return the workers that are there, with new ones that are like them."""
        with self._lock:
            workers = self._workers()
            fresh = {a: w for a, w in workers.items() if (a, w["id"]) not in self._known}
            for address, (_, parts) in self._described(fresh).items():
                if parts == self.parts:
                    self._add(address, fresh[address])
                else:
                    self._leave_out(address, fingerprint.changes(self.parts, parts))
            ids = {address: worker["id"] for address, worker in workers.items()}
            return {a: one for a, one in self._members.items() if ids.get(a) == one[0]}

    def _largest_group(self) -> tuple[Environment, Mapping[str, str]]:
        workers = self._workers()
        if not workers:
            raise HostError(
                f"the scheduler at {self._address} has no workers",
                hint=f"start {_START.format(address=self._address)}",
            )
        found = self._described(workers)
        if not found:
            raise HostError(
                f"none of the {len(workers)} workers at {self._address} can make the runs",
                hint="what each lacks stands above",
            )
        groups: list[list[str]] = []
        for address, (_, parts) in found.items():
            like = next((group for group in groups if found[group[0]][1] == parts), None)
            groups.append([address]) if like is None else like.append(address)
        chosen = max(groups, key=len)
        environment, parts = found[chosen[0]]
        for address, (_, theirs) in found.items():
            if address in chosen:
                self._add(address, workers[address])
            else:
                self._leave_out(address, fingerprint.changes(parts, theirs))
        self._say(f"{len(chosen)} of {len(workers)} workers at {self._address} make the runs")
        return environment, parts

    def _described(
        self, workers: Mapping[str, Any]
    ) -> dict[str, tuple[Environment, Mapping[str, str]]]:
        """Ask workers that are seen for the first time; say of each that cannot be used why."""
        self._known |= {(address, worker["id"]) for address, worker in workers.items()}
        able = []
        for address, worker in workers.items():
            if worker["resources"].get(MEMORY):
                able.append(address)
            else:
                self._leave_out(address, "it offers no memory: --resources memory=BYTES")
        versions = self._ask(able, pkgutil.resolve_name, "memtune:__version__")
        for address, version in versions.items():
            if version != __version__:
                found = "no memtune" if isinstance(version, Exception) else f"memtune {version}"
                self._leave_out(address, f"{found}, here {__version__}")
                able.remove(address)
        answers = self._ask(able, described, self._session, self._workload, self._choice)
        for address, answer in list(answers.items()):
            if isinstance(answer, Exception):
                told = answer.message if isinstance(answer, MemtuneError) else repr(answer)
                self._leave_out(address, told)
                del answers[address]
        return answers

    def _ask(self, workers: list[str], question: Callable[..., Any], *words: Any) -> dict[str, Any]:
        if not workers:
            return {}
        told = self._client.run(question, *words, workers=workers, on_error="return")
        return {a: answer for a, answer in told.items() if not isinstance(answer, OSError)}

    def _workers(self) -> dict[str, Any]:
        try:
            # distributed 2025.4 to 2026.1, at least, tell of five where not asked for all
            return dict(self._client.scheduler_info(n_workers=-1)["workers"])
        except (OSError, TimeoutError, ValueError) as error:
            raise HostError(
                f"the scheduler at {self._address} went away; the finished runs are kept",
                hint="start it and its workers again, then repeat the command",
            ) from error

    def _add(self, address: str, worker: Mapping[str, Any]) -> None:
        room = int(worker["resources"][MEMORY])
        self._members[address] = (worker["id"], room, worker["nthreads"])

    def _leave_out(self, address: str, reason: str) -> None:
        self._say(f"leaves out the worker {address}: {reason}")


def _connected(address: str) -> Any:
    if not re.fullmatch(r"(tcp|tls)://[^/\s]+:\d+", address):
        raise UsageError(f"--cluster {address!r} is no address", hint="write tcp://HOST:8786")
    try:
        from distributed import Client
    except ImportError as error:
        raise HostError(
            "dask.distributed is not installed", hint="pip install 'memtune[cluster]'"
        ) from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # memtune says what matters
    try:
        client: Any = Client  # it has no types
        return client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise HostError(
            f"no Dask scheduler answers at {address}", hint="start one: `dask scheduler`"
        ) from error


def _result(future: Any) -> Run:
    from distributed import KilledWorker

    try:
        run: Run = future.result()
    except KilledWorker as error:
        raise HostError(
            f"a run lost its worker again and again: {error}",
            hint="the logs of the workers tell why they end",
        ) from error
    return run


def _cancelled(asked: Request | ServiceRequest) -> Run:
    return Run(
        id=f"run-{secrets.token_hex(5)}",
        workload=asked.workload,
        settings=asked.settings,
        cap_bytes=asked.cap_bytes,
        executor="docker",
        outcome=Outcome.CANCELLED,
        exit_status=None,
        measurement=Measurement(),
        reason="interrupted",
    )
