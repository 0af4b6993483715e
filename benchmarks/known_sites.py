"""A program that holds known bytes at known lines in a known number of processes.

    python known_sites.py SHAPE PROCESSES

Each process prints one line of JSON: its number, and the bytes that each line of it holds.
Shapes: ``private`` (forked, each holds its own), ``spawned`` (the same, not forked),
``inherited`` (the first process holds, the forked ones share its pages), ``shared`` (one
shared-memory object that all use). ``busy`` allocates all the time and holds little.
"""

import json
import multiprocessing
import os
import sys
import time
from multiprocessing import shared_memory
from typing import Any

MIB = 1024 * 1024
HOLD_S = 1.0
OBJECT_BYTES = 300


def block() -> tuple[int, Any]:
    """One large block, from malloc."""
    kept = bytearray(24 * MIB)  # line of BLOCK
    return len(kept), kept


def objects() -> tuple[int, Any]:
    """Many small objects, from Python's own allocator."""
    count = 8 * MIB // (OBJECT_BYTES + 33)
    kept = [bytes(OBJECT_BYTES) for _ in range(count)]  # line of OBJECTS
    return count * (OBJECT_BYTES + 33), kept


def array() -> tuple[int, Any]:
    """A block that a library allocates, in code of its own."""
    import numpy

    kept = numpy.full(16 * MIB // 8, 1.0)  # line of ARRAY
    return kept.nbytes, kept


def line_of(word: str) -> int:
    """Return the line that a comment marks."""
    with open(__file__, encoding="utf-8") as file:
        return next(n for n, text in enumerate(file, 1) if text.rstrip().endswith(f"of {word}"))


def hold() -> tuple[dict[int, int], list[Any]]:
    """Hold three sites; return what each line holds."""
    held: list[Any] = []
    known = {}
    for word, make in (("BLOCK", block), ("OBJECTS", objects), ("ARRAY", array)):
        size, kept = make()
        known[line_of(word)] = size
        held.append(kept)
    return known, held


def tell(known: dict[int, int]) -> None:
    """Print what this process holds."""
    print(json.dumps({"pid": os.getpid(), "sites": known}), flush=True)


def private(barrier: Any) -> None:
    """Hold, until all others have held too."""
    known, held = hold()
    tell(known)
    barrier.wait()
    time.sleep(HOLD_S)
    del held


def idle(barrier: Any) -> None:
    """Hold nothing of its own."""
    barrier.wait()
    time.sleep(HOLD_S)


def use(barrier: Any, name: str) -> None:
    """Map what the first process made."""
    shared: Any = shared_memory.SharedMemory(name=name)
    assert sum(shared.buf[::4096]) > 0
    idle(barrier)
    shared.close()


def busy() -> None:
    """Allocate and free a third of a million times."""
    deadline = time.monotonic() + 60
    for _ in range(150):
        _ = [bytes(OBJECT_BYTES) for _ in range(2000)]
        assert time.monotonic() < deadline


def main() -> None:
    """Be the first of the processes."""
    shape, number = sys.argv[1], int(sys.argv[2])
    if shape == "busy":
        busy()
        return
    method: Any = multiprocessing.get_context("spawn" if shape == "spawned" else "fork")
    barrier = method.Barrier(number)
    arguments: tuple[Any, ...] = (barrier,)
    held: Any = None
    target: Any = private
    if shape == "inherited":
        known, held = hold()
        tell(known)
        target = idle
    if shape == "shared":
        held = shared_memory.SharedMemory(create=True, size=48 * MIB)  # line of SHARED
        for start in range(0, held.size, MIB):
            held.buf[start : start + MIB] = bytes([1]) * MIB
        tell({line_of("SHARED"): held.size})
        target, arguments = use, (barrier, held.name)
    others = [method.Process(target=target, args=arguments) for _ in range(number - 1)]
    for one in others:
        one.start()
    target(*arguments)
    for one in others:
        one.join()
    if shape == "shared":
        held.close()
        held.unlink()


if __name__ == "__main__":
    main()
