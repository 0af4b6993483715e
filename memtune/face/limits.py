"""Limits the memory of this process, and tells when an error means that it ran out.

Not for the cap of a container: that is the kernel's to enforce, by killing.
"""

from __future__ import annotations

import errno
import resource
import threading

MIB = 1024 * 1024

THREAD_STACK_BYTES = 1 * MIB
"""Thread stacks count in full as data, touched or not: 8 MiB each by default."""


def limit_data(heap_mb: int | None) -> None:
    """Give this process and its children RLIMIT_DATA of `heap_mb` MiB; None sets no limit.

    Linux counts every private writable mapping as data, so that malloc fails at
    the limit whether it uses brk or mmap: see RLIMIT_DATA in getrlimit(2).
    """
    if heap_mb is None:
        return
    threading.stack_size(THREAD_STACK_BYTES)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (heap_mb * MIB, hard))


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether `error` is one of the faces that running out of memory has.

    dlib's bad_alloc comes as MemoryError or RuntimeError, a library that cannot
    be mapped as ImportError, a thread that gets no stack as RuntimeError.
    """
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    if isinstance(error, RuntimeError | ImportError | OSError | SystemError):
        text = str(error).lower()
        return any(
            sign in text
            for sign in (
                "bad allocation",
                "bad_alloc",
                "cannot allocate memory",
                "failed to map segment",
                "can't start new thread",
            )
        )
    return False
