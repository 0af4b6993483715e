"""A made-up bill that the report tests render."""

from dataclasses import replace

from memtune.model import Settings
from memtune.model.bill import (
    Bill,
    BillResult,
    Cost,
    Limited,
    Prediction,
    Range,
    Shape,
    Step,
    Together,
)
from memtune.units import KIB, MIB
from tests.unit.report import samples

START = Settings.of({"heap_mb": "unlimited", "workers": 1, "cache_size": 250, "max_side_px": 320})


def around(mib: float, reach: float) -> Range:
    """An interval of so many MiB to both sides."""
    return Range(mib * MIB, (mib - reach) * MIB, (mib + reach) * MIB)


def result(*, holds: bool = True) -> BillResult:
    """What the command found."""
    return BillResult(
        study="20261124-120000-abcdef",
        profile="",
        cap_bytes=4096 * MIB,
        environment=samples.ENVIRONMENT,
        page_cache="warm",
        bill=bill(holds=holds),
    )


def bill(*, holds: bool = True) -> Bill:
    """One knob of each shape, one that does not matter, and a question."""
    limit = Limited("heap_mb", 128, 3, 171 * MIB)
    asked = Settings.of(START.as_dict() | {"workers": 8, "max_side_px": 1200, "heap_mb": 128})
    ran = samples.judged(samples.settings(4, 800), 283.5 if holds else 320.0)
    return Bill(
        workload="face",
        settings=START,
        base=around(70.2, 0.4),
        costs=costs(),
        together=(Together(Settings.of({"workers": 8, "max_side_px": 1200}), around(114, 9)),),
        runs=48,
        distinct=37,
        residual_bytes=0.9 * MIB,
        error=0.012,
        cut_short=3,
        limits=(limit,),
        predictions=(
            Prediction(
                settings=asked,
                need=around(275, 14),
                limits=(limit,),
                measured=ran,
                holds=holds,
            ),
            Prediction(replace(asked), None, ("max_side_px=unlimited",)),
        ),
    )


def costs() -> tuple[Cost, ...]:
    """What each knob costs alone."""
    return (
        Cost("heap_mb", "unlimited", (Step(128, around(0, 0.3)),), Shape.STEP, None, matters=False),
        Cost("workers", 1, (Step(8, around(49, 2.1)),), Shape.LINEAR, around(7, 0.3), matters=True),
        Cost(
            "cache_size",
            250,
            (Step(500, around(0.1, 0.3)), Step(2000, around(0.5, 0.8))),
            Shape.LINEAR,
            Range(0.3 * KIB, -0.2 * KIB, 0.8 * KIB),
            matters=False,
        ),
        Cost(
            "max_side_px",
            320,
            (Step(1200, around(26.4, 0.6)),),
            Shape.SQUARE,
            around(19.7e-6, 0.4e-6),
            matters=True,
        ),
        Cost(
            "slots",
            1,
            (Step(2, around(0.1, 0.4)), Step(4, around(0.2, 0.4))),
            Shape.ALONE,
            None,
            matters=True,
        ),
        Cost("cut_short", "a", (), Shape.STEP, None, matters=False),
    )
