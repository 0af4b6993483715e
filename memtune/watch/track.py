"""Sights of one target, one after the other -> its row and what is to be noted; pure."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from memtune.model import Moment
from memtune.model.soak import Course, Trend
from memtune.model.watch import Exit, Kind, Memory, Note, Row, Sight, State
from memtune.steady import course
from memtune.units import format_bytes, format_share

WINDOW_S = 300.0
"""A trend is told from so much of the past."""
LEAST_S = 5.0
"""And from no less."""
KILLED = 128 + 9
"""Exit status of what got SIGKILL."""
REARM = 0.05
"""Of the cap: a threshold warns again after memory was so far below it."""


class Track:
    """What is remembered of one target."""

    def __init__(self, name: str, thresholds: Sequence[float]) -> None:
        """``thresholds`` are shares of the cap."""
        self.name = name
        self._thresholds = sorted(thresholds)
        self._history: deque[Moment] = deque()
        self._sight: Sight | None = None
        self._memory: Memory | None = None
        self._peak: int | None = None
        self._reached: set[float] = set()
        self._kills_seen: int | None = None
        self._kills = self._kills_of_life = self._restarts = self._failures = 0

    @property
    def state(self) -> State:
        """Whether it goes on."""
        return State.RUNNING if self._sight is None else self._sight.state

    @property
    def memory(self) -> Memory | None:
        """What it holds now; None when it does not run."""
        return self._memory if self.state is State.RUNNING else None

    def add(self, at_s: float, sight: Sight) -> list[Note]:
        """Take in a sight, later than all before, and return what is to be noted."""
        before, self._sight = self._sight or sight, sight
        again = sight.restarts != before.restarts or self._begins_anew(before, sight)
        notes = list(self._turns(before, sight, again))
        if again:
            self._restarts += 1
            self._history.clear()
            self._reached.clear()
            self._kills_seen = self._kills_of_life = 0
        if sight.memory is not None:
            notes += self._read(at_s, sight.memory)
        return [Note(at_s, self.name, kind, text) for kind, text in notes]

    def row(self) -> Row:
        """Return it as it is now."""
        memory, runs = self._memory, self.state is State.RUNNING
        found = self._course() if runs else None
        return Row(
            name=self.name,
            state=self.state,
            memory=memory,
            peak_bytes=self._peak,
            headroom=None if memory is None else headroom(memory),
            trend=found.trend if found else Trend.TOO_SHORT if runs else None,
            slope=None if found is None else found.slope,
            to_cap_s=to_cap(memory.cap_bytes, found) if memory else None,
            threshold=max(self._reached, default=None),
            oom_kills=self._kills,
            restarts=self._restarts,
            failures=self._failures,
            exit=None if self._sight is None else self._sight.exit,
        )

    def _course(self) -> Course | None:
        """What memory does lately: where all of it shows no steady state, the later half may."""
        seen = list(self._history)
        while seen and seen[-1].at_s - seen[0].at_s >= LEAST_S:
            found = course(seen)
            if found is None or found.trend is not Trend.TOO_SHORT:
                return found
            middle_s = (seen[0].at_s + seen[-1].at_s) / 2
            seen = [one for one in seen if one.at_s > middle_s]
        return None

    @staticmethod
    def _begins_anew(before: Sight, sight: Sight) -> bool:
        """Whether it had ended, and somebody has started it, or another one of its name."""
        return before.state is State.ENDED and sight.state is not State.ENDED

    def _turns(self, before: Sight, sight: Sight, again: bool) -> Iterator[tuple[Kind, str]]:
        """What became of it: an end, and a new start."""
        left = sight.state is not State.RUNNING and before.state is State.RUNNING
        if sight.exit is not None and (left or (again and before.state is State.RUNNING)):
            if sight.exit.oom and not self._kills_of_life:
                self._kills += 1
                yield Kind.OOM_KILL, self._kill_words(1)
            self._failures += not sight.exit.well
            yield Kind.ENDED, exit_words(sight.exit)
        if again:
            yield Kind.RESTARTED, "has been started again"

    def _read(self, at_s: float, memory: Memory) -> Iterator[tuple[Kind, str]]:
        before, self._memory = self._memory, memory
        followed = memory.followed_bytes
        if followed is not None:
            self._peak = max(self._peak or 0, followed)
            self._history.append(Moment(at_s, followed, followed))
            while self._history[0].at_s < at_s - WINDOW_S:
                self._history.popleft()
        yield from self._killed(memory.oom_kills)
        if before is not None and before.cap_bytes != memory.cap_bytes:
            yield Kind.CAP, f"cap changed from {_cap(before)} to {_cap(memory)}"
        yield from self._crossed(memory)

    def _killed(self, now: int | None) -> Iterator[tuple[Kind, str]]:
        seen, self._kills_seen = self._kills_seen, now
        if now is None or seen is None or now <= seen:
            return
        self._kills += now - seen
        self._kills_of_life += now - seen
        yield Kind.OOM_KILL, self._kill_words(now - seen)

    def _kill_words(self, kills: int) -> str:
        whom = "a process" if kills == 1 else f"{kills} processes"
        shared = self._memory is not None and self._memory.shared
        return f"the kernel killed {whom} of {'its control group' if shared else 'it'} for memory"

    def _crossed(self, memory: Memory) -> Iterator[tuple[Kind, str]]:
        """The highest threshold that has been reached since the last sight."""
        cap, followed = memory.cap_bytes, memory.followed_bytes
        if cap is None or followed is None:
            self._reached.clear()
            return
        share = followed / cap
        new = [one for one in self._thresholds if share >= one and one not in self._reached]
        self._reached = {one for one in self._reached if share > one - REARM} | {*new}
        if new:
            limit = f"{format_share(new[-1])} of the cap of {format_bytes(cap)}"
            text = f"{memory.follows} is {format_bytes(followed)}, beyond {limit}"
            yield Kind.THRESHOLD, text


def to_cap(cap_bytes: int | None, found: Course | None) -> tuple[float, float, float] | None:
    """Return in how many seconds what grows reaches its cap, with the ends of the interval."""
    if cap_bytes is None or found is None or found.slope is None or found.end_bytes is None:
        return None
    if found.trend not in (Trend.GROWS, Trend.SLOWS):
        return None
    room = max(cap_bytes - found.end_bytes, 0)
    slope = found.slope
    return room / slope.per_s, room / slope.high, room / slope.low


def exit_words(end: Exit) -> str:
    """Say how something ended."""
    status = "" if end.status is None else f"exit status {end.status}"
    if end.oom and end.status == KILLED:
        said = f"OOM-killed, {status}"
    elif end.oom:
        said = f"ended{status and f' with {status}'} after an OOM kill in its control group"
    elif end.signal:
        said = f"stopped from outside (signal {end.signal}){status and f', {status}'}"
    else:
        said = f"ended with {status}" if status else "ended; how is not told to strangers"
    return f"{said}; removed" if end.removed else said


def summed(memories: Sequence[Memory]) -> Memory:
    """Return several containers as one: caps and what counts against them once per group."""
    groups = [*{(one.cap_group or number): one for number, one in enumerate(memories)}.values()]
    capped = all(one.cap_bytes is not None for one in memories)
    return Memory(
        source="sum",
        need_bytes=_sum(one.need_bytes for one in memories),
        anon_bytes=_sum(one.anon_bytes for one in memories),
        shmem_bytes=_sum(one.shmem_bytes for one in memories),
        kernel_bytes=_sum(one.kernel_bytes for one in memories),
        cache_bytes=_sum(one.cache_bytes for one in memories),
        cap_bytes=_sum(one.cap_bytes for one in groups) if capped else None,
        cap_source="sum" if capped else "",
        charged_bytes=_sum(one.charged_bytes for one in groups) if capped else None,
        shared=any(one.shared for one in memories),
    )


def _sum(parts: Iterable[int | None]) -> int | None:
    """None where one is not known: a sum that lacks one is no sum."""
    known = list(parts)
    return None if None in known else sum(one or 0 for one in known)


def headroom(memory: Memory) -> float | None:
    """Return the share of the cap that is free; None without one."""
    if memory.cap_bytes is None or memory.followed_bytes is None:
        return None
    return 1 - memory.followed_bytes / memory.cap_bytes


def _cap(memory: Memory) -> str:
    return "none" if memory.cap_bytes is None else format_bytes(memory.cap_bytes)
