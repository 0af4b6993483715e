"""Where the runs of a session are made: on this machine, or (``cluster``) on others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from memtune.execute.executor import Asked, Executor
from memtune.execute.host_memory import ceiling_bytes, reserved
from memtune.execute.page_cache import PageCache, drop
from memtune.execute.request import Request, ServiceRequest
from memtune.execute.service import execute_any
from memtune.execute.sight import Sight, unseen
from memtune.model import Environment, Image, Run


class Maker(Protocol):
    """Makes whole runs, several at the same time where it is asked to."""

    @property
    def warms(self) -> bool:
        """Whether it fills the page cache itself before its first run that counts."""
        ...

    @property
    def ceiling_bytes(self) -> int:
        """The most memory that a run can have."""
        ...

    def prepare(self, images: Sequence[Image]) -> Environment:
        """Make the images available and describe where runs are made. Raises HostError."""
        ...

    def make(
        self,
        asked: Request | ServiceRequest,
        page_cache: PageCache,
        cancelled: Asked,
        begins: Callable[[], None],
        sight: Sight = unseen,
    ) -> Run:
        """Execute one run as soon as there is memory for it; ``begins`` is called then, and
        ``sight`` shows what it needs where that can be seen from here.

        Raises HostError when the run could not be begun at all.
        """
        ...


@dataclass(frozen=True)
class Here:
    """Makes runs on this machine."""

    executor: Executor

    @property
    def warms(self) -> bool:
        """It leaves that to the session, which knows the run to make."""
        return False

    @property
    def ceiling_bytes(self) -> int:
        """What this machine has."""
        return ceiling_bytes()

    def prepare(self, images: Sequence[Image]) -> Environment:
        """Have the executor make the images available. Raises HostError."""
        return self.executor.prepare(images)

    def make(
        self,
        asked: Request | ServiceRequest,
        page_cache: PageCache,
        cancelled: Asked,
        begins: Callable[[], None],
        sight: Sight = unseen,
    ) -> Run:
        """Wait until the run fits beside those that go on here, then execute it."""
        with reserved(asked.memory_bytes, cancelled, alone=asked.alone):
            begins()
            if page_cache is PageCache.COLD:
                drop()
            return execute_any(self.executor, asked, cancelled, sight)
