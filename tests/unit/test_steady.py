"""Steady states, by simulation: noise is not taken for growth, and a leak is."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter

from memtune.measure.timeline import LIMIT, Timeline
from memtune.model import Moment
from memtune.model.soak import Course, Trend
from memtune.steady import BATCH_BYTES, LEAST_BYTES, course
from memtune.units import MIB

Floats = NDArray[np.float64]
Noise = Callable[[np.random.Generator, int], Floats]
LENGTH_S = 600.0
COUNT = 400


def white(random: np.random.Generator, count: int) -> Floats:
    """Noise of one MiB without memory."""
    return random.normal(size=count)


def lasting(share: float) -> Noise:
    """Noise of one MiB whose disturbances last for a share of the run."""

    def made(random: np.random.Generator, count: int) -> Floats:
        kept = 1 - 1 / (share * count)
        series = lfilter([1], [1, -kept], random.normal(size=5 * count))[-count:]
        return np.asarray(series * (1 - kept**2) ** 0.5)

    return made


def collected(random: np.random.Generator, count: int) -> Floats:
    """A heap that fills by 10 MiB and is collected, 12 times in the run."""
    place = np.arange(count) / count * 12 + random.uniform()
    return np.asarray(place % 1 * 10 + random.normal(size=count) / 2)


def moments(mib: Floats, length_s: float = LENGTH_S) -> list[Moment]:
    at = np.linspace(0, length_s, len(mib))
    return [
        Moment(float(when), round(100 * MIB + size * MIB), 0)
        for when, size in zip(at, mib, strict=True)
    ]


def seen(mib: Floats, **how: float) -> Course:
    found = course(moments(mib), **how)
    assert found is not None
    return found


NOISES = {
    "white": white,
    "a 100th": lasting(1 / 100),
    "a 40th": lasting(1 / 40),
    "a 20th": lasting(1 / 20),
    "an 8th": lasting(1 / 8),
    "collected": collected,
}
SERIES = 100


@pytest.mark.parametrize("noise", NOISES)
def test_noise_is_said_to_grow_in_at_most_5_of_100_runs(noise: str) -> None:
    random = np.random.default_rng(11)

    trends = Counter(seen(NOISES[noise](random, COUNT)).trend for _ in range(SERIES))

    assert trends[Trend.GROWS] + trends[Trend.SLOWS] <= 0.05 * SERIES


@pytest.mark.parametrize("noise", [name for name in NOISES if name != "an 8th"])
@pytest.mark.parametrize("warm_up", [False, True])
def test_the_slope_of_a_leak_lies_in_its_interval(noise: str, warm_up: bool) -> None:
    random, held, short = np.random.default_rng(12), 0, 0
    at = np.linspace(0, 1, COUNT)
    for _ in range(SERIES):
        level = 30 * at + NOISES[noise](random, COUNT) - 40 * np.exp(-at / 0.01) * warm_up
        found = seen(level)
        if found.slope is None:
            short += 1
        else:
            held += found.slope.low <= 30 * MIB / LENGTH_S <= found.slope.high

    assert short <= 0.15 * SERIES
    assert held >= 0.86 * (SERIES - short)  # of 91 in 100 or more, by 600 series of each


@pytest.mark.parametrize("noise", ["white", "a 100th", "a 40th", "collected"])
def test_a_leak_of_ten_times_the_noise_is_always_found(noise: str) -> None:
    random, at = np.random.default_rng(13), np.linspace(0, 1, COUNT)
    leak = 40 if noise == "collected" else 10

    trends = Counter(
        seen(leak * at + NOISES[noise](random, COUNT)).trend for _ in range(SERIES // 2)
    )

    assert trends[Trend.GROWS] >= 0.95 * SERIES // 2


@pytest.mark.parametrize("end", [0.02, 0.1, 0.3])
def test_a_step_ends_the_warm_up(end: float) -> None:
    random, at = np.random.default_rng(14), np.linspace(0, 1, COUNT)
    level = white(random, COUNT) - 20 * (at < end)

    found = seen(level)

    assert [phase.name for phase in found.phases] == ["warm-up", "steady state"]
    assert found.trend is Trend.NO_GROWTH
    assert end - 0.01 <= found.phases[0].to_s / LENGTH_S <= end + 0.06


def test_a_level_with_rare_spikes_is_steady() -> None:
    random, short = np.random.default_rng(19), 0
    for _ in range(SERIES):
        spikes = 80 * (random.uniform(size=COUNT) < 0.01)
        found = seen(white(random, COUNT) / 20 + spikes)
        short += found.trend is Trend.TOO_SHORT

    assert short <= 0.02 * SERIES


def test_a_cache_that_has_filled_is_warm_up() -> None:
    random, at = np.random.default_rng(15), np.linspace(0, 1, COUNT)
    grown = 0
    for _ in range(SERIES // 2):
        found = seen(50 - 50 * np.exp(-at / 0.04) + white(random, COUNT))
        grown += found.trend is Trend.GROWS

    assert grown <= 0.12 * SERIES // 2


def test_what_fills_for_the_whole_run_has_no_steady_state() -> None:
    random, at = np.random.default_rng(16), np.linspace(0, 1, COUNT)

    found = seen(100 - 100 * np.exp(-at / 0.3) + white(random, COUNT) / 10)

    assert found.trend in (Trend.TOO_SHORT, Trend.SLOWS)


def test_boot_ends_when_the_service_is_ready_and_the_end_of_the_load_ends_all() -> None:
    level = np.full(COUNT, 20.0)
    level[:20], level[-5:] = -50, 500

    found = seen(level, ready_s=30.0, end_s=590.0)

    assert [(phase.name, phase.from_s) for phase in found.phases] == [
        ("boot", 0.0),
        ("steady state", 30.0),
    ]
    assert found.phases[0].median_bytes == 50 * MIB
    assert found.peak_bytes == 120 * MIB
    assert found.phases[-1].to_s <= 590
    assert found.end_bytes == 120 * MIB


def test_what_stands_still_is_no_more_certain_than_the_kernel_s_batches() -> None:
    found = seen(np.zeros(COUNT))

    assert found.slope is not None
    assert found.slope.per_s == 0
    assert found.slope.high * LENGTH_S == pytest.approx(LEAST_BYTES, rel=0.01)
    assert found.trend is Trend.NO_GROWTH


@pytest.mark.parametrize(("batches", "trend"), [(1.3, Trend.NO_GROWTH), (3.0, Trend.GROWS)])
def test_growth_is_more_than_a_batch_at_either_end(batches: float, trend: Trend) -> None:
    found = seen(np.linspace(0, batches * BATCH_BYTES / MIB, COUNT))

    assert found.trend is trend


def test_a_heap_that_grew_by_one_step_leaves_no_doubt_of_many() -> None:
    random, widths = np.random.default_rng(19), []
    for _ in range(SERIES // 2):
        first, second = sorted(random.integers(COUNT // 10, COUNT, size=2))
        level = white(random, COUNT) / 100
        level[first:] += 0.25
        level[second:] += random.choice([-0.25, 0.25])
        found = seen(level)
        assert found.slope is not None
        widths.append((found.slope.high - found.slope.low) / 2 * LENGTH_S / MIB)

    assert max(widths) < 1


def test_the_end_is_the_line_with_the_peaks_above_it() -> None:
    random, at = np.random.default_rng(18), np.linspace(0, 1, COUNT)
    level = 60 * at + white(random, COUNT)
    level[300] += 25

    found = seen(level)

    assert found.end_bytes == pytest.approx((100 + 60 + 25) * MIB, rel=0.02)
    assert found.slope is not None
    assert found.slope.per_s == pytest.approx(60 * MIB / LENGTH_S, rel=0.03)


@pytest.mark.parametrize("count", [1, 2, 39])
def test_few_moments_show_no_steady_state(count: int) -> None:
    found = seen(np.zeros(count))

    assert found.trend is Trend.TOO_SHORT
    assert found.slope is None
    assert [phase.name for phase in found.phases] == ["warm-up"]


def test_no_moments_are_no_course() -> None:
    assert course([]) is None


def test_a_run_that_never_was_ready_is_all_boot() -> None:
    found = course(moments(np.zeros(COUNT)), ready_s=5000.0)

    assert found is not None
    assert found.phases[0].name == "boot"
    assert found.trend is Trend.TOO_SHORT


def test_2000_moments_of_a_day_tell_its_slope_as_well_as_all_of_them() -> None:
    random, count = np.random.default_rng(17), 40_000
    level = np.linspace(0, 20, count) + collected(random, count)
    level += 15 * (random.uniform(size=count) < 0.002)  # spikes of single requests
    thinned = Timeline()
    every = moments(level, 86_400)
    for one in every:
        thinned.add(one)

    whole, few = course(every), course(thinned.moments())

    assert len(thinned.moments()) <= LIMIT
    assert whole is not None
    assert few is not None
    for found in (whole.slope, few.slope):
        assert found is not None
        assert found.low <= 20 * MIB / 86_400 <= found.high
    assert few.peak_bytes == whole.peak_bytes
    assert few.end_bytes == pytest.approx(whole.end_bytes, rel=0.03)
