"""Levels, the time of the next check and of the next trim, as functions of readings."""

import pytest

from memtune.guard.level import (
    FASTEST_BYTES_S,
    LONGEST_CHECK_S,
    PATIENCE_S,
    SHORTEST_CHECK_S,
    Level,
    Levels,
    Reading,
    Trim,
    check_interval_s,
    is_trim_due,
    next_level,
)
from tests.unit.guard.kernel import MIB

OK, WARNING, CRITICAL, FULL = Level
LIMIT = 512 * MIB


def reading(share: float, limit: int = LIMIT) -> Reading:
    return Reading(round(share * limit), limit, "test")


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([0.69, 0.70], [OK, WARNING]),
        ([0.85, 0.925], [CRITICAL, FULL]),
        ([0.10, 0.99, 0.10], [OK, FULL, OK]),
        ([1.20], [FULL]),
        ([0.70, 0.66, 0.649], [WARNING, WARNING, OK]),
        ([0.85, 0.81, 0.79, 0.66, 0.64], [CRITICAL, CRITICAL, WARNING, WARNING, OK]),
        ([0.93, 0.88, 0.87, 0.79], [FULL, FULL, CRITICAL, WARNING]),
        ([0.93, 0.66], [FULL, WARNING]),
        ([0.71, 0.69, 0.71, 0.69, 0.71], [WARNING] * 5),
        ([0.66], [OK]),
    ],
)
def test_a_level_begins_at_its_share_and_ends_a_gap_below(
    shares: list[float], expected: list[Level]
) -> None:
    level, seen = OK, []
    for share in shares:
        level = next_level(level, share, Levels())
        seen.append(level)

    assert seen == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"warning": 0.9},
        {"critical": 1.0},
        {"gap": 0.0},
        {"gap": 0.7},
        {"warning": 500.0, "critical": 700.0},
    ],
)
def test_levels_out_of_order_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="0 < gap < warning < critical < 1"):
        Levels(**wrong)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.69, 0.8, 0.9])
@pytest.mark.parametrize("limit", [512 * MIB, 1024 * MIB, 2048 * MIB])
def test_a_check_comes_before_half_of_the_room_can_be_used(share: float, limit: int) -> None:
    now = reading(share, limit)

    used = check_interval_s(now, 0.0) * FASTEST_BYTES_S

    assert used <= (limit - now.need_bytes) / 2 * 1.001


def test_no_growth_passes_a_level_unseen_and_reaches_the_limit() -> None:
    fastest = [0.0]
    while check_interval_s(reading(fastest[-1]), 0.0) > SHORTEST_CHECK_S:
        grown = check_interval_s(reading(fastest[-1]), 0.0) * FASTEST_BYTES_S / LIMIT
        fastest.append(fastest[-1] + grown)

    seen = {next_level(OK, share, Levels()) for share in fastest}

    assert seen == set(Level)


def test_checks_are_neither_more_nor_less_frequent_than_they_may_be() -> None:
    assert check_interval_s(reading(0.999), 0.0) == SHORTEST_CHECK_S
    assert check_interval_s(reading(1.5), 0.0) == SHORTEST_CHECK_S
    assert check_interval_s(reading(0.1, 24 * 1024 * MIB), 0.0) == LONGEST_CHECK_S


@pytest.mark.parametrize(("share", "interval_s"), [(0.0, 0.5), (0.5, 0.25), (0.9, 0.05)])
def test_slow_readings_are_made_less_often_while_there_is_room(
    share: float, interval_s: float
) -> None:
    assert check_interval_s(reading(share), reading_s=0.010) == pytest.approx(interval_s)


@pytest.mark.parametrize(
    ("last", "level", "share", "later_s", "due"),
    [
        (None, OK, 0.1, 0.0, False),
        (None, WARNING, 0.7, 0.0, True),
        (Trim(WARNING, round(0.70 * LIMIT), 0.0), WARNING, 0.70, 1.0, False),
        (Trim(WARNING, round(0.70 * LIMIT), 0.0), WARNING, 0.73, 0.1, True),
        (Trim(WARNING, round(0.84 * LIMIT), 0.0), CRITICAL, 0.85, 0.1, True),
        (Trim(CRITICAL, round(0.90 * LIMIT), 0.0), WARNING, 0.80, 1.0, False),
        (Trim(CRITICAL, round(0.90 * LIMIT), 0.0), CRITICAL, 0.90, PATIENCE_S, True),
        (Trim(CRITICAL, round(0.30 * LIMIT), 0.0), OK, 0.60, 99.0, False),
    ],
)
def test_a_trim_is_due_on_a_rise_or_after_a_while(
    last: Trim | None, level: Level, share: float, later_s: float, due: bool
) -> None:
    assert is_trim_due(last, level, reading(share), later_s) is due
