"""Network namespaces with nothing in them but loopback, lent to one run at a time.

Making one is about half of a container's start (see benchmarks/run_overhead.py). A
container that only waits for the end of its stdin holds each; it ends with memtune.
"""

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import docker.errors

from memtune.execute.container import end, hang_up
from memtune.execute.daemon import translated
from memtune.measure.cgroup import Cgroup, cgroup_of

NONE = "none"
WAIT = ["/bin/sh", "-c", "read -r _"]
"""What a holder executes."""


class Networks:
    """The namespaces of one executor; they go away with it."""

    def __init__(self, api: Any, create: Callable[[Sequence[str]], str]) -> None:
        """``create`` makes, without starting it, a container that executes ``WAIT`` and knows
        some names as its own."""
        self._api = api
        self._create = create
        self._leases: dict[str, Any] = {}
        self._free: list[str] = []
        self._groups: list[Cgroup] = []
        self._lent = 0
        weakref.finalize(self, _end, self._leases, self._groups)

    @contextmanager
    def lend(self) -> Iterator[str]:
        """Yield a container's network mode; nobody else has that namespace meanwhile.

        The first run gets one of its own: a single run would not win what a holder costs.
        """
        self._lent += 1
        if self._lent == 1:
            yield NONE
            return
        holder = self._take()
        try:
            yield f"container:{holder}"
        finally:
            self._free.append(holder)

    @contextmanager
    def own(self, names: Sequence[str]) -> Iterator[str]:
        """Yield the mode of a new namespace in which these names mean loopback; it ends after."""
        holder = self._hold(names)
        try:
            yield f"container:{holder}"
        finally:
            hang_up(self._leases.pop(holder))

    def _take(self) -> str:
        while self._free:
            holder = self._free.pop()
            if self._runs(holder):
                return holder
            hang_up(self._leases.pop(holder))
        return self._hold()

    def _runs(self, holder: str) -> bool:
        with translated("inspecting a container"), suppress(docker.errors.NotFound):
            return bool(self._api.inspect_container(holder)["State"]["Running"])
        return False

    def _hold(self, names: Sequence[str] = ()) -> str:
        with translated("making a network namespace"):
            holder = self._create(names)
            self._leases[holder] = self._api.attach_socket(holder, params={"stdin": 1, "stream": 1})
            self._api.start(holder)
            pid = self._api.inspect_container(holder)["State"]["Pid"]
        if group := cgroup_of(pid, named=holder):
            group.close()  # only its processes are asked for
            self._groups.append(group)
        return holder


def _end(leases: dict[str, Any], groups: list[Cgroup]) -> None:
    """A daemon that died keeps leases open: their processes are ended as well."""
    for lease in leases.values():
        hang_up(lease)
    for group in groups:
        end(group)
