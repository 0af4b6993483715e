"""What can be looked at again and again."""

from typing import Protocol

from memtune.model.watch import Sight

STEP_S = 0.1
"""Between two readings of the kernel's files, which cost some microseconds."""


class Subject(Protocol):
    """A container, or a tree of processes."""

    name: str
    step_s: float
    """Least time between two sights."""

    def sight(self) -> Sight:
        """Look at it. Raises HostError where nobody can tell any more how it fares."""
        ...

    def close(self) -> None:
        """Release the open files."""
        ...
