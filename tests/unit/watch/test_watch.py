"""The loop over targets, with made-up ones and a clock of its own."""

import pytest

from memtune.errors import HostError
from memtune.model.watch import Close, Exit, Kind, Look, Memory, Plan, Sight, State
from memtune.units import MIB
from memtune.watch.watch import More, looks

NEVER = 10_000.0


class Clock:
    """Goes on only where somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now_s += seconds + 0.0001  # nobody wakes up too early


class MadeUp:
    """Holds ever more under a cap of 100 MiB, and ends after a while."""

    step_s = 0.1

    def __init__(
        self, clock: Clock, name: str = "web", *, mib: float = 10, mib_per_s: float = 0,
        ends_s: float = NEVER, end: Exit | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.sights = 0
        self.closed = False
        self._clock, self._begun_s = clock, clock()
        self._mib, self._mib_per_s = mib, mib_per_s
        self._ends_s, self._end = ends_s, end or Exit(0)

    def sight(self) -> Sight:
        self.sights += 1
        at_s = self._clock() - self._begun_s
        if at_s >= self._ends_s:
            return Sight(State.ENDED, None, self._end)
        need = round((self._mib + at_s * self._mib_per_s) * MIB)
        seen = Memory("made up", need_bytes=need, cap_bytes=100 * MIB, charged_bytes=need)
        return Sight(State.RUNNING, seen)

    def close(self) -> None:
        self.closed = True


class Lost(MadeUp):
    """Nobody can tell how it fares."""

    def sight(self) -> Sight:
        raise HostError("the daemon went away")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def seen(
    clock: Clock,
    *subjects: MadeUp,
    plan: Plan | None = None,
    cancel_s: float = NEVER,
    more: More = lambda _: (),
) -> list[Look]:
    begun_s = clock()
    plan = plan or Plan()
    return list(
        looks(
            "target",
            subjects,
            plan,
            lambda: clock() - begun_s >= cancel_s,
            more,
            clock=clock,
            sleep=clock.sleep,
        )
    )


def test_there_is_a_look_each_interval_until_time_is_up(clock: Clock) -> None:
    web = MadeUp(clock)

    found = seen(clock, web, plan=Plan(interval_s=1, for_s=3))

    assert [look.at_s for look in found] == pytest.approx([0, 1, 2, 3], abs=0.01)
    assert [look.close for look in found] == [None, None, None, Close.TIME_UP]
    assert 28 <= web.sights <= 34  # between looks it is looked at all the same
    assert web.closed


def test_the_end_is_told_when_it_comes(clock: Clock) -> None:
    *_, last = seen(clock, MadeUp(clock, ends_s=2.5), plan=Plan(interval_s=60))

    assert last.close is Close.ENDED
    assert last.at_s == pytest.approx(2.5, abs=0.11)
    assert [note.kind for note in last.notes] == [Kind.ENDED]
    assert last.well


def test_what_happens_does_not_wait_for_the_next_look(clock: Clock) -> None:
    web = MadeUp(clock, mib_per_s=10)  # crosses 80 % after 7 s, 90 % after 8

    _, first, second, last = seen(clock, web, plan=Plan(interval_s=60, for_s=8.5))

    assert first.at_s == pytest.approx(7, abs=0.11)
    assert second.at_s == pytest.approx(8, abs=0.11)
    assert [note.kind for look in (first, second) for note in look.notes] == [Kind.THRESHOLD] * 2
    assert last.notes == ()
    assert last.close is Close.TIME_UP


def test_a_spike_between_two_looks_shows_in_the_peak(clock: Clock) -> None:
    class Spike(MadeUp):
        def sight(self) -> Sight:
            self._mib = 70 if self.sights == 3 else 10
            return super().sight()

    *_, last = seen(clock, Spike(clock), plan=Plan(interval_s=1, for_s=2))

    assert last.rows[0].peak_bytes == 70 * MIB


def test_a_watch_that_is_interrupted_says_so_at_once(clock: Clock) -> None:
    *_, last = seen(clock, MadeUp(clock), plan=Plan(interval_s=60), cancel_s=5)

    assert last.close is Close.INTERRUPTED
    assert last.at_s == pytest.approx(5, abs=0.11)


def test_several_go_on_until_the_last_has_ended(clock: Clock) -> None:
    api = MadeUp(clock, "api", mib=20)
    job = MadeUp(clock, "job", mib=30, ends_s=2, end=Exit(1))
    api._ends_s = 4

    found = seen(clock, job, api)

    assert [row.name for row in found[0].rows] == ["api", "job"]
    assert found[0].total is not None
    assert found[0].total.memory is not None
    assert found[0].total.memory.need_bytes == 50 * MIB
    assert found[0].total.headroom == pytest.approx(0.75)
    after = found[3].total
    assert after is not None
    assert after.memory is not None
    assert after.memory.need_bytes == 20 * MIB
    assert after.peak_bytes == 50 * MIB
    assert found[-1].close is Close.ENDED
    assert found[-1].at_s == pytest.approx(4, abs=0.11)
    assert not found[-1].well  # the job failed


def test_what_is_started_later_joins(clock: Clock) -> None:
    worker = MadeUp(clock, "worker")

    def more(names: set[str]) -> list[MadeUp]:
        return [worker] if "worker" not in names and clock() >= 102 else []

    found = seen(clock, MadeUp(clock, "web"), plan=Plan(for_s=5), more=more)

    joined = [note for look in found for note in look.notes]
    assert [(note.name, note.kind) for note in joined] == [("worker", Kind.STARTED)]
    assert len(found[0].rows) == 1
    assert len(found[-1].rows) == 2
    assert worker.closed


def test_what_is_started_again_goes_on_in_its_row(clock: Clock) -> None:
    def more(names: set[str]) -> list[MadeUp]:
        return [MadeUp(clock, "job")] if "job" not in names else []

    job = MadeUp(clock, "job", ends_s=1.5)
    found = seen(clock, MadeUp(clock, "web"), job, plan=Plan(for_s=5), more=more)

    assert [note.kind for look in found for note in look.notes] == [Kind.ENDED, Kind.RESTARTED]
    assert found[-1].rows[0].name == "job"
    assert found[-1].rows[0].restarts == 1
    assert found[-1].rows[0].state is State.RUNNING


def test_all_is_closed_where_one_is_lost(clock: Clock) -> None:
    web, lost = MadeUp(clock, "web"), Lost(clock, "lost")

    with pytest.raises(HostError, match="went away"):
        seen(clock, web, lost)

    assert web.closed
    assert lost.closed


def test_all_is_closed_where_nobody_reads_on(clock: Clock) -> None:
    web = MadeUp(clock)
    reading = looks("web", [web], Plan(), lambda: False, clock=clock, sleep=clock.sleep)

    next(reading)
    reading.close()

    assert web.closed
