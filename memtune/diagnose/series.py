"""Readings in a row: thinned for drawing, and as a trend."""

from dataclasses import dataclass, field

POINTS = 64


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
class Line:
    """A straight line through points as they come, by least squares."""

    count: int = 0
    _origin: tuple[float, float] = (0.0, 0.0)
    _sums: list[float] = field(default_factory=lambda: [0.0] * 5)

    def add(self, x: float, y: float) -> None:
        """Take in a point."""
        if not self.count:
            self._origin = (x, y)  # sums of small numbers keep their digits
        x, y = x - self._origin[0], y - self._origin[1]
        self.count += 1
        for place, term in enumerate((x, y, x * x, x * y, y * y)):
            self._sums[place] += term

    @property
    def slope(self) -> float:
        """Rise for a step of one."""
        x, y, xx, xy, _ = self._sums
        spread = self.count * xx - x * x
        return (self.count * xy - x * y) / spread if spread > 0 else 0.0

    @property
    def fit(self) -> float:
        """Share of the variance that the line explains, 0 to 1."""
        x, y, xx, xy, yy = self._sums
        spread = (self.count * xx - x * x) * (self.count * yy - y * y)
        return (self.count * xy - x * y) ** 2 / spread if spread > 0 else 0.0


@dataclass
class Life:
    """The readings from one start to the next."""

    memory: Memory = field(default_factory=Memory)
    by_count: Line = field(default_factory=Line)
    by_time: Line = field(default_factory=Line)
    first: int = 0
    last: int = 0

    def add(self, used: int, at_s: float | None) -> None:
        """Take in a reading: bytes, and its moment where the line tells one."""
        self.first = self.first if self.memory.count else used
        self.last = used
        self.by_count.add(self.memory.count, used)
        self.memory.add(used)
        if at_s is not None:
            self.by_time.add(at_s, used)

    @property
    def count(self) -> int:
        """How many readings there are."""
        return self.memory.count

    @property
    def bytes_per_hour(self) -> float | None:
        """Growth, where every line tells its moment."""
        timed = self.by_time.count == self.count and self.by_time.slope > 0
        return self.by_time.slope * 3600 if timed else None

    @property
    def still_grows(self) -> bool:
        """Whether its second half rises at a third of the whole's rate or more.

        A cache that fills, or a first request that loads models, rises and then stays.
        """
        values = self.memory.shown()
        whole, half = Line(), Line()
        for place, value in enumerate(values):
            whole.add(place, value)
            if place >= len(values) // 2:
                half.add(place, value)
        return half.slope >= whole.slope / 3 > 0


@dataclass
class Series:
    """The readings of one process or container."""

    memory: Memory = field(default_factory=Memory)
    life: Life = field(default_factory=Life)
    """Since the last start."""
    longest: Life = field(default_factory=Life)
    """Of all lives the one with most readings."""

    def add(self, used: int, at_s: float | None) -> None:
        """Take in a reading."""
        self.memory.add(used)
        self.life.add(used, at_s)
        if self.life.count >= self.longest.count:
            self.longest = self.life

    def restart(self) -> None:
        """The process has begun anew."""
        self.life = Life()
