"""What the requests of the load came to: latencies, and errors grouped by their reason; pure."""

from __future__ import annotations  # array[float] is none before Python 3.12

from array import array
from collections import Counter
from dataclasses import dataclass, field

from memtune.load.figures import figures

SHOWN = 5


@dataclass
class Record:
    """All requests of one load."""

    latencies_s: array[float] = field(default_factory=lambda: array("d"))
    """Of every request, also of those with a wrong answer or none: leaving out what took too
    long would flatter the rest."""
    errors: Counter[str] = field(default_factory=Counter)
    """How often each reason."""
    seen: dict[str, str] = field(default_factory=dict)
    """The first wrong answer of each reason."""
    ended: float = 0.0
    """When the last request was over, on the monotonic clock."""

    def add(self, latency_s: float, ended: float, error: str, seen: str) -> None:
        """Add one request; an empty ``error`` is a right answer."""
        self.latencies_s.append(latency_s)
        self.ended = max(self.ended, ended)
        if error:
            self.errors[error] += 1
            self.seen.setdefault(error, seen)

    def figures(self, start: float) -> dict[str, int | float]:
        """Return the figures of a load that began at ``start``."""
        return figures(self.latencies_s, self.errors.total(), self.ended - start)

    def reasons(self) -> list[str]:
        """Return the most frequent reasons of errors, one line each."""
        requests = len(self.latencies_s)
        return [
            f"{times} of {requests} requests: {error}"
            + (f", such as: {self.seen[error]}" if self.seen[error] else "")
            for error, times in self.errors.most_common(SHOWN)
        ]
