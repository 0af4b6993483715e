"""Options that bound figures: what they become, and how they replace what a file says."""

import pytest

from memtune.cli.constraints import bounded, bounds
from memtune.errors import UsageError
from memtune.model import Bound, Checks


def test_each_option_bounds_its_figure_in_the_figures_unit() -> None:
    assert bounds("300ms", "5", "1%", "10s") == (
        Bound("p95_ms", max=300),
        Bound("throughput_per_s", min=5),
        Bound("error_rate", max=0.01),
        Bound("boot_s", max=10),
    )
    assert bounds(None, "300/min", None, None) == (Bound("throughput_per_s", min=5),)


def test_an_option_replaces_its_side_of_the_files_bound_and_nothing_else() -> None:
    checks = Checks(
        headroom=0.1,
        output=(Bound("missed", max=0), Bound("throughput_per_s", min=1, max=100)),
    )

    found = bounded(checks, bounds("300ms", "5", None, None))

    assert found.headroom == 0.1
    assert found.output == (
        Bound("missed", max=0),
        Bound("throughput_per_s", min=5, max=100),
        Bound("p95_ms", max=300),
    )


@pytest.mark.parametrize(
    "given",
    [
        ("5", None, None, None),
        (None, "5x", None, None),
        (None, "0", None, None),
        (None, "5/day", None, None),
        (None, None, "100%", None),
        (None, None, None, "soon"),
    ],
)
def test_what_is_no_such_amount_is_refused_with_a_hint(given: tuple[str | None, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        bounds(*given)

    assert caught.value.hint
