"""What runs of the same settings tell, without a fit."""

import pytest

from memtune.cost.seen import Seen, itself
from memtune.model import Settings

ONE, OTHER = Settings.of({"workers": 1}), Settings.of({"workers": 2})


def test_what_was_executed_itself_is_known_as_well_as_its_runs_agree() -> None:
    # Given settings whose three runs differ by 1 % of their mean, which is the standard deviation,
    found = itself(ONE, [Seen(ONE, (99.0, 100.0, 101.0)), Seen(OTHER, (250.0,))])

    # then the interval is that of Student's t with two degrees of freedom, 4.303.
    assert found is not None
    assert found.bytes == 100
    assert found.high - found.bytes == pytest.approx(4.303 / 3**0.5, rel=0.001)
    assert found.bytes - found.low == pytest.approx(found.high - found.bytes)


def test_all_that_were_repeated_tell_how_runs_differ() -> None:
    runs = [Seen(ONE, (99.0, 100.0, 101.0)), Seen(OTHER, (198.0, 200.0, 202.0))]

    found = itself(OTHER, runs)

    # Four degrees of freedom, 2.776; errors count relative to the need.
    assert found is not None
    assert found.high - found.bytes == pytest.approx(2.776 * 2 / 3**0.5, rel=0.001)


@pytest.mark.parametrize("runs", [[Seen(OTHER, (1.0, 2.0))], [Seen(ONE, (1.0,))]])
def test_without_runs_of_itself_or_repeated_ones_nothing_is_known(runs: list[Seen]) -> None:
    assert itself(ONE, runs) is None
