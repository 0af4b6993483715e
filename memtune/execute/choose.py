"""Picks the executor: Docker when it answers, otherwise a control group of this machine."""

from collections.abc import Callable
from enum import StrEnum

from memtune.errors import HostError
from memtune.execute.executor import Executor
from memtune.execute.local import LocalExecutor
from memtune.model import Image, ImageKind


class Choice(StrEnum):
    """Where runs shall be made."""

    AUTO = "auto"
    """Docker when it answers, else local, said aloud."""
    DOCKER = "docker"
    LOCAL = "local"


def choose(choice: Choice, image: Image, say: Callable[[str], None]) -> Executor:
    """Return the executor. Raises HostError when none can make the runs."""
    if choice is Choice.LOCAL:
        return LocalExecutor()
    from memtune.execute.docker import DockerExecutor  # docker-py is slow to import

    try:
        return DockerExecutor()
    except HostError as error:
        if choice is Choice.DOCKER or image.kind is not ImageKind.HOST:
            raise
        local = LocalExecutor()
        try:
            local.prepare(image)
        except HostError:
            raise error from None
        say(f"no Docker ({error.message}): runs are made in a cgroup of this machine instead")
        return local
