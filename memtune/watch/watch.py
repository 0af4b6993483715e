"""The loop: looks at targets again and again until they have ended, or it is time."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime

from memtune import steady
from memtune.errors import HostError, UsageError
from memtune.execute.running import Running
from memtune.model.watch import Close, Kind, Look, Memory, Note, Plan, Row, State
from memtune.watch.container import ContainerSubject
from memtune.watch.process import ProcessSubject
from memtune.watch.subject import STEP_S, Subject
from memtune.watch.target import find, is_pid
from memtune.watch.track import Track, headroom, summed

More = Callable[[set[str]], Sequence[Subject]]
"""Returns what has been started since, given the names that are watched."""


def watch(target: str, plan: Plan, cancelled: Callable[[], bool]) -> Generator[Look]:
    """Yield a look at a container, a process or a compose project each interval, and whenever
    there is something to note; the last says why it is the last.

    Raises UsageError where there is no such target or it does not run, HostError where Docker is
    needed and does not answer.
    """
    steady.load()
    if is_pid(target):
        yield from looks(target, [ProcessSubject(int(target))], plan, cancelled)
        return
    running = Running()
    found = find(target, running.all())
    subjects = [ContainerSubject(running, one, plan.interval_s) for one in found.containers]
    more = _joining(running, found.project, plan) if found.project else _nobody
    yield from looks(target, subjects, plan, cancelled, more)


def _nobody(_: set[str]) -> Sequence[Subject]:
    return ()


def _joining(running: Running, project: str, plan: Plan) -> More:
    def joining(names: set[str]) -> Sequence[Subject]:
        found: list[Subject] = []
        with suppress(HostError):  # those that are watched go on, and Docker may be back
            for one in running.all(project):
                if one.running and one.name not in names:
                    with suppress(UsageError):  # it has ended meanwhile
                        found.append(ContainerSubject(running, one, plan.interval_s))
        return found

    return joining


def looks(
    target: str,
    subjects: Sequence[Subject],
    plan: Plan,
    cancelled: Callable[[], bool],
    more: More = _nobody,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Generator[Look]:
    """Yield looks at these subjects, and close them in the end."""
    begun_s = clock()
    with ExitStack() as stack:
        crowd = _Crowd(plan, stack)
        for subject in subjects:
            crowd.join(subject)
        due_s, close = 0.0, None
        while close is None:
            at_s = clock() - begun_s
            crowd.see(at_s)
            close = _close(crowd, plan, at_s, cancelled)
            if close is None and at_s < due_s and not crowd.notes:
                sleep(min(STEP_S, due_s - at_s))
                continue
            if at_s >= due_s:
                due_s = max(due_s + plan.interval_s, at_s)
            yield crowd.look(target, at_s, close)
            if close is None:
                for subject in more(crowd.running):
                    crowd.join(subject, at_s)


def _close(crowd: "_Crowd", plan: Plan, at_s: float, cancelled: Callable[[], bool]) -> Close | None:
    if not crowd.running:
        return Close.ENDED
    if cancelled():
        return Close.INTERRUPTED
    return Close.TIME_UP if plan.for_s is not None and at_s >= plan.for_s else None


class _Crowd:
    """All that is watched."""

    def __init__(self, plan: Plan, stack: ExitStack) -> None:
        self._plan = plan
        self._stack = stack
        self._subjects: dict[str, Subject] = {}
        self._tracks: dict[str, Track] = {}
        self._due_s: dict[str, float] = {}
        self._total: Memory | None = None
        self._total_peak: int | None = None
        self.notes: list[Note] = []
        """What happened since the last look."""

    @property
    def running(self) -> set[str]:
        """The names of what has not ended."""
        return {name for name, track in self._tracks.items() if track.state is not State.ENDED}

    def join(self, subject: Subject, at_s: float | None = None) -> None:
        """Watch one more; ``at_s`` is when it came, of those that were not there at first."""
        self._stack.callback(subject.close)
        name = subject.name
        if at_s is not None and name not in self._tracks:
            self.notes.append(Note(at_s, name, Kind.STARTED, "has been started"))
        self._subjects[name] = subject
        self._tracks.setdefault(name, Track(name, self._plan.thresholds))
        self._due_s[name] = 0.0

    def see(self, at_s: float) -> None:
        """Look at each that is due."""
        due = [name for name in self._subjects if at_s >= self._due_s[name]]
        for name in due:
            sight = self._subjects[name].sight()
            self.notes += self._tracks[name].add(at_s, sight)
            ended = sight.state is State.ENDED
            self._due_s[name] = float("inf") if ended else at_s + self._subjects[name].step_s
        if due and len(self._tracks) > 1:
            self._add_up()

    def _add_up(self) -> None:
        here = [one for one in (track.memory for track in self._tracks.values()) if one is not None]
        self._total = summed(here) if here else None
        if self._total is not None and self._total.followed_bytes is not None:
            self._total_peak = max(self._total_peak or 0, self._total.followed_bytes)

    def look(self, target: str, at_s: float, close: Close | None) -> Look:
        """Return all as it is now, and forget the notes."""
        notes, self.notes = tuple(self.notes), []
        rows = tuple(self._tracks[name].row() for name in sorted(self._tracks))
        total = self._sum(rows) if len(rows) > 1 else None
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        return Look(round(at_s, 3), now, target, rows, total, notes, close)

    def _sum(self, rows: Sequence[Row]) -> Row:
        return Row(
            "all",
            State.RUNNING if self.running else State.ENDED,
            self._total,
            self._total_peak,
            headroom=None if self._total is None else headroom(self._total),
            oom_kills=sum(row.oom_kills for row in rows),
            restarts=sum(row.restarts for row in rows),
            failures=sum(row.failures for row in rows),
        )
