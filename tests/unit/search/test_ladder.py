"""The ladder: present settings first, then one knob after another to its conservative end."""

from memtune.model import Knob, Settings, Space
from memtune.search.ladder import climb, generous, rungs

SPACE = Space(
    (
        Knob("heap", (128, 256, "unlimited")),
        Knob("workers", (1, 2, 8)),
        Knob("cache", (250, 2000)),
    )
)


def test_knobs_are_turned_in_order_of_priority_and_stay_turned() -> None:
    ladder = rungs(SPACE, generous(SPACE))

    assert [rung.turned for rung in ladder] == ["", "heap=128", "workers=1", "cache=250"]
    assert str(ladder[0].settings) == "heap=unlimited workers=8 cache=2000"
    assert str(ladder[2].settings) == "heap=128 workers=1 cache=2000"
    assert ladder[3].settings == SPACE.conservative


def test_a_knob_at_its_conservative_end_or_not_set_at_all_is_no_rung() -> None:
    start = Settings((("workers", 1), ("cache", 2000)))

    assert [rung.turned for rung in rungs(SPACE, start)] == ["", "cache=250"]


def test_the_first_rung_that_passes_is_the_last() -> None:
    ladder = rungs(SPACE, generous(SPACE))
    passed: dict[Settings, bool] = {}
    tried = []

    while (rung := climb(ladder, passed)) is not None:
        tried.append(rung.turned)
        passed[rung.settings] = rung.turned == "workers=1"

    assert tried == ["", "heap=128", "workers=1"]


def test_where_no_rung_passes_the_ladder_ends() -> None:
    ladder = rungs(SPACE, generous(SPACE))

    assert climb(ladder, {rung.settings: False for rung in ladder}) is None
