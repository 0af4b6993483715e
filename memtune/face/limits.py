"""Limits the memory of this process, and tells when an error means that it ran out.

Not for the cap of a container: that is the kernel's to enforce, by killing.
"""

from __future__ import annotations

import errno
import resource
import threading
from pathlib import Path

MIB = 1024 * 1024

THREAD_STACK_BYTES = 1 * MIB
"""Thread stacks count in full as data, touched or not: 8 MiB each by default."""


def limit_data(heap_mb: int | None) -> None:
    """Let this process and each of its children use `heap_mb` MiB of data; None sets no limit.

    Linux counts every private writable mapping as data, so that malloc fails at
    the limit whether it uses brk or mmap: see RLIMIT_DATA in getrlimit(2).

    It counts what is only reserved, too, and OpenBLAS reserves 40 MiB a CPU that
    are never touched here: these are added to the limit, or it would mean
    something else on every machine. numpy comes first because OpenBLAS ends the
    process when it cannot reserve, where everybody else raises MemoryError.
    """
    if heap_mb is None:
        return
    import numpy  # noqa: F401

    threading.stack_size(THREAD_STACK_BYTES)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (heap_mb * MIB + _reserved_bytes(), hard))


def _reserved_bytes() -> int:
    """Return what this process has mapped as data and never touched."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    mapped_kib, touched_kib = (int(status[key].split()[0]) for key in ("VmData", "RssAnon"))
    return max(0, mapped_kib - touched_kib) * 1024


SIGNS = ("bad allocation", "bad_alloc", "cannot allocate memory", "failed to map segment")
"""In the messages of errors that are MemoryErrors by another name."""


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether `error` is one of the faces that running out of memory has.

    dlib's bad_alloc comes as MemoryError or RuntimeError, a library that cannot
    be mapped as ImportError, and under a limit a thread that gets no stack as
    RuntimeError; without one, it is processes that ran out.
    """
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    if not isinstance(error, RuntimeError | ImportError | OSError | SystemError):
        return False
    text = str(error).lower()
    if "can't start new thread" in text:
        return resource.getrlimit(resource.RLIMIT_DATA)[0] != resource.RLIM_INFINITY
    return any(sign in text for sign in SIGNS)
