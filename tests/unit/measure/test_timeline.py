"""A timeline is bounded and keeps every peak that matters."""

import random

from memtune.measure.timeline import Timeline, thinned
from memtune.model import Moment


def timeline(needs: list[int], limit: int) -> tuple[Moment, ...]:
    kept = Timeline(limit)
    for n, need in enumerate(needs):
        kept.add(Moment(n * 0.005, need, need + 1))
    return kept.moments()


def test_a_short_one_is_kept_whole() -> None:
    assert [m.need_bytes for m in timeline([3, 1, 2], limit=10)] == [3, 1, 2]


def test_a_long_one_stays_within_its_limit_in_order_of_time() -> None:
    moments = timeline(list(range(100_000)), limit=200)

    assert 100 <= len(moments) <= 200
    assert [m.at_s for m in moments] == sorted(m.at_s for m in moments)


def test_a_spike_of_one_sample_survives_wherever_it_stands() -> None:
    rng = random.Random(1)
    for _ in range(200):
        needs = [rng.randrange(1000) for _ in range(rng.randrange(1, 3000))]
        spike = rng.randrange(len(needs))
        needs[spike] = 1_000_000

        moments = timeline(needs, limit=64)

        assert Moment(spike * 0.005, 1_000_000, 1_000_001) in moments
        assert len(moments) <= 64


def test_what_is_thinned_keeps_both_peaks_the_order_and_the_end() -> None:
    rng = random.Random(2)
    for _ in range(100):
        size = rng.randrange(1, 3000)
        moments = [Moment(n * 0.005, rng.randrange(1000), rng.randrange(1000)) for n in range(size)]
        need = Moment(moments[rng.randrange(size)].at_s, 1_000_000, 0)
        moments[round(need.at_s / 0.005)] = need
        total = Moment(moments[rng.randrange(size)].at_s, 0, 2_000_000)
        moments[round(total.at_s / 0.005)] = total

        kept = thinned(moments, 100)

        assert total in kept
        assert need in kept or need.at_s == total.at_s
        assert kept[-1] == moments[-1]
        assert list(kept) == sorted(kept, key=lambda moment: moment.at_s)
        assert len(kept) <= 101
