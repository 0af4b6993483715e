"""The test for growth: its numbers against tables, its rates by simulation."""

import math
import random

import pytest

from memtune.judge.growth import IN_TURN, STORED, Look, ruled, tolerance, warns
from memtune.model import Estimate, Growth, Ruling
from memtune.stats import compared
from memtune.units import MIB

GROWTH = Growth(floor_bytes=1)


def test_an_estimate_agrees_with_welch_by_hand() -> None:
    """Logarithms 0, 1, 2 and 2, 3, 4: shift 2, standard error sqrt(2/3), 4 degrees of freedom."""
    base = [math.exp(n) for n in (0, 1, 2)]
    head = [math.exp(n) for n in (2, 3, 4)]

    found = compared(base, head, tolerance=math.exp(2) - 1, alpha=0.05, runs=3)

    assert found is not None
    assert found.growth == pytest.approx(math.exp(2) - 1)
    half = 2.776445 * math.sqrt(2 / 3)  # t(4, 0.975)
    assert found.low == pytest.approx(math.exp(2 - half) - 1, rel=1e-5)
    assert found.high == pytest.approx(math.exp(2 + half) - 1, rel=1e-5)
    assert found.p_tolerance == pytest.approx(0.5)
    assert found.p_none == pytest.approx(0.03524, rel=1e-3)  # P(t(4) > 2.449)
    assert found.detectable == pytest.approx(math.exp(2 * 2.131847 * math.sqrt(2 / 3)) - 1)


@pytest.mark.parametrize(
    ("base", "head"), [([1.0], [1.0, 2.0]), ([1.0, 2.0], [0.0, 1.0]), ([], [])]
)
def test_too_little_has_no_estimate(base: list[float], head: list[float]) -> None:
    assert compared(base, head, 0.05, 0.01, 12) is None


def test_equal_samples_are_not_believed_to_be_exact() -> None:
    found = compared([100.0] * 3, [100.0] * 3, 0.05, 0.001, 12)

    assert found is not None
    assert found.low < 0 < found.high


def test_the_floor_is_the_tolerance_of_small_programs() -> None:
    assert tolerance([10 * MIB], Growth()) == pytest.approx(0.4)
    assert tolerance([1000 * MIB], Growth()) == 0.05


def test_each_further_scenario_makes_a_failure_harder() -> None:
    look = Look(3, 0.01, 0.001)
    seen = Estimate(0.06, 0.04, 0.08, p_none=0.004, p_tolerance=0.7, detectable=0.04)

    assert ruled(seen, [1e9], GROWTH, look, scenarios=1) is Ruling.FAIL
    assert ruled(seen, [1e9], GROWTH, look, scenarios=3) is Ruling.INCONCLUSIVE


def test_a_warning_needs_more_than_noise() -> None:
    sure = Estimate(0.04, 0.02, 0.05, 0.001, 0.001, 0.04)
    unsure = Estimate(0.04, -0.02, 0.06, 0.2, 0.001, 0.04)

    assert warns(sure, [1e9], GROWTH)
    assert not warns(unsure, [1e9], GROWTH)
    assert not warns(sure, [10 * MIB], Growth())


def decided(rng: random.Random, looks: tuple[Look, ...], sd: float, grown: float) -> Ruling:
    stored = 20 if looks is STORED else None
    base = [1e9 * math.exp(rng.gauss(0, sd)) for _ in range(stored or looks[-1].runs)]
    head = [1e9 * (1 + grown) * math.exp(rng.gauss(0, sd)) for _ in range(looks[-1].runs)]
    ruling = Ruling.INCONCLUSIVE
    for look in looks:
        known = base[: stored or look.runs]
        seen = compared(known, head[: look.runs], 0.05, looks[-1].alpha, looks[-1].runs)
        assert seen is not None
        ruling = ruled(seen, known, GROWTH, look, scenarios=1)
        if ruling is not Ruling.INCONCLUSIVE:
            break
    return ruling


@pytest.mark.parametrize("looks", [IN_TURN, STORED])
@pytest.mark.parametrize("sd", [0.001, 0.01, 0.02])
def test_rates_hold_in_simulation(looks: tuple[Look, ...], sd: float) -> None:
    """300 of each: more than 8 false alarms, or less than 278 catches, would be below the goals
    of 1 % and 95 % by more than chance (about 1 in 200)."""
    rng = random.Random(11)

    alarms = sum(decided(rng, looks, sd, 0.0) is Ruling.FAIL for _ in range(300))
    caught = sum(decided(rng, looks, sd, 0.05) is Ruling.FAIL for _ in range(300))

    assert alarms <= 8
    assert caught >= 278
