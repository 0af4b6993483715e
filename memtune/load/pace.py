"""Which request falls due when; pure, the clock is handed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from memtune.load.exchange import Message
from memtune.model import Load


@dataclass(frozen=True)
class Turn:
    """One request that some client has to make."""

    sent: Message
    due: float | None
    """When, on the monotonic clock; None for as soon as a client is free."""


@dataclass
class Pace:
    """Hands out the requests in turn, until their number or their time is over."""

    messages: Sequence[Message]
    count: int | None = None
    duration_s: float | None = None
    rate_per_s: float | None = None
    start: float = 0.0
    """On the monotonic clock."""
    taken: int = 0

    def take(self, now: float) -> Turn | None:
        """Return the next turn; None when there are no more.

        A turn of the open loop is handed out before it is due, and its client waits. All that
        fall due within the duration are handed out, however late: those that a slow service
        keeps waiting are the ones that tell how slow it is.
        """
        if self.taken == self._last or (self._last is None and now - self.start >= self._most_s):
            return None
        due = None if self.rate_per_s is None else self.start + self.taken / self.rate_per_s
        turn = Turn(self.messages[self.taken % len(self.messages)], due)
        self.taken += 1
        return turn

    @property
    def planned_s(self) -> float:
        """How long it lasts at least; 0 where that is the services' to say."""
        if self.rate_per_s is not None and self._last is not None:
            return self._last / self.rate_per_s
        return self.duration_s or 0.0

    @property
    def _last(self) -> int | None:
        """How many there are, where that is known beforehand."""
        if self.duration_s is None or self.rate_per_s is None:
            return self.count
        return ceil(self.duration_s * self.rate_per_s)

    @property
    def _most_s(self) -> float:
        return self.duration_s or 0.0


def warm_up(load: Load, messages: Sequence[Message]) -> Pace:
    """Return the pace of the requests that are not measured."""
    return Pace(messages, count=load.warm_up, rate_per_s=load.rate_per_s)


def measured(load: Load, messages: Sequence[Message]) -> Pace:
    """Return the pace of the load."""
    return Pace(messages, load.requests, load.duration_s, load.rate_per_s)
