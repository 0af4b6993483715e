"""Profiles side by side: how they are executed, and what is learnt of those that fail."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from memtune.compare import Candidate, compare
from memtune.execute.request import Request
from memtune.model import (
    Bias,
    Checks,
    Comparison,
    Image,
    ImageKind,
    Kind,
    Program,
    Reduction,
    Ruling,
    Settings,
    Workload,
)
from tests.bench import Bench
from tests.fakes import MIB, Play

CAP = 64 * MIB
WORKLOAD = Workload(
    name="demo",
    kind=Kind.PIPELINE,
    programs=(Program(Image(ImageKind.HOST), ("demo",)),),
    directory="",
    checks=Checks(headroom=0.1),
)
LARGE, SMALL = Settings.of({"workers": 8}), Settings.of({"workers": 1})
CANDIDATES = (Candidate("original", LARGE, CAP), Candidate("small", SMALL, CAP))


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


def compared(bench: Bench, *, impact: bool) -> Comparison:
    return compare(bench.session(play), CANDIDATES, 2, impact=impact)


def test_profiles_are_warmed_and_then_executed_in_turn(bench: Bench) -> None:
    compared(bench, impact=False)

    turns = [request.settings for request in bench.executor.requests]
    assert turns == [LARGE, SMALL] + 2 * [LARGE, SMALL]
    assert bench.observer.begun[2:] == [
        "original, run 1 of 2",
        "small, run 1 of 2",
        "original, run 2 of 2",
        "small, run 2 of 2",
    ]


def test_each_profile_has_its_verdict_and_its_needs(bench: Bench) -> None:
    original, small = compared(bench, impact=False).profiles

    assert original.trial.verdict.ruling is Ruling.FAIL
    assert small.trial.verdict.ruling is Ruling.PASS
    assert original.roomy is None
    need = original.fullest.figure("need")
    assert need is not None
    assert need.bias is Bias.LOWER_BOUND


def test_the_reduction_is_that_of_the_worst_runs_and_says_when_it_is_more(bench: Bench) -> None:
    (short,) = compared(bench, impact=False).reductions
    (whole,) = compared(bench, impact=True).reductions

    assert short == Reduction("need", 1 - 40 / 64, at_least=True)
    assert whole == Reduction("need", 1 - 40 / 200, at_least=False)


def test_the_impact_shows_what_a_profile_that_was_cut_short_would_have_needed(bench: Bench) -> None:
    original, small = compared(bench, impact=True).profiles

    assert original.trial.verdict.ruling is Ruling.FAIL
    assert original.roomy_cap_bytes is not None
    assert original.roomy_cap_bytes >= 8 * CAP
    need = original.fullest.figure("need")
    assert need is not None
    assert (need.summary.max, need.bias) == (200 * MIB, Bias.NONE)
    assert small.roomy is None
    assert bench.executor.requests[-1].cap_bytes == original.roomy_cap_bytes
