"""Whose memory is whose: forked pages, shared memory, numbers that were used twice."""

from collections.abc import Collection
from pathlib import Path

import pytest

from memtune.measure.captures.members import members_of, owned_by
from memtune.measure.captures.photo import Photo, Portrait
from memtune.measure.captures.read import Capture, Held, Site
from memtune.measure.captures.smaps import Mapping

NOW = 1_000_000


def portrait(pid: int, anon: int, private: int, *regions: Mapping, python: bool = True) -> Portrait:
    return Portrait(pid, 9000 + pid, 9000, f"program {pid}", python, anon, private, regions)


def capture(pid: int, *, forked_from: int = 0, started: int = -50, ended: int = 50) -> Capture:
    return Capture(
        Path(f"{pid}-{started}.bin"), pid, NOW + started, NOW + ended, True, 0, None, "",
        forked_from, 0, 0, (NOW + started, NOW + ended),
    )  # fmt: skip


def photo(*portraits: Portrait) -> Photo:
    return Photo(NOW, 1.0, 100, 90, 5, 100, portraits, 0)


class Heaps:
    """What captures say that sites held, by file name; and which addresses they mapped."""

    def __init__(self) -> None:
        self.held: dict[str, dict[Site, Held]] = {}
        self.mapped: dict[int, dict[int, Site]] = {}
        self.had: list[int] = []
        """What each process had at the moment, as was told."""

    def read(self, path: Path) -> Capture | str:
        raise NotImplementedError

    def held_at(self, capture: Capture, at_ms: int | None, had: int = 0) -> dict[Site, Held]:
        assert at_ms == NOW
        self.had.append(had)
        return self.held.get(capture.path.name, {})

    def mapped_at(self, capture: Capture, starts: Collection[int]) -> dict[int, Site]:
        return {start: self.mapped[capture.pid][start] for start in starts}


def test_pages_that_a_family_shares_are_the_roots() -> None:
    picture = photo(portrait(1, 50, 20), portrait(2, 40, 10), portrait(3, 35, 5))
    captures = [capture(1), capture(2, forked_from=1), capture(3, forked_from=2)]

    found = members_of(picture, captures, Heaps())
    owned = owned_by(found)

    assert [owned[id(one)] for one in found] == [20 + 30 + 30 + 30, 10, 5]
    assert sum(owned.values()) == 125


def test_of_shared_memory_all_counts_that_was_asked_for_as_memray_counts_it() -> None:
    # Given a process with private memory, and shared memory of which a part was touched,
    shm = Mapping(4096, 4096 + 48, True, "/dev/shm/x", "00:7 1", 24, 12, 0, 0)
    heaps = Heaps()
    heaps.mapped[1] = {4096: ("share", "job.py", 1)}

    members_of(photo(portrait(1, 50, 20, shm)), [capture(1)], heaps)

    assert heaps.had == [50 + 48]


@pytest.mark.parametrize("parents", [(1, 1, 2), (3, 1, 2), (2, 1, 2)])
def test_processes_that_say_they_come_from_each_other_are_told_all_the_same(
    parents: tuple[int, int, int],
) -> None:
    picture = photo(portrait(1, 50, 20), portrait(2, 40, 10), portrait(3, 35, 5))
    captures = [capture(pid, forked_from=parent) for pid, parent in enumerate(parents, 1)]

    found = members_of(picture, captures, Heaps())

    assert sum(owned_by(found).values()) == 125
    assert any(one.forked_from is None for one in found)


@pytest.mark.parametrize(
    ("captures", "python", "chosen"),
    [
        ([capture(1, started=-500), capture(1, started=-50)], True, -50),  # exec of a Python
        ([capture(1, started=-500), capture(1, started=50)], True, -500),  # used again later
        ([capture(1, started=-500, ended=-200)], True, -500),  # it is at its end
        ([capture(1, started=-500, ended=-200)], False, None),  # exec of another program
        ([capture(2)], True, None),
    ],
)
def test_the_capture_of_a_process_is_the_latest_that_had_begun(
    captures: list[Capture], python: bool, chosen: int | None
) -> None:
    (member,) = members_of(photo(portrait(1, 1, 1, python=python)), captures, Heaps())

    assert (member.capture and member.capture.started_ms - NOW) == chosen


def test_shared_memory_is_the_first_ones_who_mapped_it_and_no_heap() -> None:
    heaps = Heaps()
    region = Mapping(4096, 4096 + 48, True, "/dev/shm/x", "0 7", 48, 24, 0, 0)
    makes, joins = ("make", "/app.py", 1), ("join", "/app.py", 2)
    heaps.held["1--50.bin"] = {makes: Held(60, 2, mapped=48)}
    heaps.held["2--20.bin"] = {joins: Held(48, 1, mapped=48)}
    heaps.mapped = {1: {4096: makes}, 2: {4096: joins}}
    picture = photo(portrait(1, 20, 20, region), portrait(2, 10, 10, region))

    first, second = members_of(picture, [capture(1), capture(2, started=-20)], heaps)

    assert (first.sites[makes].bytes, second.sites[joins].bytes) == (12, 0)
    assert {where: held.bytes for where, held in first.shared.items()} == {makes: 48}
    assert second.shared == {}
