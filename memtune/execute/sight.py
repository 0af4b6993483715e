"""Lets others look at a run while it goes on; reads no group of its own accord."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from memtune.model.live import Reading

Present = Callable[[], int | None]
"""Returns the bytes that are needed now; None before the first sample."""
Seen = AbstractContextManager[object]
"""Lasts as long as something is shown."""
Shown = Callable[[int, Present], Seen]
"""Shows what one cap (in bytes) limits while the context lasts."""
Sight = Callable[[str, int, Present], Seen]
"""The same of a service by name; an empty name stands for the whole run."""


def unseen(*_: object) -> Seen:
    """Show nothing: nobody looks."""
    return nullcontext()


class Gauges:
    """What is sampled of one run at this moment; filled and read by different threads."""

    def __init__(self) -> None:
        self._present: dict[str, tuple[int, Present]] = {}

    @contextmanager
    def show(self, service: str, cap_bytes: int, present: Present) -> Iterator[None]:
        """Show a group while the context lasts."""
        self._present[service] = cap_bytes, present
        try:
            yield
        finally:
            del self._present[service]

    def readings(self) -> tuple[Reading, ...]:
        """Return the present need of each group that has been sampled."""
        now = [(name, cap, present()) for name, (cap, present) in self._present.copy().items()]
        return tuple(Reading(need, cap, name) for name, cap, need in now if need is not None)
