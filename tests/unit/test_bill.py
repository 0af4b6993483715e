"""A bill on made-up runs: what is executed, what is used, and what is said of other settings."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from memtune.bill import Asked, asked
from memtune.bill import bill as make
from memtune.errors import UsageError
from memtune.execute.request import Request
from memtune.model import (
    Checks,
    Image,
    ImageKind,
    Judged,
    Kind,
    Knob,
    Program,
    Role,
    Scalar,
    Settings,
    Space,
    Workload,
)
from memtune.model.bill import Bill, Cost, Range, Shape, Step
from memtune.trial import Session
from memtune.units import GIB
from tests.bench import Bench
from tests.fakes import MIB, Play

CAP = 64 * MIB


def knob(name: str, *values: int | str, role: Role = Role.SIZE, searched: bool = True) -> Knob:
    env = ((name.upper(), "{value}"),)
    return Knob(name, values, env=env, role=role, searched=values if searched else ())


SPACE = Space(
    (
        knob("heap", 100, "unlimited", role=Role.LIMIT),
        knob("workers", 1, 2, 4, 8),
        knob("side", 320, 640, 1200),
        knob("cache", 250, 2000),
        knob("kind", "thread", "process", searched=False),
    )
)
WORKLOAD = Workload(
    name="demo",
    kind=Kind.PIPELINE,
    programs=(Program(Image(ImageKind.HOST), ("demo",)),),
    directory="",
    checks=Checks(headroom=0.1),
    space=SPACE,
)
NONE = Settings()


def bill(session: Session, earlier: Sequence[Judged], what: Asked, *, verify: bool = False) -> Bill:
    return make(session, earlier, what, verify=verify).bill


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / ".memtune", WORKLOAD, CAP)
    with closing(made.store):
        yield made


def need_mib(values: Mapping[str, Scalar]) -> float:
    workers, side = int(values["workers"]), int(values["side"])
    return 40 + 6 * workers + workers * side / 100


def as_the_settings_say(request: Request) -> Play:
    """Needs what the formula says; a heap of 100 MiB ends the run before."""
    values = request.settings.as_dict()
    need = need_mib(values)
    if values["heap"] == 100 and need > 100:
        return Play(status=1, stderr=b"MemoryError", need_bytes=100 * MIB)
    return Play(need_bytes=round(need * MIB))


def question(**values: int | str) -> Asked:
    return asked(WORKLOAD, NONE, Settings.of(values), 30)


def test_knobs_that_are_not_searched_are_held_or_left_alone() -> None:
    free = question()
    held = question(kind="process")

    assert [one.name for one in free.space.knobs] == ["heap", "workers", "side", "cache"]
    assert held.start.as_dict()["kind"] == "process"
    assert held.space.knobs[-1].values == ("process",)


def test_a_profile_is_what_the_bill_counts_from_with_its_limits_wide() -> None:
    about = asked(WORKLOAD, Settings.of({"heap": 100, "workers": 4}), NONE, 30)

    assert str(about.start) == "heap=unlimited workers=4 side=320 cache=250"


def test_a_value_that_is_asked_for_is_executed_too() -> None:
    narrow = replace(
        WORKLOAD,
        space=Space((replace(SPACE.knobs[1], searched=(1, 8)), *SPACE.knobs[2:])),
    )

    about = asked(narrow, NONE, Settings.of({"workers": 4}), 30)

    assert about.space.knobs[0].values == (1, 4, 8)


def test_too_few_runs_and_no_knobs_are_refused() -> None:
    with pytest.raises(UsageError, match="3 runs cannot tell of 4 knobs") as few:
        asked(WORKLOAD, NONE, NONE, 3)
    assert "--runs 8" in few.value.hint
    with pytest.raises(UsageError, match="no knobs to turn"):
        asked(replace(WORKLOAD, space=Space()), NONE, NONE, 30)


def test_knobs_with_fewer_settings_than_a_bill_takes_are_refused_by_their_number() -> None:
    narrow = replace(WORKLOAD, space=Space((knob("workers", 1, 2, 4), knob("side", 320))))

    with pytest.raises(UsageError) as caught:
        asked(narrow, NONE, NONE, 30)

    assert caught.value.message == (
        "the knobs of the workload 'demo' have only 3 settings together; a bill takes 4"
    )
    assert caught.value.hint == "give a knob more values under `space:`, or add another"


def test_runs_are_made_under_a_roomy_cap_and_no_more_than_asked_for(bench: Bench) -> None:
    found = bill(bench.session(as_the_settings_say), (), question())

    assert found.runs <= 30
    assert len(bench.executor.requests) == found.runs + 1  # one warms the page cache
    assert all(request.cap_bytes >= 8 * CAP for request in bench.executor.requests)


def test_every_knob_is_told_of_and_what_does_not_matter_is_said(bench: Bench) -> None:
    found = bill(bench.session(as_the_settings_say), (), question())

    matters = {one.knob: one.matters for one in found.costs}
    assert matters == {"heap": False, "workers": True, "side": True, "cache": False}
    workers = next(one for one in found.costs if one.knob == "workers")
    assert workers.steps[-1].cost.bytes == pytest.approx(7 * 9.2 * MIB, rel=0.02)
    assert {name for one in found.together for name, _ in one.settings} == {"workers", "side"}


def test_a_value_between_two_that_the_fewest_runs_were_made_with_is_told(bench: Bench) -> None:
    about = asked(WORKLOAD, NONE, Settings.of({"workers": 4}), 8)

    found = bill(bench.session(as_the_settings_say), (), about)

    turned = {request.settings.as_dict()["workers"] for request in bench.executor.requests}
    assert turned == {1, 8}  # and none with 4
    (told,) = found.predictions
    assert told.need is not None
    assert told.need.bytes == pytest.approx(76.8 * MIB, rel=0.01)


def test_runs_that_a_limit_ended_are_not_used_but_told_of(bench: Bench) -> None:
    found = bill(bench.session(as_the_settings_say), (), question(workers=8, side=1200, heap=100))

    (limit,) = found.limits
    assert (limit.knob, limit.value) == ("heap", 100)
    assert limit.from_bytes > 100 * MIB
    assert found.cut_short == limit.runs
    (prediction,) = found.predictions
    assert prediction.limits == (limit,)
    assert prediction.need is not None
    assert prediction.need.bytes == pytest.approx((40 + 48 + 96) * MIB, rel=0.03)


@pytest.mark.parametrize(("more_mib", "holds"), [(0, True), (90, False)])
def test_a_prediction_is_verified_by_a_run(bench: Bench, more_mib: int, *, holds: bool) -> None:
    def play(request: Request) -> Play:
        """Whoever verifies meets another workload."""
        more = more_mib if bench.observer.begun[-1] == "verifies the bill" else 0
        return Play(need_bytes=round((need_mib(request.settings.as_dict()) + more) * MIB))

    found = bill(bench.session(play), (), question(workers=4, side=1200), verify=True)

    assert bench.observer.begun.count("verifies the bill") == 1
    assert found.predictions[0].holds is holds


def test_a_value_whose_runs_were_all_killed_is_not_told_of(bench: Bench) -> None:
    def play(request: Request) -> Play:
        values = request.settings.as_dict()
        if values["workers"] == 8:
            return Play(status=137, oom_kills="1", need_bytes=request.cap_bytes)
        return Play(need_bytes=round(need_mib(values) * MIB))

    found = bill(bench.session(play), (), question(workers=8), verify=True)

    (prediction,) = found.predictions
    assert prediction.need is None
    assert prediction.beyond == ("workers=8",)
    assert prediction.holds is None
    assert found.cut_short > 0


@pytest.mark.parametrize(
    "play",
    [
        Play(status=1),
        Play(need_bytes=None),
        Play(status=137, oom_kills="1"),
    ],
    ids=["failed", "not measured", "killed"],
)
def test_a_workload_that_never_ends_its_work_has_no_bill(bench: Bench, play: Play) -> None:
    with pytest.raises(UsageError, match="only 0 of") as refused:
        bill(bench.session(play), (), question())

    assert "memtune profile" in refused.value.hint


def test_work_badly_done_is_work(bench: Bench) -> None:
    def play(request: Request) -> Play:
        need = round(need_mib(request.settings.as_dict()) * MIB)
        return Play(status=1, stdout=json.dumps({"missed": 3}).encode(), need_bytes=need)

    assert bill(bench.session(play), (), question()).cut_short == 0


def test_an_interrupted_bill_repeats_no_finished_run(bench: Bench) -> None:
    whole = bill(bench.session(as_the_settings_say), (), question())
    half = bench.store.judged(bench.study)[:10]

    resumed = bill(bench.session(as_the_settings_say), half, question())

    assert len(bench.executor.requests) == whole.runs - 10
    assert resumed.costs == whole.costs


def test_no_more_runs_are_made_than_a_good_bill_takes(bench: Bench) -> None:
    plenty = replace(question(), runs=200)

    found = bill(bench.session(as_linear), (), plenty)

    assert found.error is not None
    assert found.runs < 60


def as_linear(request: Request) -> Play:
    return Play(need_bytes=(40 + 6 * int(request.settings.as_dict()["workers"])) * MIB)


def test_the_step_that_stands_for_a_knob_is_one_that_was_surely_told() -> None:
    vague = Step(500, Range(93 * MIB, -3 * GIB, 3 * GIB))
    sure = Step(2000, Range(2.4 * MIB, 2 * MIB, 2.8 * MIB))

    cost = Cost("cache_size", 250, (vague, sure), Shape.LINEAR, None, matters=True)

    assert cost.farthest == sure
    assert replace(cost, steps=(vague,)).farthest == vague
