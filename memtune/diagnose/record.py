"""What one pass over the lines keeps: the first lines of each event, and memory, thinned."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from memtune.diagnose.words import events, reading
from memtune.model import LogLine, MemoryLine

KEPT_LINES = 3
POINTS = 64
NEAR_LINES = 200
"""So many lines after a start, a service may still be starting."""


@dataclass
class Memory:
    """Readings in a row, at most ``2 * POINTS`` of them: two become the larger when it is full."""

    count: int = 0
    least: int = 0
    most: int = 0
    values: list[int] = field(default_factory=list)
    _step: int = 1
    _group: list[int] = field(default_factory=list)

    def add(self, used: int) -> None:
        """Take in a reading, bytes."""
        self.least = min(self.least, used) if self.count else used
        self.most = max(self.most, used)
        self.count += 1
        self._group.append(used)
        if len(self._group) == self._step:
            self.values.append(max(self._group))
            self._group.clear()
        if len(self.values) == 2 * POINTS:
            pairs = zip(self.values[::2], self.values[1::2], strict=True)
            self.values = [max(pair) for pair in pairs]
            self._step *= 2

    def shown(self) -> tuple[int, ...]:
        """Return the readings, thinned."""
        return tuple(self.values + ([max(self._group)] if self._group else []))


@dataclass
class Trend:
    """Sums of a line through readings, as they come; numbers of readings are its abscissa."""

    count: int = 0
    first: int = 0
    last: int = 0
    _sums: list[float] = field(default_factory=lambda: [0.0] * 5)

    def add(self, used: int) -> None:
        """Take in a reading, bytes."""
        at = self.count
        self.first = used if at == 0 else self.first
        self.last = used
        self.count += 1
        for place, term in enumerate((at, used, at * at, at * used, used * used)):
            self._sums[place] += term

    @property
    def slope(self) -> float:
        """Bytes from one reading to the next, by least squares."""
        x, y, xx, xy, _ = self._sums
        spread = self.count * xx - x * x
        return (self.count * xy - x * y) / spread if spread else 0.0

    @property
    def fit(self) -> float:
        """Share of the variance that the line explains, 0 to 1."""
        x, y, xx, xy, yy = self._sums
        spread = (self.count * xx - x * x) * (self.count * yy - y * y)
        return (self.count * xy - x * y) ** 2 / spread if spread > 0 else 0.0


@dataclass
class Record:
    """All that is known after some lines."""

    lines: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[LogLine]] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    life: Trend = field(default_factory=Trend)
    """Since the last start."""
    longest: Trend = field(default_factory=Trend)
    """Of the start that was followed by most readings."""
    own_limit: int | None = None
    """What the service takes for its limit."""
    platform_limit: int | None = None
    threshold: int | None = None
    """The smallest threshold that a line names, bytes."""
    _booted_at: int | None = None

    def add(self, line: LogLine) -> None:
        """Take in a line."""
        self.lines += 1
        found = dict(events(line.text))
        if "boot" in found:
            self._booted_at = self.lines
            self.life = Trend()
        self._memory(line)
        if "threshold" in found:
            mb = int(found["threshold"]["mb"]) << 20
            self.threshold = _smaller(self.threshold, mb)
        if "timed_out" in found and "registering" in found:
            self._keep("timed_out_registering", line)
        if "bad_gateway" in found and self._is_starting():
            self._keep("bad_gateway_at_boot", line)
        for name in found:
            self._keep(name, line)

    def memory_line(self) -> MemoryLine | None:
        """Return what the log tells of memory."""
        if not self.memory.count:
            return None
        return MemoryLine(
            self.memory.count,
            self.memory.shown(),
            self.memory.least,
            self.memory.most,
            _smaller(self.platform_limit, self.own_limit),
        )

    def _is_starting(self) -> bool:
        return self._booted_at is not None and self.lines - self._booted_at <= NEAR_LINES

    def _memory(self, line: LogLine) -> None:
        told = reading(line.text)
        if told is None:
            return
        if told.used_bytes is not None:
            self._keep("memory", line)
            self.memory.add(told.used_bytes)
            self.life.add(told.used_bytes)
            if self.life.count >= self.longest.count:
                self.longest = self.life
        if told.from_platform:
            self.platform_limit = _smaller(self.platform_limit, told.limit_bytes)
        else:
            self.own_limit = _smaller(self.own_limit, told.limit_bytes)

    def _keep(self, name: str, line: LogLine) -> None:
        self.counts[name] += 1
        kept = self.first.setdefault(name, [])
        if len(kept) < KEPT_LINES:
            kept.append(line)


def record(lines: Iterable[LogLine]) -> Record:
    """Return what the lines tell, in one pass."""
    made = Record()
    for line in lines:
        made.add(line)
    return made


def _smaller(one: int | None, other: int | None) -> int | None:
    known = [value for value in (one, other) if value is not None]
    return min(known, default=None)
