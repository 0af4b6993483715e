"""Watches one control group from the host while a run goes on and keeps the peaks;
judges nothing."""

import threading
import time
from contextlib import suppress

from memtune.measure.cgroup import Cgroup, Usage
from memtune.measure.processes import Processes
from memtune.measure.timeline import Timeline
from memtune.model import Figure, Measurement, Moment, Split, Unit

INTERVAL_S = 0.005
"""Time between two readings of the group's usage."""
RSS_INTERVAL_S = 0.02
"""Time between two readings of resident set sizes."""
PSS_INTERVAL_S = 0.1
"""Least time between two readings of proportional set sizes."""
_STAT = "memory.stat"
PSS_SHARE = 0.02
"""Reading PSS walks page tables: at most this share of the time goes there."""


class Sampler:
    """A thread that reads a control group every 5 ms until it is stopped or the group is gone."""

    def __init__(self, cgroup: Cgroup) -> None:
        self._cgroup = cgroup
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="memtune-sampler", daemon=True)
        self._samples = 0
        self._need = 0
        self._at_peak: Usage | None = None
        self._last: Usage | None = None
        self._timeline = Timeline()
        self._begun_s = 0.0
        self._peak: int | None = None
        self._oom_kills: int | None = None
        self._rss = 0
        self._pss: int | None = 0
        self._processes = Processes()
        self._rss_due = self._pss_due = 0.0

    def start(self) -> None:
        """Take the first sample and go on in the background."""
        self._begun_s = time.monotonic()
        with suppress(OSError):  # the group may be gone already
            self._sample()
        self._thread.start()

    def stop(self) -> Measurement:
        """End the thread, read the kernel's counters once more, return what was seen."""
        self._stop.set()
        self._thread.join()
        self._counters()
        sampled = f"{self._cgroup.source}, host samples every {self._pace_ms():.0f} ms"
        return Measurement(
            need=_bytes(self._need or None, f"usage - file pages, {sampled}"),
            cgroup_peak=_bytes(self._peak, self._cgroup.peak_source),
            rss_peak=_bytes(self._rss or None, "sum of RSS over processes, every 20 ms (psutil)"),
            pss_peak=_bytes(
                self._pss or None,
                "sum of PSS over processes, every 100 ms or slower (smaps_rollup)",
            ),
            samples=Figure(self._samples, Unit.COUNT, sampled),
            oom_kills=_count(self._oom_kills, f"oom_kill counter ({self._cgroup.source})"),
            refaults=_count(self._last.refaults if self._last else None, _STAT),
            major_faults=_count(self._last.major_faults if self._last else None, _STAT),
            split=self._split(),
        )

    def timeline(self) -> tuple[Moment, ...]:
        """Return memory over time as far as it was seen."""
        return self._timeline.moments()

    def _pace_ms(self) -> float:
        """The time between two samples as it really was."""
        moments = self._timeline.moments()
        return 1000 * moments[-1].at_s / max(1, self._samples - 1) if moments else 0.0

    def _loop(self) -> None:
        while not self._stop.wait(INTERVAL_S):
            try:
                self._sample()
            except OSError:  # the group is gone
                return

    def _sample(self) -> None:
        usage = self._cgroup.usage()
        need = usage.need if usage.need <= self._need else self._settled(usage)
        if need > self._need:
            self._need, self._at_peak = need, usage
        self._last = usage
        self._samples += 1
        at_s = time.monotonic() - self._begun_s
        self._timeline.add(Moment(at_s, min(usage.need, self._need), usage.total))
        self._sample_processes()

    def _settled(self, usage: Usage) -> int:
        """A new peak has to show in a second reading as well: usage and file pages are read
        one after the other, and a page-cache writer can move between the two."""
        if self._cgroup.atomic:
            return usage.need
        return min(usage.need, usage.total - max(usage.file, self._cgroup.usage().file))

    def _split(self) -> Split | None:
        usage = self._at_peak
        if usage is None:
            return None
        kernel = max(0, self._need - usage.anon - usage.shmem)
        return Split(self._need - usage.shmem - kernel, usage.shmem, kernel, usage.file)

    def _sample_processes(self) -> None:
        begun = time.monotonic()
        if begun < self._rss_due:
            return
        self._rss_due = begun + RSS_INTERVAL_S
        self._processes.follow(self._cgroup.pids())
        rss = self._processes.rss()
        if begun >= self._pss_due and self._pss is not None:
            pss = self._processes.pss()
            self._pss = None if pss is None else max(self._pss, pss)
            spent = time.monotonic() - begun
            self._pss_due = begun + max(PSS_INTERVAL_S, spent / PSS_SHARE)
        self._rss = max(self._rss, rss)
        self._counters()

    def _counters(self) -> None:
        self._peak = self._cgroup.peak() or self._peak
        self._oom_kills = _latest(self._cgroup.oom_kills(), self._oom_kills)


def _latest(new: int | None, old: int | None) -> int | None:
    return old if new is None else new


def _bytes(value: int | None, source: str) -> Figure | None:
    return None if value is None else Figure(value, Unit.BYTES, source)


def _count(value: int | None, source: str) -> Figure | None:
    return None if value is None else Figure(value, Unit.COUNT, source)
