"""What a list of results says of a comparison and of a soak."""

from memtune.model import Ruling
from memtune.report.headline import headline
from tests.unit.report import samples_compare, samples_soak


def test_a_soak_says_of_each_service_whether_it_grows() -> None:
    assert headline(samples_soak.result()) == (
        Ruling.PASS,
        "web grows by 72 MiB/h, face no growth",
    )


def test_a_pipeline_needs_no_name() -> None:
    assert headline(samples_soak.pipeline()) == (Ruling.PASS, "grows by 1.2 MiB/h, ever less")
    assert headline(samples_soak.short()) == (Ruling.PASS, "too short")


def test_a_comparison_is_what_its_last_side_needs() -> None:
    assert headline(samples_compare.commits()) == (Ruling.PASS, "here: needs 104.5 MiB")
