"""Writes files whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name, see it on the disk and rename it; a link stays one, and a
    file that is there keeps its mode.

    Raises OSError; what was there is then as it was.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as opened:
            with suppress(FileNotFoundError):
                os.fchmod(opened.fileno(), target.stat().st_mode & 0o7777)
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        temporary.replace(target)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
