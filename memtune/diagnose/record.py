"""What one pass over the lines keeps: the first lines of each event, and memory, thinned."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from memtune.diagnose.readings import Reading, readings, seconds, who
from memtune.diagnose.series import Series
from memtune.diagnose.words import EVENTS, READY, REGISTERING, events
from memtune.model.diagnosis import LogLine, MemoryLine

KEPT_LINES = 3
KEPT_CHARACTERS = 300
MOST_SERIES = 50
MOST_PIDS = 200
NEAR_LINES = 5
"""So many lines after its time-out, a worker says which request it was in."""

SeriesKey = tuple[str, str, str]
"""File, who in it, figure."""


@dataclass(frozen=True)
class OwnLimit:
    """What a service takes for its limit, and the first line that says so."""

    limit_bytes: int
    line: LogLine


@dataclass
class Log:
    """Where one file stands."""

    line: int = 0
    starting: bool = False
    """A start was told, and no answer since."""
    timed_out: dict[str, None] = field(default_factory=dict)
    """Process ids of workers that gunicorn ends for their time-out, oldest first."""
    timed_out_at: int = -NEAR_LINES - 1


@dataclass
class Record:
    """All that is known after some lines."""

    cap: int | None = None
    """The limit that the user names, bytes."""
    limits: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    """The limits that somebody enforces, bytes, by file and who in it."""
    own_limits: dict[tuple[str, str], OwnLimit] = field(default_factory=dict)
    """What services take for their limit, the largest of each, by file and who in it."""
    threshold: int | None = None
    """The largest threshold that a line names, bytes."""
    lines: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[LogLine]] = field(default_factory=dict)
    series: dict[SeriesKey, Series] = field(default_factory=dict)
    _logs: dict[str, Log] = field(default_factory=dict)

    def add(self, line: LogLine) -> None:
        """Take in a line."""
        self.lines += 1
        log = self._logs.setdefault(line.file, Log())
        log.line = line.number
        if log.starting and READY.search(line.text):
            log.starting = False
        found = events(line.text)
        if "start" in found:
            self._start(log, line)
        for told in readings(line.text):
            self._memory(line, told)
        if not found:
            return
        if "threshold" in found:
            named = EVENTS["threshold"].pattern.finditer(line.text)
            self.threshold = max(self.threshold or 0, *(int(one["mb"]) << 20 for one in named))
        names = set(found) | self._combined(log, line, found.keys())
        if "worker_timeout" in found:
            log.timed_out[found["worker_timeout"]["pid"]] = None
            if len(log.timed_out) > MOST_PIDS:
                del log.timed_out[next(iter(log.timed_out))]
        if "worker_kill" in found and found["worker_kill"]["pid"] in log.timed_out:
            names.discard("worker_kill")  # gunicorn's own doing, though it asks for memory
            names.add("worker_timeout")
        for name in names:
            self.keep(name, line)

    def _combined(self, log: Log, line: LogLine, found: Iterable[str]) -> set[str]:
        """Events that several words, or several lines, tell together."""
        names = set()
        if "worker_timeout" in found:
            log.timed_out_at = log.line
        late = "request_timeout" in found or "worker_timeout" in found
        late |= "aborted_request" in found and log.line - log.timed_out_at <= NEAR_LINES
        if late and REGISTERING.search(line.text):
            names.add("timed_out_registering")
        if log.starting:
            names |= {f"{name}_at_boot" for name in ("bad_gateway", "memory_kill") if name in found}
        return names

    def _start(self, log: Log, line: LogLine) -> None:
        log.starting = True
        name = who(line.text)
        for (file, speaker, _), series in self.series.items():
            if file == line.file and name in ("", speaker):
                series.restart()

    def _memory(self, line: LogLine, told: Reading) -> None:
        if told.own_limit:
            self._own_limit(line, told)
        elif told.limit_bytes is not None and len(self.limits) < MOST_SERIES:
            known = self.limits.setdefault((line.file, told.who), set())
            if len(known) < 2:  # that there are several is all that matters
                known.add(told.limit_bytes)
        if told.used_bytes is None or not told.point:
            return
        key = (line.file, told.who, told.figure)
        if key not in self.series and len(self.series) == MOST_SERIES:
            self.counts["series_left_out"] += 1
            return
        self.keep(evidence(key), line)
        self.series.setdefault(key, Series()).add(told.used_bytes, seconds(line.text))

    def _own_limit(self, line: LogLine, told: Reading) -> None:
        speaker = (line.file, told.who)
        known = self.own_limits.get(speaker)
        if told.limit_bytes is None or (known is None and len(self.own_limits) == MOST_SERIES):
            return
        if known is None or told.limit_bytes > known.limit_bytes:
            kept = LogLine(line.file, line.number, _cut(line.text))
            self.own_limits[speaker] = OwnLimit(told.limit_bytes, kept)

    def keep(self, name: str, line: LogLine) -> None:
        """Count an event, and keep its first lines."""
        self.counts[name] += 1
        kept = self.first.setdefault(name, [])
        if len(kept) < KEPT_LINES:
            kept.append(LogLine(line.file, line.number, _cut(line.text)))

    def memory_lines(self) -> tuple[MemoryLine, ...]:
        """Return what the logs tell of memory, those with most readings first."""
        known = sorted(self.series.items(), key=lambda item: -item[1].memory.count)
        return tuple(
            MemoryLine(
                title(key),
                one.memory.count,
                one.memory.shown(),
                one.memory.least,
                one.memory.most,
                self.limit_of(key) or self._taken_for_limit(key),
            )
            for key, one in known
        )

    @property
    def limit(self) -> int | None:
        """The limit, where the logs name one and no other."""
        if self.cap is not None:
            return self.cap
        different = set().union(*self.limits.values())
        return different.pop() if len(different) == 1 else None

    def limit_of(self, key: SeriesKey) -> int | None:
        """Return the limit of a series: its own, that of its file, or the only one there is."""
        file, name, _ = key
        own = self.limits.get((file, name)) or self.limits.get((file, "")) or set()
        return min(own) if own and self.cap is None else self.limit

    def _taken_for_limit(self, key: SeriesKey) -> int | None:
        own = self.own_limits.get(key[:2])
        return None if own is None else own.limit_bytes


def title(key: SeriesKey) -> str:
    """Return how a series is called: ``api.log web.1 rss``."""
    return " ".join(part for part in key if part)


def evidence(key: SeriesKey) -> str:
    """Return the name under which the lines of a series are kept."""
    return f"memory of {title(key)}"


def _cut(text: str) -> str:
    """The beginning of a long line, and what of it tells something."""
    if len(text) <= KEPT_CHARACTERS:
        return text
    told = [m[0] for event in EVENTS.values() if (m := event.pattern.search(text, KEPT_CHARACTERS))]
    return " ... ".join([text[:KEPT_CHARACTERS], *(word[:80] for word in told)])


def record(lines: Iterable[LogLine], cap_bytes: int | None = None) -> Record:
    """Return what the lines tell, in one pass."""
    made = Record(cap=cap_bytes)
    for line in lines:
        made.add(line)
    return made
