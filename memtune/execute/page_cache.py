"""Makes the page cache the same before every run; measures nothing.

File pages are charged to the control group that touched them first: without this the
second run of a pair looks smaller, and faster, than the first.
"""

import os
from enum import StrEnum
from pathlib import Path

from memtune.errors import HostError

_DROP = Path("/proc/sys/vm/drop_caches")


class PageCache(StrEnum):
    """In which state each run meets the page cache."""

    WARM = "warm"
    """One run goes before, whose figures do not count."""
    COLD = "cold"
    """The kernel drops its caches before each run; needs root."""


def drop() -> None:
    """Write back and drop the page cache of this machine. Raises HostError without the right."""
    os.sync()
    try:
        _DROP.write_text("3")
    except OSError as error:
        raise HostError(
            f"the page cache cannot be dropped: {error.strerror}",
            hint="--page-cache cold needs root; --page-cache warm does not",
        ) from error
