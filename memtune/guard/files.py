"""Reads small files of the kernel without letting go of the interpreter lock.

Python lets go of it for each open, read and close, and gets it back after up to 5 ms where
another thread computes (sys.getswitchinterval). Six of these are 30 ms, in which a process
touches 50 MiB; the calls themselves take some 20 us, and never wait for a disk.
"""

import ctypes
import os
from pathlib import Path

SIZE = 16384
"""More than memory.stat has."""


def read(path: Path) -> bytes:
    """Return what a file of at most `SIZE` bytes holds. Raises OSError.

    It is opened anew each time: a process that becomes a daemon closes all descriptors.
    """
    name = os.fsencode(path)
    descriptor = _checked(_C.open(name, os.O_RDONLY | os.O_CLOEXEC), name)
    try:
        buffer = ctypes.create_string_buffer(SIZE)
        length = _checked(_C.read(descriptor, buffer, SIZE), name)
        return buffer.raw[:length]
    finally:
        _C.close(descriptor)


def _checked(result: int, name: bytes) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), os.fsdecode(name))
    return result


_C = ctypes.PyDLL(None, use_errno=True)  # a CDLL would let go
_C.read.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
_C.read.restype = ctypes.c_ssize_t
