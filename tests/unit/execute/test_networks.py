"""What an executor's network namespaces leave behind; that they isolate is tested with Docker."""

import gc
from collections.abc import Sequence
from typing import Any

from memtune.execute.networks import Networks


class Half:
    closed = False

    def close(self) -> None:
        self.closed = True


class Lease(Half):
    """As docker-py's: a stream over a socket, of which each has to be closed."""

    def __init__(self) -> None:
        self._sock = Half()

    @property
    def ended(self) -> bool:
        return self.closed and self._sock.closed


class Daemon:
    """Knows holders that are never executed."""

    def __init__(self) -> None:
        self.lease = Lease()

    def attach_socket(self, holder: str, params: dict[str, int]) -> Lease:
        del holder, params
        return self.lease

    def start(self, holder: str) -> None: ...

    def inspect_container(self, holder: str) -> dict[str, Any]:
        del holder
        return {"State": {"Pid": 0, "Running": True}}


class Owner:
    """An executor: it holds its networks, and they hold a method of its."""

    def __init__(self, daemon: Daemon) -> None:
        self.networks = Networks(daemon, self.create)

    def create(self, names: Sequence[str]) -> str:
        del names
        return "holder"


def test_namespaces_go_away_with_their_executor() -> None:
    # given an executor that lent a namespace and keeps it for the next run
    daemon = Daemon()
    owner = Owner(daemon)
    for _ in range(2):
        with owner.networks.lend():
            pass
    assert not daemon.lease.ended

    # when a worker serves other sessions and drops it
    del owner
    gc.collect()

    # then the process that held the namespace is asked to end
    assert daemon.lease.ended
