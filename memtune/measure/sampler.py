"""Watches one control group from the host while a run goes on and keeps the peaks;
judges nothing."""

import os
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from memtune.measure.bands import FEWEST, Reading, bands, readings
from memtune.measure.captures.photo import Photographer
from memtune.measure.cgroup import Cgroup, Usage
from memtune.measure.processes import Processes
from memtune.measure.timeline import Timeline
from memtune.model import Bands, Bias, Figure, Measurement, Moment, Split, Unit
from memtune.units import format_bytes

SHORTEST_S, LONGEST_S = 0.005, 0.02
"""Bounds of the pause between two readings of the group's usage."""
CPU_SHARE = 0.015
"""Of one core, for the whole sampler; the pause follows from it, for a reading that takes
30 us on one machine takes 200 on another. A spike within a pause shows all the same, in the
kernel's high-water mark."""
EXPLAINING_SHARE = 0.25
"""Of one core, where the run explains and does not decide: photographs take time."""
SPIKE_WINDOW_S = 0.05
"""Between readings further apart, file pages may have come and gone: no spike is told then, but
that the need may have been higher."""
RSS_INTERVAL_S = 0.02
"""Least time between two readings of resident set sizes."""
PSS_INTERVAL_S = 0.1
"""Least time between two readings of proportional set sizes."""
PROCESSES_SHARE = 0.002
"""Of one core, for either: both grow with the number of processes, and PSS walks page tables."""
SELDOM_S, SELDOM_SHARE = 0.5, 0.02
"""But they are read twice a second where this share allows it: on a slow machine, a short run
would be seen once, at its begin."""
Number = TypeVar("Number", int, float)
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SEEN = 0.99
"""A sample tells what the need consisted of if it saw this share of it."""
SLAB_SHARE = 1 / 32
"""Written pages of 4 KiB take up to 3 % of their size in reclaimable slab: buffer heads of
104 bytes on ext4, and nodes of the page cache."""
SLAB_TOLD, SLAB_TOLD_BYTES = 0.01, 1024 * 1024
"""Where the kernel does not tell it, what may be slab is told beyond both."""
_STAT = "memory.stat"
_RSS, _PSS = "every 20 ms or slower (psutil)", "every 100 ms or slower (smaps_rollup)"


class Sampler:
    """A thread that reads a control group every few milliseconds until it is stopped or the
    group is gone."""

    def __init__(
        self, cgroup: Cgroup, part: float = 1.0, photographer: Photographer | None = None
    ) -> None:
        """``part`` is this one's part of what all samplers may cost."""
        self._cgroup = cgroup
        self._photographer = photographer
        self._cpu_share = part * (CPU_SHARE if photographer is None else EXPLAINING_SHARE)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="memtune-sampler", daemon=True)
        self._samples = 0
        self._need = 0
        self._sampled = 0
        self._unseen = 0
        self._at_peak: Usage | None = None
        self._last: Usage | None = None
        self._last_s = 0.0
        self._timeline = Timeline()
        self._begun_s = 0.0
        self._peak: int | None = None
        self._peak_before: int | None = None
        self._stalled_s: float | None = None
        self._oom_kills: int | None = None
        self._rss = 0
        self._pss: int | None = 0
        self._processes = Processes()
        self._by_rss, self._by_pss = readings(), readings()
        self._rss_due = self._pss_due = 0.0

    def start(self) -> None:
        """Take the first sample and go on in the background."""
        self._begun_s = time.monotonic()
        self._peak_before = self._cgroup.peak()
        with suppress(OSError):  # the group may be gone already
            self._sample()
        self._thread.start()

    def stop(self) -> Measurement:
        """End the thread, read the kernel's counters once more, return what was seen."""
        self._stop.set()
        self._thread.join()
        self._counters()
        if self._photographer is not None:
            self._photographer.write(self._need)
        sampled = f"{self._cgroup.source}, {self._pace()}"
        return Measurement(
            need=self._need_figure(sampled),
            cgroup_peak=self._kernel_peak(),
            rss_peak=_bytes(self._rss or None, f"sum of RSS over processes, {_RSS}"),
            pss_peak=_bytes(self._pss or None, f"sum of PSS over processes, {_PSS}"),
            samples=Figure(self._samples, Unit.COUNT, sampled),
            oom_kills=_count(self._oom_kills, f"oom_kill counter ({self._cgroup.source})"),
            refaults=_count(self._last.refaults if self._last else None, _STAT),
            major_faults=_count(self._last.major_faults if self._last else None, _STAT),
            stalled=None
            if self._stalled_s is None
            else Figure(self._stalled_s, Unit.SECONDS, f"memory.pressure ({self._cgroup.source})"),
            split=self._split(),
        )

    def _kernel_peak(self) -> Figure | None:
        peak = _bytes(self._peak, self._cgroup.peak_source)
        if peak is not None and self._peak == self._peak_before:
            return replace(peak, bias=Bias.AT_MOST)
        return peak

    def present(self) -> int | None:
        """Return the need of the latest sample in bytes; None before the first."""
        return self._last.need if self._last else None

    def timeline(self) -> tuple[Moment, ...]:
        """Return memory over time as far as it was seen."""
        return self._timeline.moments()

    def bands(self) -> Bands | None:
        """Return what each process held over time, as far as it was seen."""
        by_pss = self._by_pss.kept()
        told = self._pss is not None and len(by_pss) >= FEWEST
        found, source = (by_pss, f"PSS, {_PSS}") if told else (self._by_rss.kept(), f"RSS, {_RSS}")
        return bands(found, source, self._processes.commands)

    def _pace(self) -> str:
        """The time between two samples as it really was."""
        if self._samples < 2:
            return "one host sample"
        pace_s = self._timeline.moments()[-1].at_s / (self._samples - 1)
        return f"host samples every {1000 * pace_s:.0f} ms"

    def _loop(self) -> None:
        pause, owed = SHORTEST_S, 0.0  # a pause beyond the longest is paid in later ones
        before = time.thread_time()
        while not self._stop.wait(pause):
            try:
                self._sample()
            except OSError:  # the group is gone
                return
            now = time.thread_time()
            owed += (now - before) / self._cpu_share
            pause = min(max(SHORTEST_S, owed), LONGEST_S)
            owed, before = max(0.0, owed - pause), now

    def _sample(self) -> None:
        high = self._cgroup.peak()  # before the file pages, which a writer adds meanwhile
        usage = self._cgroup.usage()
        now = time.monotonic()
        if self._photographer is not None:
            self._photographer.look(usage)
        need = usage.need if usage.need <= self._sampled else self._settled(usage)
        self._sampled = max(self._sampled, need)
        if need >= SEEN * self._sampled and self._explains_more(usage):
            self._at_peak = usage
        spike = self._spike(high, usage, now)
        self._need = max(self._need, self._sampled, spike)
        self._peak = _latest(high, self._peak)
        self._last, self._last_s = usage, now
        self._samples += 1
        moment_need = max(spike, min(usage.need, self._need))
        total = max(usage.total, high or 0) if spike else usage.total
        self._timeline.add(Moment(now - self._begun_s, moment_need, total))
        self._sample_processes()

    def _explains_more(self, usage: Usage) -> bool:
        """Near the peak, total and parts may be of different moments: a program that frees
        between the two readings would make its heap look like kernel memory."""
        best = self._at_peak
        if best is None or best.need < SEEN * self._sampled:
            return True
        return usage.anon + usage.shmem > best.anon + best.shmem

    def _settled(self, usage: Usage) -> int:
        """A new peak has to show in a second reading as well: usage and file pages are read
        one after the other, and a page-cache writer can move between the two."""
        if self._cgroup.atomic:
            return usage.need
        again = self._cgroup.usage()
        return min(usage.need, usage.total - max(usage.reclaimable, again.reclaimable))

    def _spike(self, high: int | None, usage: Usage, now: float) -> int:
        """Return the need of a spike that came and went since the last sample, or 0.

        Where the kernel's high-water mark has risen, usage has been there. It may have been
        file pages that are gone again; but memory of a program's own comes by page faults,
        one page each, and reading a file makes none. So the need rose by no more than the
        faults since the last sample account for (huge pages understate it), and by no more
        than the mark shows beyond the file pages of either sample.
        """
        last = self._last
        if high is None or self._peak is None or last is None:
            return 0
        if high <= max(self._peak, usage.total):
            return 0
        if usage.faults is None or last.faults is None:
            return 0
        faulted = last.need + (usage.faults - last.faults) * PAGE_BYTES
        spike = max(0, min(high - max(last.reclaimable, usage.reclaimable), faulted))
        if now - self._last_s <= SPIKE_WINDOW_S:
            return spike
        self._unseen = max(self._unseen, spike)
        return 0

    def _need_figure(self, sampled: str) -> Figure | None:
        need = _bytes(self._need or None, self._need_source(sampled))
        if need is None or SEEN * self._unseen <= self._need:
            return need
        held_up = f"; it may have been {format_bytes(self._unseen)} while memtune was held up"
        return replace(need, source=need.source + held_up, bias=Bias.LOWER_BOUND)

    def _need_source(self, sampled: str) -> str:
        usage = self._at_peak
        told = usage is not None and usage.slab is not None
        source = f"usage - file pages{' and reclaimable slab' if told else ''}, {sampled}"
        if self._need > self._sampled:
            source += " and the high-water mark"
        if usage is not None and not told:
            kernel = max(0, self._sampled - usage.anon - usage.shmem)
            slab = min(kernel, round(usage.file * SLAB_SHARE))
            if slab > max(SLAB_TOLD * self._need, SLAB_TOLD_BYTES):
                source += f"; up to {format_bytes(slab)} of it reclaimable slab"
        return source

    def _split(self) -> Split | None:
        usage = self._at_peak
        if usage is None or self._sampled < SEEN * self._need:
            return None
        kernel = max(0, self._need - usage.anon - usage.shmem)
        return Split(self._need - usage.shmem - kernel, usage.shmem, kernel, usage.file)

    def _sample_processes(self) -> None:
        begun = time.monotonic()
        if begun < self._rss_due:
            return
        before = time.thread_time()
        self._processes.follow(self._cgroup.pids())
        rss = self._processes.rss()
        self._rss = max(self._rss, sum(rss.values()))
        self._by_rss.add(Reading(begun - self._begun_s, rss))
        self._oom_kills = _latest(self._cgroup.oom_kills(), self._oom_kills)
        self._stalled_s = _latest(self._cgroup.stalled_s(), self._stalled_s)
        after = time.thread_time()
        self._rss_due = begun + _rest(RSS_INTERVAL_S, after - before)
        if begun >= self._pss_due and self._pss is not None:
            pss = self._processes.pss()
            self._pss = None if pss is None else max(self._pss, sum(pss.values()))
            if pss:
                self._by_pss.add(Reading(begun - self._begun_s, pss))
            self._pss_due = begun + _rest(PSS_INTERVAL_S, time.thread_time() - after)

    def _counters(self) -> None:
        self._peak = _latest(self._cgroup.peak(), self._peak)
        self._oom_kills = _latest(self._cgroup.oom_kills(), self._oom_kills)
        self._stalled_s = _latest(self._cgroup.stalled_s(), self._stalled_s)


def _rest(least_s: float, spent_s: float) -> float:
    """Return the time from one reading of the processes to the next."""
    seldom = max(SELDOM_S, spent_s / SELDOM_SHARE)
    return max(least_s, min(spent_s / PROCESSES_SHARE, seldom))


def _latest(new: Number | None, old: Number | None) -> Number | None:
    return old if new is None else new


def _bytes(value: int | None, source: str) -> Figure | None:
    return None if value is None else Figure(value, Unit.BYTES, source)


def _count(value: int | None, source: str) -> Figure | None:
    return None if value is None else Figure(value, Unit.COUNT, source)
