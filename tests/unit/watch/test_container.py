"""How a container's end is told, by a made-up daemon that tells late."""

import pytest

from memtune.execute.running import Last, Listed, Running, Status
from memtune.measure.cgroup import Cgroup, Usage
from memtune.model.watch import State
from memtune.watch import container
from memtune.watch.container import ContainerSubject
from tests.fakes import MIB, FakeCgroup, Play


class Ending(FakeCgroup):
    """A control group that is gone after the first look."""

    looks = 0

    def usage(self) -> Usage:
        self.looks += 1
        if self.looks > 1:
            raise FileNotFoundError
        return super().usage()


class MadeUp(Running):
    """A daemon with one container, which tells of its OOM kill the ``tells``-th time only."""

    def __init__(self, status: int, tells: int) -> None:
        self._exit_status, self._tells = status, tells
        self._group = Ending(Play())
        self.asked = 0

    def status(self, container: str) -> Status:
        runs = not self._group.looks
        return Status(runs, False, 0, "now", 0 if runs else self._exit_status, False, 64 * MIB)

    def last(self, container: str, since_s: float) -> Last:
        self.asked += 1
        return Last(self._exit_status, oom=self.asked >= self._tells)

    def stats(self, container: str) -> Cgroup:
        return self._group


def subject(running: MadeUp) -> ContainerSubject:
    found = ContainerSubject(running, Listed("1", "web", "", True), 1.0)
    assert found.sight().state is State.RUNNING
    return found


def test_an_oom_kill_that_the_daemon_tells_after_the_end_is_one() -> None:
    web = subject(MadeUp(137, tells=3))

    sights = [web.sight() for _ in range(3)]

    assert [one.state for one in sights] == [State.RUNNING, State.RUNNING, State.STOPPED]
    assert sights[1].exit is None
    assert sights[2].exit is not None
    assert sights[2].exit.oom


def test_a_kill_that_nobody_explains_is_told_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "CAUSE_S", 0.0)
    web = subject(MadeUp(137, tells=1000))

    sight = web.sight()

    assert sight.exit is not None
    assert (sight.exit.status, sight.exit.oom) == (137, False)


def test_any_other_end_is_told_at_once() -> None:
    running = MadeUp(1, tells=1000)

    sight = subject(running).sight()

    assert sight.exit is not None
    assert (sight.exit.status, running.asked) == (1, 1)
