"""Picks the executor: Docker when it answers, otherwise a control group of this machine."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from memtune.errors import HostError
from memtune.execute.local import LocalExecutor
from memtune.model import Image, ImageKind

if TYPE_CHECKING:
    from memtune.execute.docker import DockerExecutor


class Choice(StrEnum):
    """Where runs shall be made."""

    AUTO = "auto"
    """Docker when it answers, else local, said aloud."""
    DOCKER = "docker"
    LOCAL = "local"


def choose(
    choice: Choice, images: Sequence[Image], say: Callable[[str], None]
) -> "DockerExecutor | LocalExecutor":
    """Return the executor, with what dead memtunes left there swept away.

    Raises HostError when none can make the runs.
    """
    executor = _choose(choice, images, say)
    if left := executor.sweep():
        say(f"removed what a memtune left that no longer lives: {left} run(s)")
    return executor


def _choose(
    choice: Choice, images: Sequence[Image], say: Callable[[str], None]
) -> "DockerExecutor | LocalExecutor":
    if choice is Choice.LOCAL:
        return LocalExecutor()
    from memtune.execute.docker import DockerExecutor  # docker-py is slow to import

    try:
        return DockerExecutor()
    except HostError as error:
        if choice is Choice.DOCKER or any(image.kind is not ImageKind.HOST for image in images):
            raise
        local = LocalExecutor()
        try:
            local.prepare(images)
        except HostError:
            raise error from None
        say(
            f"no Docker ({error.message}): runs are made in a cgroup of this machine instead, "
            "as this user, with its file system and network"
        )
        return local
