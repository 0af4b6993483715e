"""Why nothing passes and what would, told from made-up runs; and the plans that would hold it."""

from dataclasses import replace

import pytest

from memtune.judge import judge
from memtune.judge.infeasible import (
    Asked,
    apart_from_memory,
    infeasible,
    plans_that_hold,
    tells_need,
)
from memtune.model import (
    Bias,
    Bound,
    CapFor,
    Cause,
    Checks,
    Figure,
    Judged,
    Knob,
    Measurement,
    Outcome,
    Platform,
    Run,
    Settings,
    Space,
    Unit,
)
from memtune.model.infeasible import MissedByAll, Short
from memtune.units import GIB, MIB

CAP = 100 * MIB
CHECKS = Checks(headroom=0.2, output=(Bound("missed", max=0), Bound("p95_ms", max=500)))
SPACE = Space(
    (
        Knob("workers", (1, 2, 4), searched=(1, 2, 4)),
        Knob("side", (320, 800), searched=(320, 800)),
    )
)
ASKED = Asked(CAP, CHECKS, SPACE, lambda need: max(MIB, 0.02 * need))


def settings(workers: int, side: int = 320) -> Settings:
    return Settings.of({"workers": workers, "side": side})


def ran(
    where: Settings,
    need_mib: float | None,
    *,
    missed: int = 0,
    p95_ms: int = 100,
    outcome: Outcome = Outcome.COMPLETED,
    cap: int = CAP,
) -> Judged:
    completed = outcome is Outcome.COMPLETED
    bias = Bias.NONE if completed else Bias.LOWER_BOUND
    need = None if need_mib is None else Figure(need_mib * MIB, Unit.BYTES, "", bias)
    run = Run(
        id="",
        workload="demo",
        settings=where,
        cap_bytes=cap,
        executor="fake",
        outcome=outcome,
        exit_status=0 if completed else 137,
        measurement=Measurement(need=need),
        output=(("missed", missed), ("p95_ms", p95_ms)) if completed else (),
    )
    return Judged(run, judge(run, CHECKS), "")


def killed(where: Settings, cap: int = CAP) -> Judged:
    return ran(where, cap / MIB, outcome=Outcome.OOM_MAIN, cap=cap)


def test_of_what_does_its_work_the_least_need_is_the_nearest() -> None:
    runs = [
        ran(settings(1), 50, missed=3),
        ran(settings(4), 97),
        ran(settings(2), 90.5),
        ran(settings(2), 89),
        killed(settings(4, 800)),
    ]

    found = infeasible(ASKED, runs)

    assert found.nearest == settings(2)
    [miss] = found.missed  # of both runs the worst
    assert (miss.check, miss.margin) == ("headroom", "10.5 MiB too much")
    assert found.short is None
    assert found.missed_by_all is None


def test_a_cap_and_a_headroom_hold_the_need_and_its_noise() -> None:
    found = infeasible(ASKED, [ran(settings(2), 90.5)])

    needed = found.needed
    assert needed is not None
    assert needed.need_bytes + needed.noise_bytes == pytest.approx(92.31 * MIB)
    # 92.31 MiB with 20 % free: 115.4 MiB; of 100 MiB they leave 7.69 %
    assert needed.cap_bytes == 116 * MIB
    assert needed.headroom == 0.076
    # and so much more passes under either
    more = ran(settings(2), 92.3, cap=needed.cap_bytes)
    assert more.verdict.cause is None
    assert judge(ran(settings(2), 92.3).run, replace(CHECKS, headroom=0.076)).cause is None


def test_needs_within_noise_are_alike_and_the_more_conservative_is_named() -> None:
    found = infeasible(ASKED, [ran(settings(4), 90), ran(settings(2), 91)])

    assert found.nearest == settings(2)


def test_a_need_that_leaves_no_headroom_is_answered_with_a_cap_alone() -> None:
    found = infeasible(ASKED, [ran(settings(2), 99.5)])

    assert found.needed is not None
    assert found.needed.headroom is None
    assert found.needed.cap_bytes == 127 * MIB


def test_no_headroom_asked_for_needs_no_more_than_need_and_noise() -> None:
    asked = replace(ASKED, checks=replace(CHECKS, headroom=None))
    look = ran(settings(2), 120, cap=GIB)

    found = infeasible(asked, [killed(settings(2))], [look])

    assert found.needed is not None
    assert found.needed.cap_bytes == 123 * MIB


def test_where_all_were_killed_a_look_tells_the_need_and_what_is_missed() -> None:
    runs = [killed(settings(1)), killed(settings(2))]
    assert not tells_need(ASKED, runs)

    found = infeasible(ASKED, runs, [ran(settings(1), 120, missed=2, cap=GIB),
                                     ran(settings(2), 140, cap=GIB)])  # fmt: skip

    # settings 2 were killed under the cap: no headroom helps, though more memory does
    assert found.nearest == settings(2)
    assert found.needed is not None
    assert found.needed.headroom is None
    assert found.needed.seen_under_bytes == GIB
    assert found.needed.cap_bytes == 179 * MIB
    assert [finding.check for finding in found.missed] == ["headroom"]
    assert found.missed[0].margin == "60 MiB too much"
    assert len(found.looks) == 2


def test_where_even_looks_were_killed_nothing_is_guessed() -> None:
    found = infeasible(ASKED, [killed(settings(1))], [killed(settings(1), GIB)])

    assert found.needed is None
    assert found.short == Short(settings(1), GIB)
    assert [finding.check for finding in found.missed] == ["outcome"]


def test_without_a_look_more_than_the_cap_is_needed() -> None:
    found = infeasible(ASKED, [killed(settings(4)), killed(settings(2))])

    assert found.needed is None
    assert found.short == Short(settings(2), CAP)
    assert found.nearest == settings(2)


def test_a_need_that_fits_where_it_was_killed_tells_nothing() -> None:
    found = infeasible(ASKED, [killed(settings(1))], [ran(settings(1), 60, cap=GIB)])

    assert found.needed is None


def test_one_check_that_all_miss_is_named() -> None:
    runs = [
        ran(settings(1), 50, missed=8, p95_ms=900),
        ran(settings(4), 70, missed=3),
        ran(settings(2), 60, missed=5),
    ]

    found = infeasible(ASKED, runs)

    assert found.nearest == settings(4)
    assert found.needed is None
    assert found.short is None
    assert [(one.observed, one.allowed) for one in found.missed] == [("3", "at most 0")]
    assert found.missed_by_all == MissedByAll("missed", 3)


def test_where_others_miss_another_check_no_one_check_is_to_blame() -> None:
    runs = [ran(settings(1), 50, missed=8), ran(settings(4), 70, p95_ms=900)]

    assert infeasible(ASKED, runs).missed_by_all is None


def test_a_service_with_a_cap_of_its_own_is_helped_by_no_other_cap() -> None:
    whole = ran(settings(1), 150)
    parts = tuple(
        replace(ran(settings(1), need).run, service=name, cap_bytes=cap, output=())
        for name, need, cap in (("web", 60, CAP), ("db", 90, CAP))
    )
    run = replace(whole.run, parts=parts, cap_for=CapFor.EACH)
    judged = [Judged(run, judge(run, CHECKS), "")]

    own = infeasible(replace(ASKED, fixed=["db"]), judged)
    other = infeasible(replace(ASKED, fixed=["web"]), judged)

    assert own.needed is None
    assert other.needed is not None
    assert other.needed.need_bytes == 90 * MIB


def test_what_a_run_says_of_other_caps_leaves_memory_out() -> None:
    assert apart_from_memory(ran(settings(1), 95, missed=3)) is Cause.FUNCTION
    assert apart_from_memory(ran(settings(1), 95)) is None


PLANS = (
    Platform("a:tiny", "A", 100 * MIB, price_usd_month=1),
    Platform("a:big", "A", 4 * GIB, price_usd_month=5),
    Platform("a:bigger", "A", 8 * GIB),
    Platform("b:small", "B", 200 * MIB),
    Platform("b:priced", "B", 200 * MIB, price_usd_month=6),
)


def held(cap_bytes: int, provider: str | None = None) -> list[tuple[str, str]]:
    return [(one.plan.name, one.why) for one in plans_that_hold(PLANS, cap_bytes, provider)]


def test_the_smallest_and_the_cheapest_plan_are_named() -> None:
    assert held(101 * MIB) == [("b:priced", "smallest"), ("a:big", "cheapest known price")]


def test_the_smallest_plan_of_the_asked_provider_is_named_too() -> None:
    assert held(5 * GIB, "a") == [("a:bigger", "smallest, smallest of A")]
    assert held(101 * MIB, "b")[0] == ("b:priced", "smallest, smallest of B")


def test_no_plan_is_named_that_is_too_small() -> None:
    assert held(9 * GIB, "a") == []
    assert held(100 * MIB) == [("a:tiny", "smallest, cheapest known price")]
