"""The photograph of the highest need, of this very process; groups are made up."""

import json
import os
from pathlib import Path

import pytest

from memtune.measure.captures import photo
from memtune.measure.captures.photo import STEP_BYTES, Photographer, load
from memtune.measure.cgroup import Usage

MIB = 1024 * 1024


class Group:
    """A control group with this process, whose usage a test sets."""

    source = peak_source = "made up"
    atomic = True

    def __init__(self, *pids: int) -> None:
        self._pids = list(pids)
        self.now = usage(100)

    def usage(self) -> Usage:
        return self.now

    def peak(self) -> int | None:
        return None

    def oom_kills(self) -> int | None:
        return None

    def stalled_s(self) -> float | None:
        return None

    def pids(self) -> list[int]:
        return self._pids

    def close(self) -> None:
        pass


def usage(need_mib: float) -> Usage:
    return Usage(round(need_mib * MIB) + MIB, MIB, round(need_mib * MIB) - MIB, 0)


def own_mib() -> float:
    """What this process itself makes of a group."""
    with open("/proc/self/smaps_rollup", encoding="ascii") as file:
        line = next(line for line in file if line.startswith("Pss_Anon:"))
    return int(line.split()[1]) / 1024


def rollup(mib: int) -> bytes:
    """What the kernel tells of a process that holds so much."""
    return f"0-1 ---p 0 00:00 0 [rollup]\nPss_Anon: {1024 * mib} kB\n".encode()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    captures = tmp_path / "captures"
    captures.mkdir()
    return captures


def test_the_highest_need_is_photographed_with_the_processes_of_that_moment(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo, "REST", 0)  # it rests as long as the machine is busy
    group = Group(os.getpid(), 2**22 + 1)  # one is there, one is not
    photographer = Photographer(group, directory)

    own = own_mib()
    low, high = usage(own), usage(own * 1.03)
    for group.now in (low, high, low):
        photographer.look(group.now)
    photographer.write(2 * high.need)

    taken = load(directory)
    assert taken is not None
    assert (taken.need, taken.need_peak, taken.unread) == (high.need, 2 * high.need, 1)
    (portrait,) = taken.portraits
    assert (portrait.host_pid, portrait.host_parent) == (os.getpid(), os.getppid())
    assert portrait.python
    assert 0 < portrait.private <= portrait.anon
    # It lies where the workload cannot write.
    assert list(directory.iterdir()) == []


def test_a_process_that_grows_while_it_is_read_owns_no_more_than_its_share(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a kernel that tells of the sum, and of every region a moment later,
    read = photo._files

    def grown(pid: int) -> dict[str, bytes]:
        return read(pid) | {"smaps_rollup": rollup(1)}

    monkeypatch.setattr(photo, "_files", grown)
    photographer = Photographer(Group(os.getpid()), directory)
    photographer.look(usage(2))
    photographer.write(2 * MIB)

    taken = load(directory)
    assert taken is not None
    (portrait,) = taken.portraits
    assert portrait.private > MIB
    assert portrait.anon == portrait.private


def test_what_is_hardly_higher_is_not_photographed_again(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    def look(pid: int) -> dict[str, bytes]:
        looked.append(pid)
        return {"smaps": b"0", "status": b"", "smaps_rollup": rollup(49)}

    monkeypatch.setattr(photo, "_files", look)
    group = Group(1)
    photographer = Photographer(group, directory)

    photographer.look(usage(50))
    first = len(looked)
    photographer.look(usage(50 + STEP_BYTES / MIB / 2))

    assert first > 0
    assert len(looked) == first


def test_a_process_that_is_killed_during_the_look_spoils_no_earlier_photograph(
    directory: Path,
) -> None:
    group = Group(os.getpid())
    photographer = Photographer(group, directory)
    mine = own_mib()
    group.now = usage(mine + 1)
    photographer.look(group.now)

    group.now = usage(2 * mine + 100)
    group._pids = []
    photographer.look(group.now)
    photographer.write(2 * mine + 100)

    taken = load(directory)
    assert taken is not None
    assert [one.host_pid for one in taken.portraits] == [os.getpid()]


def test_what_is_left_of_a_group_that_ends_at_its_peak_replaces_no_photograph_of_all_of_it(
    directory: Path,
) -> None:
    group = Group(os.getpid(), 2**22 + 1)
    photographer = Photographer(group, directory)
    group.now = usage(own_mib() + 1)
    photographer.look(group.now)

    peak = usage(own_mib() + 10)
    group._pids, group.now = [], usage(2)  # all but the shim have ended since
    photographer.look(peak)
    photographer.write(peak.need)

    taken = load(directory)
    assert taken is not None
    assert [one.host_pid for one in taken.portraits] == [os.getpid()]
    assert taken.need_peak == peak.need


def test_a_process_that_ends_while_it_is_read_spoils_no_earlier_photograph(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = Group(os.getpid())
    photographer = Photographer(group, directory)
    group.now = usage(own_mib() + 1)
    photographer.look(group.now)
    whole = photo._files

    def cut_short(pid: int) -> dict[str, bytes]:
        return whole(pid) | {"smaps": b""}

    monkeypatch.setattr(photo, "_files", cut_short)
    group.now = usage(own_mib() * 1.03 + 1)
    photographer.look(group.now)
    photographer.write(group.now.need)

    taken = load(directory)
    assert taken is not None
    assert [one.host_pid for one in taken.portraits] == [os.getpid()]


STILL_MIB = 100


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process, as if it never held more or less: what a test does takes memory too."""
    monkeypatch.setattr(photo, "REST", 0)
    read = photo._files
    monkeypatch.setattr(
        photo, "_files", lambda pid: read(pid) | {"smaps_rollup": rollup(STILL_MIB)}
    )


def torn_usage(need_mib: float, torn_mib: float) -> Usage:
    """A group that has more private memory than this process tells."""
    need = round(need_mib * MIB)
    return Usage(need + MIB, MIB, round((STILL_MIB + torn_mib) * MIB), 0)


@pytest.mark.usefixtures("still")
def test_a_hardly_higher_moment_at_which_one_ends_replaces_no_photograph_of_all(
    directory: Path,
) -> None:
    group = Group(os.getpid())
    photographer = Photographer(group, directory)
    need = STILL_MIB + 1

    for group.now in (torn_usage(need, 0), torn_usage(need + 1, 1.6)):
        photographer.look(group.now)
    photographer.write(group.now.need)

    taken = load(directory)
    assert taken is not None
    assert taken.need == round(need * MIB)
    assert taken.need_peak == round((need + 1) * MIB)


@pytest.mark.usefixtures("still")
def test_a_torn_photograph_is_taken_again_while_the_need_stays_near(directory: Path) -> None:
    group = Group(os.getpid())
    photographer = Photographer(group, directory)
    need = STILL_MIB + 4

    for group.now in (torn_usage(need, 3), torn_usage(need - 0.2, 0)):
        photographer.look(group.now)
    photographer.write(need * MIB)

    taken = load(directory)
    assert taken is not None
    assert taken.need == round((need - 0.2) * MIB)
    assert taken.anon == STILL_MIB * MIB


@pytest.mark.usefixtures("still")
def test_what_stays_torn_is_not_looked_at_for_ever(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    whole = photo._files

    def look(pid: int) -> dict[str, bytes]:
        looked.append(pid)
        return whole(pid)

    monkeypatch.setattr(photo, "_files", look)
    group = Group(os.getpid())
    photographer = Photographer(group, directory)
    group.now = torn_usage(STILL_MIB + 4, 3)

    for _ in range(50):
        photographer.look(group.now)

    assert len(looked) == photo.LOOKS * (1 + photo.AGAIN)


def test_without_a_look_there_is_no_photograph(directory: Path) -> None:
    Photographer(Group(), directory).write(0)

    assert load(directory) is None


@pytest.mark.parametrize("text", ["", "{", "null[", json.dumps({})[:1]])
def test_a_photograph_that_was_cut_short_is_none(directory: Path, text: str) -> None:
    directory.with_name("captures.peak.json").write_text(text)

    assert load(directory) is None
