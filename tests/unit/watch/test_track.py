"""Sights of one target, one after the other: what is told of them, and what is noted."""

from dataclasses import replace

import pytest

from memtune.model.soak import Trend
from memtune.model.watch import Exit, Kind, Memory, Note, Sight, State
from memtune.units import MIB
from memtune.watch.track import Track, exit_words, summed

CAP = 100 * MIB
THRESHOLDS = (0.9, 0.8)


def memory(
    need_mib: float, cap_mib: float | None = 100, kills: int | None = 0, *, shared: bool = False
) -> Memory:
    need = round(need_mib * MIB)
    if cap_mib is None:
        return Memory("made up", need_bytes=need, oom_kills=kills)
    return Memory(
        "made up",
        need_bytes=need,
        cap_bytes=round(cap_mib * MIB),
        charged_bytes=need,
        shared=shared,
        oom_kills=kills,
    )


def running(need_mib: float, restarts: int = 0, *, kills: int | None = 0) -> Sight:
    return Sight(State.RUNNING, memory(need_mib, kills=kills), restarts=restarts)


def seen(track: Track, *sights: Sight) -> list[Note]:
    return [note for at, sight in enumerate(sights) for note in track.add(at / 10, sight)]


def kinds(notes: list[Note]) -> list[Kind]:
    return [note.kind for note in notes]


def test_a_threshold_warns_once_until_memory_was_well_below() -> None:
    track = Track("web", THRESHOLDS)

    notes = seen(track, *map(running, (79, 81, 79, 81, 76, 81, 74, 81)))

    assert [note.at_s for note in notes] == [0.1, 0.7]
    assert notes[0].kind is Kind.THRESHOLD
    assert notes[0].text == "need is 81 MiB, beyond 80 % of the cap of 100 MiB"
    assert notes[0].bad


def test_of_two_thresholds_at_once_the_higher_is_noted() -> None:
    track = Track("web", THRESHOLDS)

    [note] = seen(track, running(10), running(95), running(96))

    assert "beyond 90 %" in note.text
    assert track.row().threshold == 0.9


def test_page_cache_and_no_cap_warn_of_nothing() -> None:
    track = Track("web", THRESHOLDS)
    cached = Memory("made up", need_bytes=MIB, cache_bytes=98 * MIB, cap_bytes=CAP)

    assert not seen(track, Sight(State.RUNNING, cached), Sight(State.RUNNING, memory(99, None)))[1:]
    assert track.row().headroom is None


def test_what_shares_its_cap_is_warned_of_for_all() -> None:
    track = Track("python 7", THRESHOLDS)
    process = Memory("made up", rss_bytes=MIB, cap_bytes=CAP, charged_bytes=85 * MIB, shared=True)

    [note] = seen(track, Sight(State.RUNNING, process))

    assert note.text.startswith("need of its control group is 85 MiB")
    assert track.row().headroom == pytest.approx(0.15)


def test_a_changed_cap_is_noted() -> None:
    track = Track("web", THRESHOLDS)
    sights = (Sight(State.RUNNING, memory(10, cap)) for cap in (100, 200, None))

    notes = seen(track, *sights)

    assert kinds(notes) == [Kind.CAP, Kind.CAP]
    assert notes[0].text == "cap changed from 100 MiB to 200 MiB"
    assert notes[1].text == "cap changed from 200 MiB to none"


def test_an_oom_kill_of_a_child_is_counted_and_ends_nothing() -> None:
    track = Track("web", THRESHOLDS)

    notes = seen(track, running(10, kills=4), running(10, kills=4), running(9, kills=6))

    assert kinds(notes) == [Kind.OOM_KILL]
    assert "2 processes" in notes[0].text
    assert track.row().oom_kills == 2  # four were before the watch
    assert track.row().failures == 0


def test_an_oom_kill_that_ends_it_is_counted_once() -> None:
    killed = Sight(State.ENDED, None, Exit(137, oom=True))
    counted, unseen = Track("web", THRESHOLDS), Track("web", THRESHOLDS)

    with_counter = seen(counted, running(10), running(10, kills=1), killed, killed)
    without = seen(unseen, running(10), killed, killed)

    for notes, track in ((with_counter, counted), (without, unseen)):
        assert kinds(notes) == [Kind.OOM_KILL, Kind.ENDED]
        assert notes[1].text == "OOM-killed, exit status 137"
        assert (track.row().oom_kills, track.row().failures) == (1, 1)
        assert track.memory is None


def test_a_restart_that_was_seen_coming_and_one_that_was_not() -> None:
    failed = Exit(1)
    waiting = Sight(State.RESTARTING, None, failed)
    again = Sight(State.RUNNING, memory(5), failed, restarts=1)
    track, hasty = Track("web", THRESHOLDS), Track("web", THRESHOLDS)

    slowly = seen(track, running(95), waiting, waiting, again)
    at_once = seen(hasty, running(95), again)

    assert kinds(slowly) == kinds(at_once) == [Kind.THRESHOLD, Kind.ENDED, Kind.RESTARTED]
    assert track.row().restarts == hasty.row().restarts == 1
    assert track.row().failures == hasty.row().failures == 1
    assert track.row().threshold is None


def test_the_oom_kills_of_each_life_are_counted_from_its_begin() -> None:
    track = Track("web", THRESHOLDS)
    killed = Exit(137, oom=True)

    seen(
        track,
        running(10),
        Sight(State.RUNNING, memory(10, kills=1), killed, restarts=1),
        Sight(State.RUNNING, memory(10, kills=2), killed, restarts=1),
    )

    assert track.row().oom_kills == 3


def test_what_waits_for_its_restart_when_the_watch_begins_has_not_failed_in_it() -> None:
    track = Track("web", THRESHOLDS)

    notes = seen(track, Sight(State.RESTARTING, None, Exit(1)))

    assert notes == []
    assert track.row().failures == 0
    assert track.row().state is State.RESTARTING


def test_another_one_of_the_same_name_goes_on_where_it_had_ended() -> None:
    track = Track("web", THRESHOLDS)

    notes = seen(track, running(50), Sight(State.ENDED, None, Exit(0)), running(60))

    assert kinds(notes) == [Kind.ENDED, Kind.RESTARTED]
    assert track.row().peak_bytes == 60 * MIB
    assert track.row().failures == 0


def test_what_grows_has_a_slope_and_a_time_to_its_cap() -> None:
    track = Track("web", THRESHOLDS)
    seen(track, *(running(20 + step / 10) for step in range(101)))  # 1 MiB/s, ten seconds

    row = track.row()

    assert row.trend is Trend.GROWS
    assert row.slope is not None
    assert row.slope.per_s == pytest.approx(MIB, rel=0.02)
    assert row.to_cap_s is not None
    at, first, last = row.to_cap_s
    assert at == pytest.approx(70, rel=0.03)
    assert first < at < last


def test_what_has_begun_to_grow_faster_reaches_its_cap_at_the_new_rate() -> None:
    track = Track("web", THRESHOLDS)
    for step in range(281):  # 20 s at 1 MiB/s, then 8 s at 3 MiB/s
        at_s = step / 10
        track.add(at_s, running(10 + at_s + max(at_s - 20, 0) * 2))

    row = track.row()

    assert row.slope is not None
    assert row.slope.per_s == pytest.approx(3 * MIB, rel=0.05)
    assert row.to_cap_s is not None
    assert row.to_cap_s[0] == pytest.approx(46 / 3, rel=0.05)


def test_what_is_level_reaches_no_cap() -> None:
    track = Track("web", THRESHOLDS)
    seen(track, *(running(20) for _ in range(101)))

    row = track.row()

    assert row.trend is Trend.NO_GROWTH
    assert row.to_cap_s is None


def test_a_few_seconds_tell_no_trend_and_what_has_ended_has_none() -> None:
    track = Track("web", THRESHOLDS)
    seen(track, *(running(20 + step) for step in range(40)))

    assert track.row().trend is Trend.TOO_SHORT

    track.add(5, Sight(State.ENDED, None, Exit(0)))

    assert track.row().trend is None


def test_a_trend_is_that_of_the_last_minutes() -> None:
    track = Track("web", THRESHOLDS)
    for second in range(900):
        track.add(second, running(min(second, 500) / 10))

    row = track.row()

    assert row.trend is Trend.NO_GROWTH


@pytest.mark.parametrize(
    ("end", "words", "well"),
    [
        (Exit(0), "ended with exit status 0", True),
        (Exit(1), "ended with exit status 1", False),
        (Exit(137, oom=True), "OOM-killed, exit status 137", False),
        (Exit(1, oom=True), "ended with exit status 1 after an OOM kill", False),
        (Exit(None, oom=True), "ended after an OOM kill in its control group", False),
        (Exit(143, signal="15"), "stopped from outside (signal 15), exit status 143", True),
        (Exit(0, removed=True), "ended with exit status 0; removed", True),
        (Exit(), "ended; how is not told to strangers", True),
    ],
)
def test_each_end_has_its_words(end: Exit, words: str, well: bool) -> None:
    assert exit_words(end).startswith(words)
    assert end.well is well


def test_containers_under_one_cap_count_against_it_once() -> None:
    one = replace(memory(30, shared=True), need_bytes=10 * MIB, cap_group="pod")
    other = replace(one, need_bytes=20 * MIB)
    alone = replace(memory(1), cap_group="own")

    total = summed([one, other, alone])

    assert total.need_bytes == 31 * MIB
    assert total.cap_bytes == 2 * CAP
    assert total.charged_bytes == 31 * MIB


def test_a_sum_that_lacks_a_part_is_none() -> None:
    capped, free = memory(10), memory(20, None)

    total = summed([capped, free])

    assert total.need_bytes == 30 * MIB
    assert total.cap_bytes is None
    assert total.anon_bytes is None
