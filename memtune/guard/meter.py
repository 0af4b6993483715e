"""Reads need and limit of this process's container; tells once what it cannot read."""

import logging
import time
from collections.abc import Callable
from typing import Protocol

from memtune.guard.container import Container, find
from memtune.guard.level import MIB, Reading

log = logging.getLogger("memtune.guard")

LIMIT_LASTS_S = 5.0
"""The limit is read again after this: it can be changed while a container runs."""


class Meter(Protocol):
    """What a guard reads."""

    def read(self) -> Reading | None:
        """Read memory; None where it cannot be read. Does not raise."""
        ...

    def limit(self) -> str:
        """Say for people what the limit is, and where from."""
        ...


class ContainerMeter:
    """Reads the control group that limits this process, else this program's processes."""

    def __init__(
        self, limit_bytes: int | None = None, find: Callable[[], Container] = find
    ) -> None:
        """`limit_bytes` lowers the limit that `find` returns, and never raises it."""
        if limit_bytes is not None and limit_bytes <= 0:
            raise ValueError(f"limit_bytes must be above zero, not {limit_bytes}")
        self._given_bytes = limit_bytes
        self._find = find
        self._container: Container | None = None
        self._until_s = 0.0
        self._told: set[str] = set()

    def read(self) -> Reading | None:
        """Read need and limit."""
        container = self._present()
        need = self._of_group(container) or self._of_processes()
        if need is None:
            return None
        need_bytes, source = need
        return Reading(need_bytes, self._limit_bytes(container), source)

    def limit(self) -> str:
        """Say the limit in force and its source."""
        container = self._present()
        source, limit_bytes = container.source, self._limit_bytes(container)
        if limit_bytes < container.limit_bytes:
            source = f"given, below {container.limit_bytes / MIB:.1f}MB: {source}"
        return f"{limit_bytes / MIB:.1f}MB ({source})"

    def _present(self) -> Container:
        now_s = time.monotonic()
        if self._container is None or now_s >= self._until_s:
            self._container, self._until_s = self._find(), now_s + LIMIT_LASTS_S
        return self._container

    def _limit_bytes(self, container: Container) -> int:
        given = self._given_bytes
        if given is None:
            return container.limit_bytes
        if given > container.limit_bytes:
            self._tell(
                f"memory guard: a limit of {given / MIB:.1f}MB was given, but the container has "
                f"{container.limit_bytes / MIB:.1f}MB ({container.source}): that counts"
            )
        return min(given, container.limit_bytes)

    def _of_group(self, container: Container) -> tuple[int, str] | None:
        try:
            return container.need_bytes(), container.version.name
        except (OSError, ValueError) as error:
            self._tell(f"memory guard: reading the processes instead of their group: {error}")
            return None

    def _of_processes(self) -> tuple[int, str] | None:
        import psutil  # 4 MiB that few processes need

        from memtune.guard.processes import family_bytes

        try:
            return family_bytes(), "processes"
        except (OSError, psutil.Error) as error:
            self._tell(f"memory guard: memory cannot be read, nothing is done about it: {error}")
            return None

    def _tell(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            log.warning(message)
