"""Processes of a photograph, each with what its capture says of that moment: what is its
own, what it shares, what it was forked from."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from memtune.measure.captures.photo import Photo, Portrait
from memtune.measure.captures.read import Capture, Held, Site
from memtune.measure.captures.reader import Captures, UnreadableError
from memtune.measure.captures.smaps import Mapping


@dataclass(eq=False)
class Member:
    """One process of the photograph with what its capture says of that moment."""

    portrait: Portrait
    capture: Capture | None
    sites: dict[Site, Held] = field(default_factory=dict)
    """Private memory."""
    shared: dict[Site, Held] = field(default_factory=dict)
    """Shared memory that it made."""
    mapped: dict[int, Site] = field(default_factory=dict)
    """Which site mapped the regions, by where they start."""
    error: UnreadableError | None = None
    """Why its capture, of which there is one, tells nothing."""
    forked_from: "Member | None" = None


def members_of(picture: Photo, captures: Sequence[Capture], reader: Captures) -> list[Member]:
    """Return the processes of a photograph with what each held then."""
    members = []
    for portrait in picture.portraits:
        fitting = [
            one
            for one in captures
            if one.pid == portrait.pid and one.covers(picture.at_ms, python=portrait.python)
        ]
        capture = max(fitting, key=lambda one: one.started_ms, default=None)
        members.append(_read(portrait, capture, picture.at_ms, reader))
    by_pid = {member.portrait.pid: member for member in members}
    for member in members:
        if member.capture and member.capture.forked_from:
            parent = by_pid.get(member.capture.forked_from)
            # The workload can write what it likes: nobody is forked from itself.
            if parent is not None and member not in _line(parent):
                member.forked_from = parent
    _set_apart(members)
    return members


def _read(portrait: Portrait, capture: Capture | None, at_ms: int, reader: Captures) -> Member:
    if capture is None:
        return Member(portrait, None)
    starts = {one.start for one in portrait.regions}
    try:
        sites = reader.held_at(capture, at_ms, portrait.counted)
        mapped = reader.mapped_at(capture, starts) if starts else {}
    except UnreadableError as error:
        return Member(portrait, None, error=error)
    return Member(portrait, capture, sites, mapped=mapped)


def _line(member: Member) -> list[Member]:
    """Return a member and those that it was forked from, the root of its family last."""
    line = [member]
    while line[-1].forked_from is not None:
        line.append(line[-1].forked_from)
    return line


def _set_apart(members: Sequence[Member]) -> None:
    """Take mapped files and shared memory out of the heaps; an object of shared memory counts
    once, for the site that mapped it first."""
    makers: dict[str, list[tuple[float, Member, Site]]] = defaultdict(list)
    for member in members:
        for region, where, since_ms in _mapped(member):
            if region.memory:
                makers[region.identity].append((since_ms, member, where))
    sizes = _sizes(member.portrait for member in members)
    for identity, found in makers.items():
        _, member, where = min(found, key=lambda one: one[0])
        held = member.shared.setdefault(where, Held())
        held.bytes += sizes[identity]
        held.count += 1
        held.callers += member.sites[where].callers


def _sizes(portraits: Iterable[Portrait]) -> dict[str, int]:
    """Return how much of each object of shared memory is there.

    While others come to map it, shares shrink from one process to the next and add up to too
    little; one process that has all of it resident tells it all.
    """
    shares: dict[str, int] = defaultdict(int)
    largest: dict[str, int] = defaultdict(int)
    for portrait in portraits:
        for region in portrait.regions:
            if region.memory:
                shares[region.identity] += region.pss
                largest[region.identity] = max(largest[region.identity], region.rss)
    return {identity: max(shares[identity], largest[identity]) for identity in shares}


def _mapped(member: Member) -> Iterator[tuple[Mapping, Site, float]]:
    """Take the regions that are no heap from the sites that mapped them; yield both, and when."""
    regions = {one.start: one for one in member.portrait.regions}
    for start, where in member.mapped.items():
        held = member.sites.get(where)
        if member.capture is not None and held is not None:
            size = min(held.mapped, regions[start].end - start)
            held.bytes -= size
            held.mapped -= size
            held.count -= 1
            yield regions[start], where, _since_ms(member.capture, held)


def _since_ms(capture: Capture, held: Held) -> float:
    times = capture.times_ms
    return times[min(held.since, len(times) - 1)] if times else capture.started_ms


def owned_by(members: Sequence[Member]) -> dict[int, int]:
    """Return the private memory of each process, by ``id``; what forked processes share counts
    for the one at the root of their family."""
    owned: dict[int, int] = defaultdict(int)
    for member in members:
        portrait = member.portrait
        owned[id(member)] += portrait.private
        owned[id(_line(member)[-1])] += portrait.anon - portrait.private
    return owned
