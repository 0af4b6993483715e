"""Captures of one container and the photograph of its peak -> who held what at that moment."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from memtune.measure.captures import photo
from memtune.measure.captures.families import families
from memtune.measure.captures.libraries import library
from memtune.measure.captures.members import Member, members_of, owned_by
from memtune.measure.captures.photo import Photo, Portrait
from memtune.measure.captures.read import (
    Capture,
    Held,
    Site,
    as_allocators,
    is_file,
)
from memtune.measure.captures.reader import Captures, UnreadableError
from memtune.measure.names import SHIM, label
from memtune.model import Explanation, Figure, Part, Peak, Process, Unit
from memtune.units import KIB

TOP = 10
"""Sites that are told, of a library as of all."""
INTERPRETER = "interpreter"
PROFILER = "memray itself"
KEPT = "freed but kept, stacks"
COPIED = "copied since the fork, kept"
UNTOUCHED = "reserved, not touched"
SHARED = "shared memory: "
NOT_PYTHON = "not Python: unexplained"
UNCAPTURED = "Python without a capture"
KERNEL = "kernel (page tables, ...)"
FILES = "files in /tmp, /dev/shm"
MOVED = "moved during the look"
SPIKE = "spike between two looks"
NO_PHOTO = (
    "the processes could not be looked at when the need was highest (that takes root on the "
    "machine of the containers): told is the largest process's own peak"
)
UNCLEAN = "unclean: killed, or left by os._exit or exec; read up to the last allocation"
_NAMED = 8
"""Processes whose numbers a problem tells."""
_LEAST = 64 * KIB
"""What no process holds and is smaller is added to the kernel's."""


def explain(directory: Path, reader: Captures, top: int = TOP, service: str = "") -> Explanation:
    """Read all captures of a directory and the photograph beside them.

    A file that cannot be read is named in ``problems`` and never counted as zero.
    """
    captures, problems = _captures(directory, reader)
    picture = photo.load(directory)
    if not captures:
        problems.append("no Python process left a capture")
    peaks: tuple[Peak, ...] = ()
    totals: dict[Site, Held] = {}
    members: list[Member] = []
    if picture is not None and picture.portraits:
        members = members_of(picture, captures, reader)
        peaks = (_peak(picture, members, top, service),)
        totals = _summed(sites for member in members for sites in (member.sites, member.shared))
        problems += [
            f"process {member.portrait.pid} ({label(member.portrait.command)}) is Python and has "
            "no capture: was it started with -I, -E or -S, or with another environment?"
            for member in members
            if member.portrait.python and member.capture is None and member.error is None
        ]
    errors = [member.error for member in members if member.error is not None]
    if not peaks and captures:
        totals, errors = _largest_alone(captures, reader)
        problems.append(NO_PHOTO)
    problems += map(str, errors)
    captures = [one for one in captures if one.path not in {error.path for error in errors}]
    looked_at = [member.capture for member in members]  # their own rows tell it
    problems += _unclean([one for one in captures if not one.clean and one not in looked_at])
    rss = [capture.rss_peak for capture in captures if capture.rss_peak is not None]
    heap = max((capture.heap_peak for capture in captures), default=None)
    return Explanation(
        rss_peak=Figure(max(rss), Unit.BYTES, "memray, RSS every 10 ms") if rss else None,
        heap_peak=None if heap is None else Figure(heap, Unit.BYTES, "memray, high watermark"),
        allocators=as_allocators(totals, top),
        processes=len(captures),
        problems=tuple(dict.fromkeys(problems)),
        peaks=peaks,
    )


def _largest_alone(
    captures: Sequence[Capture], reader: Captures
) -> tuple[dict[Site, Held], list[UnreadableError]]:
    """Return what the largest process that can be read held at its own peak."""
    errors: list[UnreadableError] = []
    for one in sorted(captures, key=lambda capture: -capture.heap_peak):
        try:
            return reader.held_at(one, None), errors
        except UnreadableError as error:
            errors.append(error)
    return {}, errors


def _captures(directory: Path, reader: Captures) -> tuple[list[Capture], list[str]]:
    problems = [
        f"a process could not be captured: {_text(path)}"
        for path in sorted(directory.glob("*.error"))
    ]
    captures = []
    for path in sorted(directory.glob("*.bin")):
        capture = reader.read(path)
        if isinstance(capture, str):
            problems.append(f"{path.name}: {capture}")
        else:
            captures.append(capture)
    return captures, problems


def _unclean(captures: Sequence[Capture]) -> list[str]:
    """Name the processes whose captures end with no sign that they ended themselves."""
    pids = [str(one.pid) for one in sorted(captures, key=lambda one: one.pid)]
    if not pids:
        return []
    if len(pids) == 1:
        return [f"the capture of process {pids[0]} is {UNCLEAN}"]
    named, rest = pids[:_NAMED], len(pids[_NAMED:])
    told = ", ".join(named) + (f" and {rest} more" if rest else "")
    return [f"the captures of processes {told} are {UNCLEAN}"]


def _text(path: Path) -> str:
    if not is_file(path):
        return f"{path.name} is no file"
    with path.open(errors="replace") as file:
        return file.read(200)


def _peak(picture: Photo, members: Sequence[Member], top: int, service: str) -> Peak:
    owned = owned_by(members)
    processes = sorted(
        (_process(member, owned[id(member)], top) for member in members),
        key=lambda one: -one.bytes,
    )
    shared = sum(held.bytes for member in members for held in member.shared.values())
    seen = sum(member.portrait.anon for member in members)
    kernel = picture.need - picture.anon - picture.shmem
    rest = [
        Part(KERNEL, kernel, explained=False),
        Part(FILES, picture.shmem - shared, explained=False),
        Part(MOVED, picture.anon - seen, explained=False),
        Part(SPIKE, picture.need_peak - picture.need, explained=False),
    ]
    small = sum(part.bytes for part in rest[1:] if abs(part.bytes) < _LEAST)
    rest = [Part(KERNEL, kernel + small, explained=False)] + [
        part for part in rest[1:] if abs(part.bytes) >= _LEAST
    ]
    return Peak(
        service=service,
        need_bytes=picture.need_peak,
        at_s=picture.at_s,
        processes=tuple(processes),
        families=families(processes, top),
        rest=tuple(rest),
    )


def _process(member: Member, owned: int, top: int) -> Process:
    portrait, capture = member.portrait, member.capture
    parts = [
        *_libraries(member.sites, top),
        *_libraries(member.shared, top, SHARED),
    ]
    shared = sum(held.bytes for held in member.shared.values())
    command = label(portrait.command)
    if command == SHIM:
        parts = [Part(SHIM, owned, explained=False)]
    else:
        left = owned - sum(part.bytes for part in parts) + shared
        parts += _unexplained(portrait, capture, left)
    return Process(
        pid=portrait.pid,
        command=command,
        parent=member.forked_from.portrait.pid if member.forked_from else None,
        bytes=owned + shared,
        parts=tuple(parts),
        captured=capture is not None,
        clean=capture is None or capture.clean,
    )


def _unexplained(portrait: Portrait, capture: Capture | None, left: int) -> list[Part]:
    """Return what no allocation of the process stands behind; the parts add up to ``left``."""
    if capture is None:
        word = UNCAPTURED if portrait.python else NOT_PYTHON
        return [Part(word, left, explained=False)]
    parts = []
    word = COPIED if capture.forked_from else KEPT
    if not capture.forked_from:
        parts.append(Part(INTERPRETER, capture.before, explained=False))
    parts.append(Part(PROFILER, max(0, capture.after - capture.before), explained=False))
    left -= sum(part.bytes for part in parts)
    parts.append(Part(word if left >= 0 else UNTOUCHED, left, explained=False))
    return [part for part in parts if part.bytes]


def _libraries(sites: dict[Site, Held], top: int, prefix: str = "") -> list[Part]:
    """Return one part for each library, the largest first."""
    by_library: dict[str, dict[Site, Held]] = defaultdict(dict)
    for where, held in sites.items():
        if held.bytes > 0:
            by_library[library(where[1])][where] = held
    parts = [
        Part(
            prefix + name,
            sum(held.bytes for held in theirs.values()),
            as_allocators(theirs, top),
        )
        for name, theirs in by_library.items()
    ]
    return sorted(parts, key=lambda part: -part.bytes)


def _summed(all_sites: Iterable[dict[Site, Held]]) -> dict[Site, Held]:
    totals: dict[Site, Held] = {}
    for sites in all_sites:
        for where, held in sites.items():
            total = totals.setdefault(where, Held())
            total.bytes += held.bytes
            total.count += held.count
            total.callers += held.callers
    return totals


def merged(explanations: Sequence[Explanation], top: int) -> Explanation:
    """Return what the explanations of several containers say together."""
    sites: dict[Site, Held] = {}
    for one in explanations:
        for site in one.allocators:
            total = sites.setdefault((site.function, site.file, site.line), Held())
            total.bytes += site.bytes
            total.count += site.count
            total.callers += Counter({site.caller: site.bytes} if site.caller else {})
    return Explanation(
        rss_peak=_largest([one.rss_peak for one in explanations]),
        heap_peak=_largest([one.heap_peak for one in explanations]),
        allocators=as_allocators(sites, top),
        processes=sum(one.processes for one in explanations),
        problems=tuple(dict.fromkeys(text for one in explanations for text in one.problems)),
        peaks=tuple(peak for one in explanations for peak in one.peaks),
    )


def _largest(figures: Sequence[Figure | None]) -> Figure | None:
    return max((f for f in figures if f is not None), key=lambda f: f.value, default=None)
