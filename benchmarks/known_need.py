"""A Python program that needs a known amount of memory, for benchmarks.accuracy; measures nothing.

    python known_need.py SHAPE

The Python twin of known_need.c, for what only Python programs can be measured with. Prints
how many bytes the shape held at its peak. Forked children are left to C: reference counts
make them copy pages of the interpreter, and nobody knows how many.
"""

import mmap
import os
import sys
import time
from collections.abc import Callable

MIB = 1024 * 1024
HELD = 100 * MIB
IDLE_S = 0.5
HOLD_S = 1.5
STEPS = 10
PAGE = 4096


def idle() -> int:
    """Need nothing."""
    time.sleep(HOLD_S)
    return 0


def ramp() -> int:
    """Grow in steps."""
    held = []
    for _ in range(STEPS):
        held.append(b"1" * (HELD // STEPS))
        time.sleep(0.05)
    time.sleep(HOLD_S)
    return HELD


def spike() -> int:
    """Hold it for 30 ms."""
    held = b"1" * HELD
    time.sleep(0.03)
    del held
    time.sleep(HOLD_S)
    return HELD


def shared_memory() -> int:
    """Write to /dev/shm, of which Docker gives 64 MiB."""
    path, chunk = "/dev/shm/memtune-known-need", bytes(64 * 1024)
    with open(path, "wb") as file:
        for _ in range(HELD // 2 // len(chunk)):
            file.write(chunk)
        time.sleep(HOLD_S)
    os.unlink(path)
    return HELD // 2


def half_touched() -> int:
    """Reserve twice what is touched, as numpy.zeros and arenas do."""
    with mmap.mmap(-1, 2 * HELD, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as pages:
        for at in range(0, HELD, PAGE):
            pages[at] = 1
        time.sleep(HOLD_S)
    return HELD


SHAPES: dict[str, Callable[[], int]] = {
    "idle": idle,
    "ramp": ramp,
    "spike-30": spike,
    "shm": shared_memory,
    "half-touched": half_touched,
}


def main() -> None:
    """Idle, take the shape, idle again."""
    time.sleep(IDLE_S)
    held = SHAPES[sys.argv[1]]()
    tables = -(-held // (2 * MIB)) * PAGE if sys.argv[1] != "shm" else 0
    time.sleep(IDLE_S)
    print(f"known={held + tables}")


if __name__ == "__main__":
    main()
