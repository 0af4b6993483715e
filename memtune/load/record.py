"""What requests came to: latencies, and errors grouped by their reason; pure."""

from __future__ import annotations  # array[float] is none before Python 3.12

from array import array
from collections import Counter
from dataclasses import dataclass, field

from memtune.load.figures import figures

SHOWN = 5


@dataclass
class Reasons:
    """Errors, grouped by what went wrong."""

    times: Counter[str] = field(default_factory=Counter)
    """How often each reason."""
    seen: dict[str, str] = field(default_factory=dict)
    """The first wrong answer of each reason."""

    def add(self, error: str, seen: str) -> None:
        """Add one error."""
        self.times[error] += 1
        self.seen.setdefault(error, seen)

    def lines(self, of: str) -> list[str]:
        """Return the most frequent reasons, one line each; ``of`` says of how many."""
        return [
            f"{times} of {of}: {error}"
            + (f", such as: {self.seen[error]}" if self.seen[error] else "")
            for error, times in self.times.most_common(SHOWN)
        ]


@dataclass
class Record:
    """All requests of one load."""

    latencies_s: array[float] = field(default_factory=lambda: array("d"))
    """Of every request, also of those with a wrong answer or none: leaving out what took too
    long would flatter the rest."""
    errors: Reasons = field(default_factory=Reasons)
    ended: float = 0.0
    """When the last request was over, on the monotonic clock."""

    def add(self, latency_s: float, ended: float, error: str, seen: str) -> None:
        """Add one request; an empty ``error`` is a right answer."""
        self.latencies_s.append(latency_s)
        self.ended = max(self.ended, ended)
        if error:
            self.errors.add(error, seen)

    def figures(self, start: float, planned_s: float) -> dict[str, int | float]:
        """Return the figures of a load that began at ``start`` and was to last so long at least:
        the last answer may be there before that."""
        load_s = max(self.ended - start, planned_s)
        return figures(self.latencies_s, self.errors.times.total(), load_s)

    def reasons(self) -> list[str]:
        """Return the most frequent reasons of errors, one line each."""
        return self.errors.lines(f"{len(self.latencies_s)} requests")
