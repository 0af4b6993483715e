"""A run against its checks."""

from collections.abc import Mapping

import pytest

from memtune.judge import combined, judge, judge_all
from memtune.model import (
    Bias,
    Bound,
    Cause,
    Checks,
    Figure,
    Finding,
    Measurement,
    Outcome,
    Ruling,
    Run,
    Scalar,
    Settings,
    Unit,
    Verdict,
)

MIB = 1024 * 1024
CAP = 100 * MIB


def measured(need_mib: float | None = 50, *, saturated: bool = False) -> Measurement:
    bias = Bias.SATURATED if saturated else Bias.NONE
    return Measurement(
        need=None if need_mib is None else Figure(need_mib * MIB, Unit.BYTES, "cgroup"),
        cgroup_peak=Figure(99 * MIB, Unit.BYTES, "kernel", bias),
    )


def run(
    outcome: Outcome = Outcome.COMPLETED,
    output: Mapping[str, Scalar] | None = None,
    measurement: Measurement | None = None,
) -> Run:
    return Run(
        id="run-1",
        workload="demo",
        settings=Settings(),
        cap_bytes=CAP,
        executor="fake",
        outcome=outcome,
        exit_status=0,
        measurement=measurement or measured(),
        output=tuple((output or {}).items()),
        reason="because",
    )


def finding(verdict: Verdict, check: str) -> Finding:
    (found,) = [finding for finding in verdict.findings if finding.check == check]
    return found


def test_a_run_that_holds_everything_passes_with_a_finding_per_check() -> None:
    checks = Checks(headroom=0.2, output=(Bound("faces", min=5), Bound("errors", max=0)))

    verdict = judge(run(output={"faces": 5, "errors": 0}), checks)

    assert verdict.ruling is Ruling.PASS
    assert verdict.cause is None
    assert [finding.check for finding in verdict.findings] == [
        "outcome",
        "faces",
        "errors",
        "headroom",
    ]


@pytest.mark.parametrize(
    ("outcome", "saturated", "ruling", "cause"),
    [
        (Outcome.COMPLETED, False, Ruling.PASS, None),
        (Outcome.FAILED, False, Ruling.FAIL, Cause.FUNCTION),
        (Outcome.OOM_MAIN, False, Ruling.FAIL, Cause.MEMORY),
        (Outcome.OOM_CHILD, False, Ruling.FAIL, Cause.MEMORY),
        (Outcome.TIMEOUT, False, Ruling.FAIL, Cause.FUNCTION),
        (Outcome.TIMEOUT, True, Ruling.FAIL, Cause.MEMORY),  # it thrashed below its cap
        (Outcome.FAILED, True, Ruling.FAIL, Cause.FUNCTION),
        (Outcome.PIDS_LIMIT, False, Ruling.FAIL, Cause.PROCESSES),
        (Outcome.INFRA, False, Ruling.INCONCLUSIVE, Cause.NO_EVIDENCE),
        (Outcome.CANCELLED, False, Ruling.INCONCLUSIVE, Cause.NO_EVIDENCE),
    ],
)
def test_each_outcome_has_one_ruling_and_one_cause(
    outcome: Outcome, saturated: bool, ruling: Ruling, cause: Cause | None
) -> None:
    verdict = judge(run(outcome, measurement=measured(saturated=saturated)), Checks())

    assert (verdict.ruling, verdict.cause) == (ruling, cause)
    assert finding(verdict, "outcome").ruling is ruling


def test_every_outcome_is_judged() -> None:
    for outcome in Outcome:
        assert judge(run(outcome), Checks()).findings


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.OOM_MAIN,
        Outcome.OOM_CHILD,
        Outcome.TIMEOUT,
        Outcome.PIDS_LIMIT,
        Outcome.INFRA,
        Outcome.CANCELLED,
    ],
)
def test_what_a_run_printed_before_it_was_stopped_says_nothing(outcome: Outcome) -> None:
    checks = Checks(headroom=0.9, output=(Bound("faces", min=5),))

    verdict = judge(run(outcome, {"faces": 0}), checks)

    assert [finding.check for finding in verdict.findings] == ["outcome"]


def test_a_run_that_failed_is_judged_by_what_it_printed_but_not_by_its_need() -> None:
    checks = Checks(headroom=0.9, output=(Bound("faces", min=5),))

    verdict = judge(run(Outcome.FAILED, {"faces": 0}), checks)

    assert [finding.check for finding in verdict.findings] == ["outcome", "faces"]
    assert verdict.cause is Cause.FUNCTION


@pytest.mark.parametrize(
    ("need_mib", "headroom", "ruling", "observed", "margin"),
    [
        (50, 0.2, Ruling.PASS, "50 % (need 50 MiB)", "30 MiB to spare"),
        (80, 0.2, Ruling.PASS, "20 % (need 80 MiB)", "0 B to spare"),
        (81, 0.2, Ruling.FAIL, "19 % (need 81 MiB)", "1 MiB too much"),
        (100, 0.0, Ruling.PASS, "0 % (need 100 MiB)", "0 B to spare"),
        (101, 0.0, Ruling.FAIL, "-1 % (need 101 MiB)", "1 MiB too much"),
        (0.5, 0.999, Ruling.FAIL, "99.5 % (need 512 KiB)", "409.6 KiB too much"),
    ],
)
def test_headroom_is_what_the_need_leaves_of_the_cap(
    need_mib: float, headroom: float, ruling: Ruling, observed: str, margin: str
) -> None:
    found = finding(
        judge(run(measurement=measured(need_mib)), Checks(headroom=headroom)), "headroom"
    )

    assert (found.ruling, found.observed, found.margin) == (ruling, observed, margin)
    assert found.cause is (None if ruling is Ruling.PASS else Cause.MEMORY)


def test_headroom_without_a_need_is_inconclusive_and_never_passes() -> None:
    verdict = judge(run(measurement=measured(None)), Checks(headroom=0.0))

    assert (verdict.ruling, verdict.cause) == (Ruling.INCONCLUSIVE, Cause.NO_EVIDENCE)
    assert finding(verdict, "headroom").observed == "need not measured"


@pytest.mark.parametrize(
    ("value", "bound", "ruling", "observed", "margin"),
    [
        (5, Bound("x", min=5), Ruling.PASS, "5", ""),
        (4, Bound("x", min=5), Ruling.FAIL, "4", "1 too little"),
        (0.25, Bound("x", max=0.25), Ruling.PASS, "0.25", ""),
        (0.5, Bound("x", max=0.25), Ruling.FAIL, "0.5", "0.25 too much"),
        (3, Bound("x", min=1, max=5), Ruling.PASS, "3", ""),
        (-1, Bound("x", min=0, max=5), Ruling.FAIL, "-1", "1 too little"),
        (0, Bound("x", min=0), Ruling.PASS, "0", ""),
        ("five", Bound("x", min=5), Ruling.FAIL, "'five' is not a number", ""),
        ("5", Bound("x", min=5), Ruling.FAIL, "'5' is not a number", ""),
        ("true", Bound("x", min=0), Ruling.FAIL, "'true' is not a number", ""),
        (None, Bound("x", min=0), Ruling.FAIL, "absent from the output", ""),
    ],
)
def test_figures_of_the_output_are_held_against_their_bounds(
    value: Scalar | None, bound: Bound, ruling: Ruling, observed: str, margin: str
) -> None:
    output = {} if value is None else {"x": value}

    found = finding(judge(run(output=output), Checks(output=(bound,))), "x")

    assert (found.ruling, found.observed, found.margin) == (ruling, observed, margin)
    assert found.cause is (None if ruling is Ruling.PASS else Cause.FUNCTION)


def test_a_bound_says_what_is_allowed() -> None:
    checks = Checks(output=(Bound("x", min=1, max=2.5), Bound("y", max=0)))

    verdict = judge(run(output={"x": 2, "y": 0}), checks)

    assert finding(verdict, "x").allowed == "at least 1 and at most 2.5"
    assert finding(verdict, "y").allowed == "at most 0"


@pytest.mark.parametrize("value", [float("nan"), True, False])
def test_what_is_no_number_never_passes_a_bound(value: float) -> None:
    verdict = judge(run(output={"x": value}), Checks(output=(Bound("x", min=0, max=1),)))

    assert finding(verdict, "x").ruling is Ruling.FAIL
    assert "is not a number" in finding(verdict, "x").observed


def test_memory_comes_before_function_as_a_cause() -> None:
    checks = Checks(headroom=0.9, output=(Bound("faces", min=5),))

    verdict = judge(run(output={"faces": 0}), checks)

    assert verdict.ruling is Ruling.FAIL
    assert verdict.cause is Cause.MEMORY


def test_function_comes_before_missing_evidence_as_a_cause() -> None:
    verdict = judge(run(measurement=measured(None)), Checks(output=(Bound("faces", min=5),)))

    assert verdict.ruling is Ruling.FAIL
    assert verdict.cause is Cause.FUNCTION


P, F, I = Ruling.PASS, Ruling.FAIL, Ruling.INCONCLUSIVE  # noqa: E741


@pytest.mark.parametrize(
    ("rulings", "ruling"),
    [([], I), ([P], P), ([P, P], P), ([P, I], I), ([I, F], F), ([F, P], F), ([I], I)],
)
def test_rulings_combine_to_the_worst(rulings: list[Ruling], ruling: Ruling) -> None:
    assert combined(rulings) is ruling


def test_repeated_runs_pass_only_together_and_show_the_worst_of_each_check() -> None:
    checks = Checks(headroom=0.2, output=(Bound("faces", min=5),))
    good = judge(run(output={"faces": 6}), checks)
    blind = judge(run(output={"faces": 7}, measurement=measured(None)), checks)
    bad = judge(run(output={"faces": 4}), checks)

    verdict = judge_all([good, blind, bad, good])

    assert verdict.ruling is Ruling.FAIL
    assert [(f.check, f.ruling, f.observed) for f in verdict.findings] == [
        ("outcome", P, "completed"),
        ("faces", F, "4"),
        ("headroom", I, "need not measured"),
    ]
    assert judge_all([good, good]) == good
    assert judge_all([good, blind]).ruling is Ruling.INCONCLUSIVE


def test_no_runs_are_no_pass() -> None:
    assert judge_all([]) == Verdict(Ruling.INCONCLUSIVE, ())
