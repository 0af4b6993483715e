"""Made-up comparisons that the report tests render."""

from dataclasses import replace

from memtune.compare import differences, reductions
from memtune.model import Environment, Judged, Settings, SiteGrowth
from memtune.model.comparison import Compared, Comparison
from memtune.trial import as_trial
from memtune.units import MIB
from tests.unit.report.samples import CAP, ENVIRONMENT, judged, service_run, settings

STUDY = "20260101-000000-abcdef"
SITES = (
    SiteGrowth("load_words", "job.py", 41, 2 * MIB, 30 * MIB),
    SiteGrowth("[red]loads", "/usr/lib/python3.11/json/decoder.py", 353, 9 * MIB, 10 * MIB),
    SiteGrowth("Counter.update", "collections/__init__.py", 690, 8 * MIB, MIB),
)


def side(
    label: str, where: Settings, runs: list[Judged], environment: Environment = ENVIRONMENT
) -> Compared:
    return Compared(label, "", CAP, environment, "warm", as_trial(where, runs))


def impact() -> Comparison:
    """Three profiles of two services, of which the first is killed."""
    large, middle, small = settings(8, 800), settings(2, 800), settings(1, 320)
    original = replace(
        side("original", large, [service_run(large, 381, 512, oom=True)]),
        roomy_cap_bytes=4096 * MIB,
        roomy=as_trial(large, [service_run(large, 381, 1340, cap=4096 * MIB)]),
    )
    sides = (
        original,
        side("optimized", middle, [service_run(middle, 140, 207)]),
        side("conservative", small, [service_run(small, 60.25, 98.5)]),
    )
    less = reductions(sides[0].fullest, sides[-1].fullest)
    return Comparison(STUDY, "both", sides, explained=False, reductions=less)


def commits() -> Comparison:
    """Two commits, with what grew."""
    where = settings(1, 800)
    first = side("commit:v1.0", where, [judged(where, mib) for mib in (76, 76.5, 76.25)])
    other = side("here", where, [judged(where, mib) for mib in (103, 104.5, 103.25)])
    other = replace(other, differences=differences(first.trial, other.trial), sites=SITES)
    sides = (
        replace(first, what="commit 1a2b3c4d5e"),
        replace(other, problems=("7.bin: empty capture",)),
    )
    return Comparison(STUDY, "face", sides, explained=True)


def settings_beside_a_stored_run() -> Comparison:
    """A stored run from elsewhere, and two settings."""
    stored, one, four = settings(2, 800), settings(1, 800), settings(4, 800)
    elsewhere = replace(ENVIRONMENT, kernel="5.15.0", cpus=8)
    first = side("run:run-0123456789", stored, [judged(stored, 98.5)], elsewhere)
    sides = [replace(first, what="2 runs of profile, workers=2 max_side_px=800")]
    for where, mib in ((one, 76.0), (four, 140.0)):
        other = side(f"workers={where.as_dict()['workers']}", where, [judged(where, mib)] * 3)
        sides.append(
            replace(
                other,
                differences=differences(first.trial, other.trial),
                unlike=("kernel 5.15.0, here 6.1.0", "cpus 8, here 2"),
            )
        )
    return Comparison(STUDY, "face", tuple(sides), explained=False)
