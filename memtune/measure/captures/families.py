"""Processes that are alike, as one: eight workers are one row of a table; pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from memtune.model import Allocator, Part, Process


def families(processes: Sequence[Process], top: int) -> tuple[Process, ...]:
    """Return processes of the same command, origin and fate added up, the largest first."""
    alike: dict[tuple[str, bool, bool], list[Process]] = defaultdict(list)
    for one in processes:
        alike[one.command, one.parent is None, one.captured].append(one)
    summed = [_one(members, top) for members in alike.values()]
    return tuple(sorted(summed, key=lambda one: -one.bytes))


def _one(members: Sequence[Process], top: int) -> Process:
    if len(members) == 1:
        return members[0]
    by_name: dict[tuple[str, bool], list[Part]] = defaultdict(list)
    for member in members:
        for part in member.parts:
            by_name[part.name, part.explained].append(part)
    first = members[0]
    return Process(
        pid=first.pid,
        command=first.command,
        parent=first.parent,
        bytes=sum(one.bytes for one in members),
        parts=tuple(
            Part(
                name,
                sum(part.bytes for part in parts),
                _sites((site for part in parts for site in part.sites), top),
                explained,
            )
            for (name, explained), parts in by_name.items()
        ),
        captured=first.captured,
        clean=all(one.clean for one in members),
        alike=len(members),
    )


def _sites(sites: Iterable[Allocator], top: int) -> tuple[Allocator, ...]:
    summed: dict[tuple[str, str, int], Allocator] = {}
    for one in sites:
        where = (one.function, one.file, one.line)
        before = summed.get(where, replace(one, bytes=0, count=0))
        summed[where] = replace(
            before, bytes=before.bytes + one.bytes, count=before.count + one.count
        )
    return tuple(sorted(summed.values(), key=lambda one: -one.bytes)[:top])
