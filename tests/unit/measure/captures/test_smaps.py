"""What /proc tells of mappings, and whose code a file is."""

import mmap
import os

import pytest

from memtune.measure.captures.libraries import APP, OUTSIDE, PYTHON, library
from memtune.measure.captures.smaps import mappings, rollup

MIB = 1024 * 1024
TEXT = b"""\
7f0000000000-7f0003000000 rw-s 00000000 00:d4 7                          /dev/shm/psm_1 (deleted)
Size:              49152 kB
Rss:               49152 kB
Pss:                9830 kB
Private_Clean:         0 kB
Private_Dirty:         0 kB
Anonymous:             0 kB
VmFlags: rd wr sh mr mw me ms sd
7f0010000000-7f0010100000 rw-p 00000000 00:00 0
Rss:                1024 kB
Pss:                 512 kB
Private_Clean:         4 kB
Private_Dirty:       508 kB
Anonymous:          1024 kB
"""


def test_mappings_are_read_with_what_is_shared_and_what_is_private() -> None:
    shared, private = mappings(TEXT)

    assert (shared.start, shared.end) == (0x7F0000000000, 0x7F0003000000)
    assert (shared.shared, shared.memory, shared.name) == (True, True, "/dev/shm/psm_1 (deleted)")
    assert (shared.rss, shared.pss, shared.identity) == (48 * MIB, 9830 * 1024, "00:d4 7")
    assert (private.shared, private.memory, private.name) == (False, False, "")
    assert (private.private, private.anonymous) == (512 * 1024, MIB)


@pytest.mark.parametrize(
    ("device", "name", "memory"),
    [
        (b"00:2f", b"/tmp/features.dat", True),
        (b"08:01", b"/tmp/features.dat", False),  # page cache, which the kernel can reclaim
        (b"fd:00", b"/tmp/features.dat (deleted)", False),
        (b"08:01", b"/srv/features.dat", False),
        (b"00:01", b"/memfd:features (deleted)", True),
    ],
)
def test_a_file_in_tmp_is_memory_where_tmp_is_no_disk(
    device: bytes, name: bytes, memory: bool
) -> None:
    header = b"7f0000000000-7f0003000000 rw-s 00000000 %b 7    %b\nRss: 49152 kB\n"

    (region,) = mappings(header % (device, name))

    assert region.shared
    assert region.memory is memory


@pytest.mark.parametrize("text", [b"", b"Rss: 1 kB\n", b"no such line\n"])
def test_what_is_no_mapping_yields_none(text: bytes) -> None:
    assert list(mappings(text)) == []
    assert rollup(text) == {}


def test_this_process_is_read_as_the_kernel_tells_it() -> None:
    kept = mmap.mmap(-1, 8 * MIB)
    kept.write(b"x" * len(kept))
    with open("/proc/self/smaps", "rb") as file:
        every = list(mappings(file.read()))
    with open("/proc/self/smaps_rollup", "rb") as file:
        sums = rollup(file.read())

    assert any(one.memory and one.rss == 8 * MIB for one in every)
    assert sum(one.anonymous for one in every) == pytest.approx(sums["Anonymous"], rel=0.1)
    kept.close()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("", OUTSIDE),
        ("/venv/lib/python3.12/site-packages/numpy/_core/numeric.py", "numpy"),
        ("/usr/lib/python3/dist-packages/PIL/Image.py", "PIL"),
        ("/venv/lib/python3.12/site-packages/six.py", "six"),
        ("/usr/lib/python3.11/json/decoder.py", PYTHON),
        ("<frozen importlib._bootstrap>", PYTHON),
        ("<string>", APP),
        ("/srv/app/main.py", APP),
        (os.path.abspath(__file__), APP),
    ],
)
def test_a_file_belongs_to_a_library_to_python_or_to_the_app(file: str, name: str) -> None:
    assert library(file) == name
