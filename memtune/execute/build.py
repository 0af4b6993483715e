"""What an image is built from, without what memtune itself writes into a project."""

from pathlib import Path
from typing import IO, cast

from docker.utils import build as docker_build

from memtune.errors import HostError
from memtune.model import Image

_OWN = (".memtune", "**/.memtune")
"""Results change with every run, and would make each build a new one."""


def context(image: Image) -> IO[bytes]:
    """Return the build context of an image as a tar, without what its .dockerignore names.

    Raises HostError for what cannot be read.
    """
    directory = Path(image.reference)
    ignored = directory / ".dockerignore"
    try:
        lines = ignored.read_text(encoding="utf-8").splitlines() if ignored.exists() else []
        patterns = [line for line in map(str.strip, lines) if line and not line.startswith("#")]
        packed = docker_build.tar(
            directory.resolve(strict=True), [*patterns, *_OWN], (image.dockerfile, None)
        )
    except (OSError, ValueError) as error:
        raise HostError(
            f"{directory} cannot be sent to the daemon: {error}", hint="check `build:`"
        ) from error
    return cast(IO[bytes], packed)
