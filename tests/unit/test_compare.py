"""Sides beside each other: how they are executed, how they differ, and what is learnt of those
that fail."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from memtune.compare import Stored, compare, differences
from memtune.errors import HostError
from memtune.execute.request import Request
from memtune.model import (
    Allocator,
    Bias,
    Checks,
    Explanation,
    Image,
    ImageKind,
    Kind,
    Program,
    Ruling,
    Settings,
    SiteGrowth,
    Trial,
    Workload,
)
from memtune.model.comparison import Comparison, Reduction
from memtune.side import Side
from memtune.trial import Session, as_trial
from tests.bench import Bench
from tests.fakes import ENVIRONMENT, MIB, Play

CAP = 64 * MIB
WORKLOAD = Workload(
    name="demo",
    kind=Kind.PIPELINE,
    programs=(Program(Image(ImageKind.HOST), ("demo",)),),
    directory="",
    checks=Checks(headroom=0.1),
)
LARGE, SMALL = Settings.of({"workers": 8}), Settings.of({"workers": 1})


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / ".memtune", WORKLOAD, CAP)
    with closing(made.store):
        yield made


def play(request: Request) -> Play:
    """Eight workers need 200 MiB, one needs 40."""
    if request.settings == SMALL:
        return Play(need_bytes=40 * MIB)
    if request.cap_bytes < 200 * MIB:
        return Play(status=137, oom_kills="1", need_bytes=request.cap_bytes)
    return Play(need_bytes=200 * MIB)


def compared(
    bench: Bench, *, impact: bool = False, explain: bool = False, session: Session | None = None
) -> Comparison:
    session = session or bench.session(play)
    sides = [Side("original", session, LARGE), Side("small", session, SMALL)]
    return compare("demo", sides, 2, impact=impact, explain=explain)


def test_sides_are_warmed_and_then_executed_in_turn_in_alternating_order(bench: Bench) -> None:
    compared(bench)

    turns = [request.settings for request in bench.executor.requests]
    assert turns == [LARGE, SMALL, LARGE, SMALL, SMALL, LARGE]
    assert bench.observer.begun[2:] == [
        "original, run 1 of 2",
        "small, run 1 of 2",
        "small, run 2 of 2",
        "original, run 2 of 2",
    ]


def test_each_profile_has_its_verdict_and_its_needs(bench: Bench) -> None:
    original, small = compared(bench).sides

    assert original.trial.verdict.ruling is Ruling.FAIL
    assert small.trial.verdict.ruling is Ruling.PASS
    assert original.roomy is None
    need = original.fullest.figure("need")
    assert need is not None
    assert need.bias is Bias.LOWER_BOUND


def test_the_reduction_is_that_of_the_worst_runs_and_is_told_with_the_impact(bench: Bench) -> None:
    short = compared(bench)
    whole = compared(bench, impact=True)

    assert short.reductions == ()
    assert whole.reductions == (Reduction("need", 1 - 40 / 200, at_least=False),)


def test_the_impact_shows_what_a_profile_that_was_cut_short_would_have_needed(bench: Bench) -> None:
    original, small = compared(bench, impact=True).sides

    assert original.trial.verdict.ruling is Ruling.FAIL
    assert original.roomy_cap_bytes is not None
    assert original.roomy_cap_bytes >= 8 * CAP
    need = original.fullest.figure("need")
    assert need is not None
    assert (need.summary.max, need.bias) == (200 * MIB, Bias.NONE)
    assert small.roomy is None
    assert bench.executor.requests[-1].cap_bytes == original.roomy_cap_bytes


def test_what_its_cap_cut_short_differs_from_nothing(bench: Bench) -> None:
    _, small = compared(bench).sides

    assert small.differences == ()


def need_trial(bench: Bench, *needs_mib: float) -> Trial:
    needs = iter(needs_mib)
    session = bench.session(lambda _: Play(need_bytes=round(next(needs) * MIB), stdout=b'{"x": 2}'))
    return as_trial(SMALL, session.runs([(SMALL, "run")] * len(needs_mib)))


def test_every_known_figure_differs_with_its_interval(bench: Bench) -> None:
    base, other = need_trial(bench, 40, 41, 39), need_trial(bench, 60, 61, 62)

    found = {one.figure: one for one in differences(base, other)}

    need = found["need"]
    assert need.before == pytest.approx(40 * MIB, rel=0.001)
    assert need.after == pytest.approx(61 * MIB, rel=0.001)
    assert need.shift is not None
    assert need.shift.is_certain
    assert need.shift.growth == pytest.approx(0.525, abs=0.01)
    assert need.shift.low is not None
    assert 0.4 < need.shift.low < need.shift.growth
    assert "headroom" not in found
    assert "samples" not in found


def test_what_is_the_same_in_every_run_has_no_interval(bench: Bench) -> None:
    base, other = need_trial(bench, 40, 40), need_trial(bench, 41, 40)

    found = {one.figure: one for one in differences(base, other)}

    assert (found["x"].before, found["x"].after, found["x"].shift) == (2, 2, None)


def test_the_difference_and_its_interval_tell_the_same_sign(bench: Bench) -> None:
    # given a median that rises while the mean falls
    base, other = need_trial(bench, 30, 30, 60), need_trial(bench, 31, 31, 31)

    (need,) = [one for one in differences(base, other) if one.figure == "need"]

    assert need.shift is not None
    assert need.shift.growth < 0
    assert need.after / need.before - 1 == pytest.approx(need.shift.growth)


def test_a_single_run_of_a_side_has_a_difference_without_an_interval(bench: Bench) -> None:
    base, other = need_trial(bench, 40), need_trial(bench, 60, 61, 62)

    (need,) = [one for one in differences(base, other) if one.figure == "need"]

    assert need.shift is not None
    assert need.shift.low is None


def test_a_saturated_figure_is_not_compared(bench: Bench) -> None:
    session = bench.session(Play(need_bytes=CAP - MIB // 2))
    full = as_trial(LARGE, session.runs([(LARGE, "run")] * 2))

    names = [one.figure for one in differences(need_trial(bench, 40, 41), full)]

    assert "cgroup_peak" not in names
    assert "need" in names


def test_stored_runs_are_compared_and_what_was_otherwise_is_said(bench: Bench) -> None:
    session = bench.session(Play())
    runs = tuple(session.runs([(SMALL, "run")] * 2))
    elsewhere = replace(ENVIRONMENT, kernel="5.15", image="sha256:other")
    stored = Stored("study:1", "2 runs of profile", elsewhere, runs)

    found = compare("demo", [stored, Side("small", session, SMALL)], 2, explain=True)

    first, other = found.sides
    assert first.trial.runs == runs
    assert other.unlike == ("kernel 5.15, here 6.1",)
    assert other.differences
    assert first.problems == ("executed earlier: it cannot be executed under memray",)
    assert other.sites == ()


def test_stored_runs_alone_execute_nothing(bench: Bench) -> None:
    session = bench.session(Play())
    stored = Stored("run:1", "", ENVIRONMENT, tuple(session.runs([(SMALL, "run")])))

    found = compare("demo", [stored, stored], 3)

    assert found.study == ""
    assert len(bench.executor.requests) == 1


class Explaining(Session):
    """A session whose runs under memray say what a test says."""

    def explain(self, settings: Settings, *_: object, **__: object) -> Explanation:
        if settings == LARGE and self.cap_bytes < CAP:
            raise HostError("no memray here")
        mib = 30 if settings == SMALL else 2
        site = Allocator("load", "/work/job.py", 3, mib * MIB, 1)
        return Explanation(None, None, (site,), 1, ("7.bin: empty capture",))


def explaining(bench: Bench, cap_bytes: int) -> Session:
    plain = bench.session(Play())
    workload = replace(WORKLOAD, directory="/work")
    fields = vars(plain) | {"workload": workload, "cap_bytes": cap_bytes}
    return Explaining(**fields)


def test_allocation_sites_that_changed_are_named_where_it_is_asked_for(bench: Bench) -> None:
    first, other = compared(bench, explain=True, session=explaining(bench, CAP)).sides

    assert first.sites == ()
    assert other.sites == (SiteGrowth("load", "job.py", 3, 2 * MIB, 30 * MIB),)
    assert other.problems == ("7.bin: empty capture",)


def test_a_side_that_cannot_be_explained_loses_no_figures(bench: Bench) -> None:
    first, other = compared(bench, explain=True, session=explaining(bench, 60 * MIB)).sides

    assert first.problems == ("no allocation site is named: no memray here",)
    assert (other.sites, other.problems) == ((), ("7.bin: empty capture",))
    assert other.differences


class Uncaptured(Explaining):
    """A session under which one side, with another image, has no memray."""

    def explain(self, settings: Settings, *_: object, **__: object) -> Explanation:
        if settings == (SMALL if self.cap_bytes == CAP else LARGE):
            return Explanation(None, None, (), 0, ("no Python process left a capture",))
        return super().explain(settings)


@pytest.mark.parametrize("cap_bytes", [CAP, 2 * CAP])
def test_a_side_without_captures_is_not_one_whose_sites_are_gone(
    bench: Bench, cap_bytes: int
) -> None:
    session = Uncaptured(**vars(explaining(bench, cap_bytes)))

    first, other = compared(bench, explain=True, session=session).sides

    assert other.sites == ()
    silent = other if cap_bytes == CAP else first
    assert silent.problems == ("no Python process left a capture",)
