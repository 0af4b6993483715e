"""Whether the figures of a run are true: programs whose need is known."""

import pytest

from memtune.model import Figure, Run
from tests.integration.conftest import MIB, Execute

IDLE = "import time; time.sleep(0.1)"
HOLD = "x = b'1' * ({mib} << 20); import time; time.sleep({seconds})"


def value(figure: Figure | None) -> float:
    assert figure is not None
    return figure.value


def added(run: Execute, program: str, cap_mib: float = 512) -> float:
    """What a program needs beyond an idle one, in MiB."""
    idle = value(run(python=IDLE, cap_mib=cap_mib).measurement.need)
    return (value(run(python=program, cap_mib=cap_mib).measurement.need) - idle) / MIB


def test_need_is_what_a_program_holds(run: Execute) -> None:
    assert added(run, HOLD.format(mib=100, seconds=0.1)) == pytest.approx(100, abs=1.5)


def test_need_catches_a_spike_of_thirty_milliseconds(run: Execute) -> None:
    assert added(run, HOLD.format(mib=100, seconds=0.03)) == pytest.approx(100, abs=1.5)


def test_need_leaves_the_page_cache_out_and_the_kernel_peak_counts_it(run: Execute) -> None:
    read = (
        "import os, tempfile\n"
        "for name in sorted(os.listdir('/usr/bin'))[:400]:\n"
        "    path = '/usr/bin/' + name\n"
        "    if os.path.isfile(path): open(path, 'rb').read(1 << 20)\n"
    )
    assert added(run, read) == pytest.approx(1, abs=2.5)


def test_shared_memory_counts_as_need(run: Execute) -> None:
    write = (
        "import os, time\n"
        "with open('/dev/shm/memtune-test', 'wb') as file:\n"
        "    for _ in range(30): file.write(bytes(1 << 20))\n"
        "time.sleep(0.1)\n"
        "os.unlink('/dev/shm/memtune-test')\n"
    )

    assert added(run, write) == pytest.approx(30, abs=2)


def test_pages_shared_after_a_fork_count_once_in_pss_and_twice_in_rss(run: Execute) -> None:
    fork = (
        "import os, time\n"
        "x = b'1' * (100 << 20)\n"
        "pid = os.fork()\n"
        "time.sleep(2)\n"
        "if pid: os.wait()\n"
    )

    seen: Run = run(python=fork, cap_mib=512)

    assert value(seen.measurement.rss_peak) > 200 * MIB
    assert 95 * MIB < value(seen.measurement.pss_peak) < 125 * MIB
    assert 95 * MIB < value(seen.measurement.need) < 115 * MIB


def test_the_enforced_cap_is_read_back(run: Execute) -> None:
    assert value(run("true", cap_mib=48).measurement.enforced_cap) == 48 * MIB
