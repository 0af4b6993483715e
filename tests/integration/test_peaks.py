"""Whether the figures of a run are true: programs whose need is known."""

from dataclasses import replace
from pathlib import Path

import pytest

from memtune.execute.executor import Executor, execute
from memtune.execute.host_image import CAPTURES_IN_CONTAINER
from memtune.measure.cgroup import host_version
from memtune.model import Bias, Figure, Run
from tests.integration.conftest import MIB, Execute, request_for

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
    idle = value(run(python=IDLE, cap_mib=512).measurement.need)
    for _ in range(3):
        spike = run(python=HOLD.format(mib=100, seconds=0.03), cap_mib=512).measurement.need
        assert spike is not None
        if spike.bias is not Bias.LOWER_BOUND:  # else memtune was held up just then, and says so
            break

    assert spike is not None
    assert spike.bias is Bias.NONE
    assert (spike.value - idle) / MIB == pytest.approx(100, abs=1.5)


def test_need_leaves_the_page_cache_out_and_the_kernel_peak_counts_it(run: Execute) -> None:
    read = (
        "import os, tempfile\n"
        "for name in sorted(os.listdir('/usr/bin'))[:400]:\n"
        "    path = '/usr/bin/' + name\n"
        "    if os.path.isfile(path): open(path, 'rb').read(1 << 20)\n"
    )
    assert added(run, read) == pytest.approx(1, abs=2.5)


def test_a_written_file_is_no_need(executor: Executor, tmp_path: Path) -> None:
    """What the kernel keeps beside written pages goes with them; cgroup v1 does not tell it."""
    inside = CAPTURES_IN_CONTAINER if executor.name == "docker" else str(tmp_path)
    tmp_path.chmod(0o777)
    needs = []
    for mib in (1, 200):
        write = ("dd", "if=/dev/zero", f"of={inside}/file", "bs=64k", f"count={mib * 16}")
        run = execute(executor, replace(request_for(write, cap_mib=512), captures=tmp_path))
        needs.append(value(run.measurement.need) / MIB)

    assert needs[1] - needs[0] < (1.5 if host_version() == "v2" else 1.5 + 200 / 32)


@pytest.mark.skipif(host_version() == "v1", reason="cgroup v1 tells no pressure")
def test_waiting_for_memory_is_told(run: Execute) -> None:
    stalled = run(python=IDLE, cap_mib=128).measurement.stalled

    assert stalled is not None
    assert 0 <= stalled.value < 60


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
