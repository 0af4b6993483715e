"""What two explanations say about the same code: which allocation sites grew; pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from memtune.model import Allocator, SiteGrowth
from memtune.units import KIB

LEAST_BYTES = 256 * KIB
"""Smaller differences come and go from run to run."""

_Site = tuple[str, str]
"""File and function; lines move when others are added above."""


def changed(
    before: Sequence[Allocator] | None, after: Sequence[Allocator], roots: Sequence[str]
) -> tuple[SiteGrowth, ...]:
    """Return the sites that hold another amount at the peak, the largest growth first; with
    nothing before, what each holds now.

    Files that lie below one of the ``roots`` are named from there, so that two checkouts of one
    project compare.
    """
    old, new = _by_site(before or (), roots), _by_site(after, roots)
    found = []
    for site in old.keys() | new.keys():
        lines_before, lines_after = old.get(site, Counter()), new.get(site, Counter())
        difference = lines_after.total() - lines_before.total()
        if abs(difference) >= LEAST_BYTES:
            line = _line(lines_before, lines_after, 1 if difference > 0 else -1)
            file, function = site
            held = None if before is None else lines_before.total()
            found.append(SiteGrowth(function, file, line, held, lines_after.total()))
    return tuple(sorted(found, key=lambda one: (one.before_bytes or 0) - one.after_bytes))


def _by_site(allocators: Iterable[Allocator], roots: Sequence[str]) -> dict[_Site, Counter[int]]:
    sites: dict[_Site, Counter[int]] = {}
    for one in allocators:
        lines = sites.setdefault((_below(one.file, roots), one.function), Counter())
        lines[one.line] += one.bytes
    return sites


def _below(file: str, roots: Sequence[str]) -> str:
    path = PurePosixPath(file)
    for root in roots:
        if root and path.is_relative_to(root):
            return str(path.relative_to(root))
    return file


def _line(before: Counter[int], after: Counter[int], sign: int) -> int:
    """The line of a function that changed most; where lines have moved, that which holds most."""
    return max(before.keys() | after.keys(), key=lambda line: sign * (after[line] - before[line]))
