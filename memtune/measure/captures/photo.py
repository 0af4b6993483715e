"""Photographs the processes of a control group whenever its need is at a new peak, so that
one moment can be explained; judges nothing."""

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from memtune.measure.captures.smaps import Mapping, mappings, rollup
from memtune.measure.cgroup import Cgroup, Usage
from memtune.units import KIB, MIB

STEP_SHARE, STEP_BYTES = 0.0025, 256 * KIB
"""A new peak is photographed when it is higher than the last one by the larger of these."""
TORN_SHARE, LOOKS = 0.005, 4
"""A photograph in which processes and group differ by more than this share of the need is taken
again, so many times in all; the one that leaves least of the peak to nobody is kept."""
AGAIN = 4
"""One that leaves more than that share is taken again so many times later on while the need stays
near: where processes begin, they and the peak come together, and then nothing moves any more."""
REST, LEAP = 3, 1.02
"""After a photograph so many times as long is rested, for it walks page tables, unless the need
leaps by so much."""
LISTED_BYTES = 256 * KIB
"""Shared and mapped regions below are not kept."""


@dataclass(frozen=True)
class Portrait:
    """One process of a photograph; sizes in bytes."""

    pid: int
    """As the process itself sees it, in its container."""
    host_pid: int
    host_parent: int
    command: str
    python: bool
    anon: int
    """Its share of private memory, with what it shares with its fork family divided by number."""
    private: int
    """Private memory that no other process maps."""
    regions: tuple[Mapping, ...] = ()
    """Shared memory and mapped files: what memray counts and is no heap."""

    @property
    def counted(self) -> int:
        """What memray may have counted: of regions all that was asked for, touched or not."""
        return self.anon + sum(one.end - one.start for one in self.regions)


@dataclass(frozen=True)
class Photo:
    """A control group and its processes at one moment; sizes in bytes."""

    at_ms: int
    """Wall clock, since 1970: as memray's."""
    at_s: float
    """Since the workload's start."""
    need: int
    anon: int
    shmem: int
    need_peak: int
    """The peak of the need, which may have come and gone between two photographs."""
    portraits: tuple[Portrait, ...]
    unread: int
    """Processes that the kernel would not tell of."""


class Photographer:
    """Keeps the photograph of the highest need so far."""

    def __init__(self, cgroup: Cgroup, directory: Path) -> None:
        self._cgroup = cgroup
        self._directory = directory
        self._need = 0
        self._raw: _Raw | None = None
        self._again = 0
        self._rested_s = 0.0
        self._begun_s = time.monotonic()

    def look(self, usage: Usage) -> None:
        """Photograph, if this usage is a new peak, or so near the last one that a better
        photograph of that can be had. Raises OSError once the group is gone."""
        is_new = usage.need >= self._need + max(STEP_BYTES, STEP_SHARE * self._need)
        if not is_new and not self._can_mend(usage):
            return
        begun_s = time.monotonic()
        if begun_s < self._rested_s and usage.need < LEAP * self._need:
            return
        looks = [self._look(usage)]
        while looks[-1].torn > TORN_SHARE * usage.need and len(looks) < LOOKS:
            looks.append(self._look(self._cgroup.usage()))
        self._need = max(self._need, usage.need, *(one.usage.need for one in looks))
        self._again = AGAIN if is_new else self._again - 1
        best = min(looks, key=self._astray)
        if self._raw is None or self._astray(best) < self._astray(self._raw):
            self._raw = best
        now_s = time.monotonic()
        self._rested_s = now_s + REST * (now_s - begun_s)

    def _can_mend(self, usage: Usage) -> bool:
        """Whether one of this moment could tell more of the peak than the photograph does."""
        if self._raw is None or not self._again:
            return False
        astray = self._astray(self._raw)
        return astray > max(TORN_SHARE * self._need, self._need - usage.need)

    def _astray(self, raw: "_Raw") -> int:
        """How much of the peak a photograph leaves to nobody, bytes. A process that ends at a peak,
        as all do at the end, is gone before it is looked at: a photograph of a somewhat lower need
        that it is on tells more."""
        return raw.torn + max(0, self._need - raw.usage.need)

    def _look(self, usage: Usage) -> "_Raw":
        """The kernel tells one process after the other: of the usages before and after, that
        one is kept which fits what they tell."""
        at_ms, at_s = time.time_ns() // 10**6, time.monotonic() - self._begun_s
        files = {pid: _files(pid) for pid in self._cgroup.pids()}
        seen = sum(_anon(one) for one in files.values())
        later = _Raw(time.time_ns() // 10**6, at_s, self._cgroup.usage(), files, seen)
        return min(_Raw(at_ms, at_s, usage, files, seen), later, key=lambda one: one.torn)

    def write(self, need_peak: float) -> None:
        """Write the photograph, where there is one."""
        if self._raw is None:
            return
        photo = _developed(self._raw, round(need_peak))
        _beside(self._directory).write_text(json.dumps(asdict(photo)))


def _beside(directory: Path) -> Path:
    """Beside the captures, not among them: there the workload can write."""
    return directory.with_name(f"{directory.name}.peak.json")


def load(directory: Path) -> Photo | None:
    """Return the photograph of the run that left its captures in a directory; None where there
    is none."""
    try:
        fields = json.loads(_beside(directory).read_text())
    except (OSError, ValueError):
        return None
    portraits = tuple(
        Portrait(**one | {"regions": tuple(Mapping(**region) for region in one["regions"])})
        for one in fields["portraits"]
    )
    return Photo(**fields | {"portraits": portraits})


@dataclass(frozen=True)
class _Raw:
    """What a photograph is made of, read at once and understood later."""

    at_ms: int
    at_s: float
    usage: Usage
    files: dict[int, dict[str, bytes]]
    seen: int
    """Private memory of all processes, bytes."""

    @property
    def torn(self) -> int:
        """By how much processes and group differ, bytes: they are of different moments."""
        return abs(self.usage.anon - self.seen)


def _anon(files: dict[str, bytes]) -> int:
    """Of a process that ended while it was read nothing counts: it makes no portrait."""
    if not files.get("smaps") or "status" not in files:
        return 0
    return rollup(files.get("smaps_rollup", b"")).get("Pss_Anon", 0)


def _files(pid: int) -> dict[str, bytes]:
    read: dict[str, bytes] = {}
    for name in ("smaps_rollup", "smaps", "status", "cmdline"):
        # It ends at this moment, or belongs to somebody else.
        with suppress(OSError), open(f"/proc/{pid}/{name}", "rb") as file:
            read[name] = file.read()
    with suppress(OSError):
        read["exe"] = os.readlink(f"/proc/{pid}/exe").encode()
    return read


def _developed(raw: _Raw, need_peak: int) -> Photo:
    portraits = [_portrait(pid, files) for pid, files in raw.files.items()]
    seen = tuple(one for one in portraits if one is not None)
    return Photo(
        at_ms=raw.at_ms,
        at_s=raw.at_s,
        need=raw.usage.need,
        anon=raw.usage.anon,
        shmem=raw.usage.shmem,
        need_peak=max(need_peak, raw.usage.need),
        portraits=seen,
        unread=len(portraits) - len(seen),
    )


def _portrait(host_pid: int, files: dict[str, bytes]) -> Portrait | None:
    if not files.get("smaps_rollup") or not files.get("smaps") or "status" not in files:
        return None
    status = dict(line.split(b":", 1) for line in files["status"].splitlines() if b":" in line)
    every = list(mappings(files["smaps"]))
    private = sum(min(one.anonymous, one.private) for one in every if not one.shared)
    command = (
        files.get("cmdline", b"").rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "replace")
    )
    return Portrait(
        pid=int(status.get(b"NSpid", str(host_pid).encode()).split()[-1]),
        host_pid=host_pid,
        host_parent=int(status[b"PPid"]),
        command=command or status[b"Name"].strip().decode("utf-8", "replace"),
        python=b"python" in os.path.basename(files.get("exe", b"")),
        # Read a moment apart: a process that grew meanwhile would own more than its share.
        anon=max(rollup(files["smaps_rollup"]).get("Pss_Anon", 0), private),
        private=private,
        regions=tuple(one for one in every if _listed(one)),
    )


def _listed(one: Mapping) -> bool:
    size = one.end - one.start
    if one.shared:
        return size >= LISTED_BYTES
    return one.name.startswith("/") and ".so" not in one.name and size >= MIB
