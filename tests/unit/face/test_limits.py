"""The heap limit ends in MemoryError, and its other faces are known for what they are."""

import errno
import resource
import subprocess
import sys

import pytest

from memtune.face.limits import is_out_of_memory


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("bad allocation"),
        RuntimeError("std::bad_alloc"),
        ImportError("libx.so: failed to map segment from shared object"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
)
def test_memory_that_ran_out_is_recognised(error: Exception) -> None:
    assert is_out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [RuntimeError("wrong shape"), ImportError("No module named 'dlib'"), OSError(errno.ENOENT, "")],
)
def test_other_errors_are_not_taken_for_it(error: Exception) -> None:
    assert not is_out_of_memory(error)


@pytest.mark.parametrize(("limit", "expected"), [(2**40, True), (resource.RLIM_INFINITY, False)])
def test_a_thread_that_cannot_start_is_out_of_memory_only_under_a_limit(
    monkeypatch: pytest.MonkeyPatch, limit: int, expected: bool
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, resource.RLIM_INFINITY))

    assert is_out_of_memory(RuntimeError("can't start new thread")) is expected


@pytest.mark.parametrize(("mib", "said"), [(20, "fits"), (80, "MemoryError")])
def test_a_limited_process_may_use_its_heap_and_no_more(mib: int, said: str) -> None:
    # Given a limit of 64 MiB, of which Python and numpy have some,
    program = f"""
from memtune.face.limits import limit_data
limit_data(64)
try:
    bytearray({mib} * 1024 * 1024)
    print("fits")
except MemoryError:
    print("MemoryError")
"""
    # when a process asks for memory under it,
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    # then only what fits is given, whatever OpenBLAS has reserved on this machine.
    assert (done.stdout.strip(), done.returncode) == (said, 0)
