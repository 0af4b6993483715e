"""The sampler on scripted control groups: what it makes of the readings it gets."""

import os
import time
from collections.abc import Iterable

import pytest

from memtune.measure import sampler
from memtune.measure.cgroup import Usage
from memtune.measure.sampler import Sampler
from memtune.model import Bias, Figure, Measurement

MIB = 1024 * 1024
QUIET = (10, Usage(total=10, file=2, anon=7, shmem=0, faults=0))
AFTER_FAULTS = Usage(total=10, file=2, anon=7, shmem=0, faults=1)


class Scripted:
    """A group that gives each reading (high-water mark, usage) once, the last one for ever."""

    source = "script"
    peak_source = "script's peak"
    atomic = True

    def __init__(self, readings: Iterable[tuple[int | None, Usage]]) -> None:
        self._left = list(readings)
        self.wanted = len(self._left)

    def usage(self) -> Usage:
        usage = self._left[0][1]
        self.wanted -= 1
        if len(self._left) > 1:
            self._left.pop(0)
        return usage

    def peak(self) -> int | None:
        return self._left[0][0]

    def stalled_s(self) -> float | None:
        return None

    def oom_kills(self) -> int | None:
        return None

    def pids(self) -> list[int]:
        return []

    def close(self) -> None:
        """Hold nothing open."""


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine, two samples can be further apart than a spike is told over."""
    monkeypatch.setattr(sampler, "SPIKE_WINDOW_S", 60.0)


def measured(*readings: tuple[int | None, Usage]) -> Measurement:
    watch = seen_out(Scripted(readings))
    return watch.stop()


def seen_out(group: Scripted) -> Sampler:
    """Watch a group until all that it has to tell was read."""
    watch = Sampler(group)
    watch.start()
    deadline = time.monotonic() + 5
    while group.wanted > 0 and time.monotonic() < deadline:
        time.sleep(0.001)
    return watch


def value(figure: Figure | None) -> float:
    assert figure is not None
    return figure.value


def test_a_spike_between_two_samples_shows_in_the_high_water_mark() -> None:
    seen = measured(QUIET, (110, AFTER_FAULTS))

    assert value(seen.need) == 108
    assert value(seen.cgroup_peak) == 110
    assert seen.need is not None
    assert seen.need.source.endswith("and the high-water mark")
    assert seen.split is None  # no sample has seen what the spike consisted of


def test_a_spike_is_kept_in_the_timeline() -> None:
    watch = seen_out(Scripted([QUIET, (110, AFTER_FAULTS)]))
    watch.stop()

    assert max(moment.need_bytes for moment in watch.timeline()) == 108
    assert max(moment.total_bytes for moment in watch.timeline()) == 110


def test_file_pages_that_come_or_go_meanwhile_are_no_need() -> None:
    writing = measured(QUIET, (110, Usage(total=105, file=97, anon=7, shmem=0, faults=1)))
    dropping = measured(
        (110, Usage(total=110, file=102, anon=7, shmem=0, faults=0)), (112, AFTER_FAULTS)
    )

    assert value(writing.need) == 13
    assert value(dropping.need) == 10


def test_a_mark_that_rose_without_page_faults_was_of_file_pages() -> None:
    """A file that was read and dropped again between two samples."""
    assert value(measured(QUIET, (110, QUIET[1])).need) == 8


def test_page_faults_that_no_one_counts_tell_no_spike() -> None:
    uncounted = Usage(total=10, file=2, anon=7, shmem=0)

    assert value(measured((10, uncounted), (110, uncounted)).need) == 8


def test_a_peak_that_was_there_before_the_workload_says_at_most() -> None:
    idle = measured((999, QUIET[1]), (999, QUIET[1])).cgroup_peak
    grown = measured((999, QUIET[1]), (1100, QUIET[1])).cgroup_peak

    assert idle is not None
    assert (idle.value, idle.bias) == (999, Bias.AT_MOST)
    assert grown is not None
    assert (grown.value, grown.bias) == (1100, Bias.NONE)


def test_what_was_there_before_the_first_sample_is_no_spike() -> None:
    """runc itself has been in the group."""
    assert value(measured((999, QUIET[1]), (999, QUIET[1])).need) == 8


def test_after_a_long_pause_no_spike_is_told_but_that_there_may_have_been_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampler, "SPIKE_WINDOW_S", 0.0)

    need = measured(QUIET, (110, AFTER_FAULTS)).need

    assert need is not None
    assert (need.value, need.bias) == (8, Bias.LOWER_BOUND)
    assert need.source.endswith("; it may have been 108 B while memtune was held up")


def test_after_a_long_pause_that_nothing_happened_in_the_need_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampler, "SPIKE_WINDOW_S", 0.0)
    read = (110, QUIET[1])  # a file, without page faults
    grown = (30, Usage(total=30, file=2, anon=27, shmem=0, faults=1))

    for seen in (measured(QUIET, read), measured(QUIET, grown)):
        assert seen.need is not None
        assert seen.need.bias is Bias.NONE


def test_without_a_high_water_mark_the_samples_decide() -> None:
    seen = measured((None, QUIET[1]), (None, Usage(total=30, file=2, anon=20, shmem=5)))

    assert value(seen.need) == 28
    assert seen.cgroup_peak is None
    assert seen.split is not None
    assert (seen.split.anon, seen.split.shmem, seen.split.kernel) == (20, 5, 3)


def test_reclaimable_slab_is_no_need_where_the_kernel_tells_it() -> None:
    """Buffer heads of written file pages: 3 % of them, and gone with them."""
    usage = Usage(total=400 * MIB, file=290 * MIB, anon=100 * MIB, shmem=0, slab=9 * MIB)

    seen = measured((None, usage))

    assert value(seen.need) == 101 * MIB
    assert seen.need is not None
    assert seen.need.source.startswith("usage - file pages and reclaimable slab, script")


def test_where_the_kernel_does_not_tell_slab_the_source_says_how_much_it_may_be() -> None:
    writer = measured((None, Usage(total=400 * MIB, file=290 * MIB, anon=100 * MIB, shmem=0)))
    reader = measured((None, Usage(total=391 * MIB, file=290 * MIB, anon=100 * MIB, shmem=0)))

    assert writer.need is not None
    assert reader.need is not None
    assert writer.need.source.endswith("; up to 9.1 MiB of it reclaimable slab")
    assert "slab" not in reader.need.source  # a megabyte at most: not worth a word


def test_what_is_freed_between_two_readings_is_no_kernel_memory() -> None:
    """Total and parts are read one after the other."""
    whole = Usage(total=1000, file=0, anon=900, shmem=0)
    torn = Usage(total=1001, file=0, anon=400, shmem=0)

    seen = measured((None, whole), (None, torn))

    assert value(seen.need) == 1001
    assert seen.split is not None
    assert (seen.split.anon, seen.split.kernel) == (900, 101)


def test_a_file_page_that_moves_between_two_readings_makes_no_need() -> None:
    group = Scripted([(60, Usage(60, 2, 7, 0)), (60, Usage(60, 52, 7, 0))])
    group.atomic = False
    watch = Sampler(group)
    watch.start()

    assert value(watch.stop().need) == 8


def test_slow_readings_make_pauses_longer_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "CPU_SHARE", 1e-9)

    begun = time.monotonic()
    seen = measured(*[QUIET] * 6)

    spent_s = time.monotonic() - begun

    assert spent_s > 3 * sampler.LONGEST_S
    assert value(seen.samples) <= 3 + spent_s / sampler.LONGEST_S


@pytest.mark.parametrize(
    ("spent_s", "rest_s"), [(0.00001, 0.02), (0.0005, 0.25), (0.008, 0.5), (0.1, 5.0)]
)
def test_slow_readings_of_processes_become_rare_but_not_too_rare(
    spent_s: float, rest_s: float
) -> None:
    assert sampler._rest(0.02, spent_s) == pytest.approx(rest_s)


def test_processes_are_told_one_by_one_over_time() -> None:
    class Populated(Scripted):
        def pids(self) -> list[int]:
            return [os.getpid()]

    group = Populated([QUIET])
    watch = Sampler(group)
    watch.start()
    deadline = time.monotonic() + 10
    while (seen := watch.bands()) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    measurement = watch.stop()

    assert seen is not None
    (band,) = seen.processes
    assert band.pid == os.getpid()
    assert band.command
    assert len(band.bytes) == len(seen.at_s)
    assert MIB < max(band.bytes) <= value(measurement.rss_peak)
