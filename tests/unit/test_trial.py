"""Repeated runs of one settings: executed, judged, stored and summed up."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from memtune import trial
from memtune.errors import CancelledError, HostError
from memtune.execute.host_memory import reserved
from memtune.execute.request import Request
from memtune.model import (
    Bias,
    Bound,
    Checks,
    Explaining,
    Image,
    ImageKind,
    Judged,
    Kind,
    Outcome,
    Program,
    Ruling,
    Settings,
    Unit,
    Workload,
)
from memtune.model.live import Going
from memtune.trial import as_trial, profile
from tests.bench import Bench
from tests.fakes import MIB, Play

CAP = 100 * MIB
WORKLOAD = Workload(
    name="demo",
    kind=Kind.PIPELINE,
    programs=(Program(Image(ImageKind.HOST), ("demo",)),),
    directory="",
    timeout_s=5.0,
    checks=Checks(headroom=0.2, output=(Bound("faces", min=5),)),
)
HERE = Settings.of({"heap": 128})
THERE = Settings.of({"heap": 256})


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / ".memtune", WORKLOAD, CAP)
    with closing(made.store):
        yield made


def printed(**figures: object) -> bytes:
    return json.dumps(figures).encode()


GOOD = Play(stdout=printed(faces=5, rate_per_s=2.5), need_bytes=50 * MIB)
BAD = Play(stdout=printed(faces=4, rate_per_s=2.0), need_bytes=90 * MIB)
KILLED = Play(status=137, oom_kills="1", need_bytes=99 * MIB)


def in_turn(*plays: Play) -> Callable[[Request], Play]:
    waiting = iter(plays)
    return lambda _: next(waiting)


def test_a_run_is_judged_stored_and_told(bench: Bench) -> None:
    judged = bench.session(GOOD).run(HERE, "because")

    assert judged.verdict.ruling is Ruling.PASS
    assert judged.run.settings == HERE
    assert bench.store.judged(bench.study) == [judged]
    assert (bench.observer.begun, bench.observer.ended) == (["because"], [judged])


def test_every_run_is_stored_before_it_is_told(bench: Bench) -> None:
    known: list[int] = []

    def note_what_is_stored(judged: Judged) -> None:
        del judged
        known.append(len(bench.store.judged(bench.study)))

    bench.observer.finished = note_what_is_stored  # type: ignore[method-assign]
    bench.session(GOOD).runs([(HERE, "one"), (HERE, "two"), (HERE, "three")])

    assert known == [1, 2, 3]


@pytest.mark.parametrize("jobs", [1, 3])
def test_repeated_runs_have_each_their_reason(bench: Bench, jobs: int) -> None:
    judged = bench.session(GOOD, jobs).runs([(HERE, "one"), (HERE, "two"), (HERE, "three")])

    assert sorted(one.reason for one in judged) == ["one", "three", "two"]
    assert len({one.run.id for one in judged}) == 3
    assert bench.store.judged(bench.study) == judged


def test_each_run_is_looked_at_from_its_begin_to_its_end(bench: Bench) -> None:
    told: list[tuple[str, str, int | None]] = []

    @contextmanager
    def look(going: Going) -> Iterator[None]:
        told.append(("begins", going.reason, going.more))
        yield
        told.append(("ends", going.reason, len(going.readings())))

    session = replace(bench.session(GOOD), look=look)

    session.runs([(HERE, "first"), (HERE, "second")])

    assert told == [
        ("begins", "first", 1),
        ("ends", "first", 0),
        ("begins", "second", 0),
        ("ends", "second", 0),
    ]


def test_runs_may_have_a_cap_and_a_deadline_of_their_own(bench: Bench) -> None:
    session = bench.session(GOOD)

    session.runs([(HERE, "smaller")], cap_bytes=60 * MIB, timeout_s=1.5)
    session.runs([(HERE, "as ever")])

    smaller, usual = bench.executor.requests
    assert (smaller.cap_bytes, smaller.timeout_s) == (60 * MIB, 1.5)
    assert (usual.cap_bytes, usual.timeout_s) == (CAP, 5.0)


def test_a_bad_workload_is_no_exception(bench: Bench) -> None:
    session = bench.session(in_turn(BAD, KILLED, Play(status=3)))

    rulings = [session.run(HERE, "").verdict.ruling for _ in range(3)]

    assert rulings == [Ruling.FAIL] * 3


def test_a_cancelled_run_is_stored_without_a_verdict(bench: Bench) -> None:
    bench.is_cancelled = True

    with pytest.raises(CancelledError) as caught:
        bench.session(Play(ends_on=("term",))).run(HERE, "")

    assert "the finished runs are kept" in caught.value.message
    assert bench.store.judged(bench.study) == []
    assert bench.observer.ended == []


@pytest.mark.parametrize(("jobs", "kept"), [(1, 1), (3, 2)])
def test_what_ended_beside_a_run_that_could_not_be_made_is_kept_and_no_other_is_begun(
    bench: Bench, jobs: int, kept: int
) -> None:
    session = bench.session(in_turn(GOOD, Play(breaks=True), GOOD), jobs)

    with pytest.raises(HostError) as caught:
        session.runs([(HERE, "one"), (HERE, "two"), (HERE, "three")])

    assert "went away in mid-run" in caught.value.message
    assert len(bench.store.judged(bench.study)) == kept


def test_a_run_is_stored_before_the_next_one_starts(bench: Bench) -> None:
    stored: list[int] = []

    def play(request: Request) -> Play:
        del request
        with sqlite3.connect(bench.store.directory / "memtune.sqlite3") as other:
            stored.append(other.execute("select count(*) from run").fetchone()[0])
        return GOOD

    bench.session(play).runs([(HERE, "one"), (HERE, "two"), (HERE, "three")])

    assert stored == [0, 1, 2]


# Summed up


def test_a_trial_holds_the_runs_of_its_settings_alone(bench: Bench) -> None:
    session = bench.session(GOOD)
    judged = [session.run(settings, "") for settings in (HERE, THERE, HERE)]

    trial = as_trial(HERE, judged)

    assert trial.runs == (judged[0], judged[2])
    assert trial.settings == HERE


def test_a_trial_sums_up_what_was_measured_and_what_was_printed(bench: Bench) -> None:
    session = bench.session(in_turn(GOOD, replace(GOOD, need_bytes=60 * MIB), GOOD))
    judged = session.runs([(HERE, "1"), (HERE, "2"), (HERE, "3")])

    trial = as_trial(HERE, judged)

    need, headroom = trial.figure("need"), trial.figure("headroom")
    assert need is not None
    assert (need.summary.count, need.summary.min, need.summary.max, need.summary.median) == (
        3,
        50 * MIB,
        60 * MIB,
        50 * MIB,
    )
    assert headroom is not None
    assert headroom.unit is Unit.SHARE
    assert headroom.summary.min == pytest.approx(0.4)
    rate = trial.figure("rate_per_s")
    assert rate is not None
    assert (rate.summary.median, rate.unit) == (2.5, Unit.PER_SECOND)
    assert trial.figure("rss_peak") is None


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("faces", Unit.COUNT),
        ("wall_s", Unit.SECONDS),
        ("p95_ms", Unit.MILLISECONDS),
        ("rate_per_s", Unit.PER_SECOND),
        ("used_bytes", Unit.BYTES),
    ],
)
def test_the_unit_of_a_printed_figure_is_in_its_name(bench: Bench, name: str, unit: Unit) -> None:
    play = Play(stdout=printed(**{name: 7, "faces": 5, "word": "x", "flag": True}))

    trial = as_trial(HERE, [bench.session(play).run(HERE, "")])

    figure = trial.figure(name)
    assert figure is not None
    assert figure.unit is unit
    assert trial.figure("word") is None
    assert trial.figure("flag") is None


def test_a_trial_passes_only_when_every_run_passes(bench: Bench) -> None:
    session = bench.session(in_turn(GOOD, GOOD, BAD))
    judged = session.runs([(HERE, "1"), (HERE, "2"), (HERE, "3")])

    assert as_trial(HERE, judged[:2]).verdict.ruling is Ruling.PASS
    assert as_trial(HERE, judged).verdict.ruling is Ruling.FAIL


def test_the_bias_of_one_run_is_the_bias_of_the_trial(bench: Bench) -> None:
    judged = bench.session(in_turn(GOOD, KILLED)).runs([(HERE, "1"), (HERE, "2")])

    need = as_trial(HERE, judged).figure("need")

    assert need is not None
    assert need.bias is Bias.LOWER_BOUND


def test_no_runs_make_an_inconclusive_trial() -> None:
    trial = as_trial(HERE, [])

    assert (trial.runs, trial.figures) == ((), ())
    assert trial.verdict.ruling is Ruling.INCONCLUSIVE


# Profiles


def test_a_profile_warms_up_and_then_decides_by_repeated_runs(bench: Bench) -> None:
    result = profile(bench.session(GOOD), HERE, "lean", runs=3)

    assert bench.observer.begun == [
        "warms the page cache, not counted",
        "run 1 of 3",
        "run 2 of 3",
        "run 3 of 3",
    ]
    assert (result.profile, result.workload, result.cap_bytes) == ("lean", "demo", CAP)
    assert len(result.trial.runs) == 3
    assert result.trial.verdict.ruling is Ruling.PASS
    assert result.explanation is None


def test_the_run_under_memray_explains_and_never_decides(bench: Bench) -> None:
    session = bench.session(in_turn(GOOD, GOOD, GOOD, replace(GOOD, need_bytes=74 * MIB)))

    result = profile(session, HERE, "", 2, Explaining(flames=None))

    # It has room of its own, and its figures stay apart
    assert [request.cap_bytes for request in bench.executor.requests][:3] == [CAP] * 3
    assert bench.executor.requests[3].cap_bytes > CAP
    assert bench.executor.requests[3].captures is not None
    assert len(result.trial.runs) == 2
    need = result.trial.figure("need")
    assert need is not None
    assert need.summary.max == 50 * MIB
    assert result.explanation is not None
    assert result.explanation.tax_bytes == 24 * MIB
    assert result.explanation.problems == ("no Python process left a capture",)
    assert len(bench.store.judged(bench.study)) == 2


def test_a_run_under_memray_that_ends_otherwise_says_so_and_has_no_tax(bench: Bench) -> None:
    session = bench.session(in_turn(GOOD, GOOD, Play(status=1)))

    explanation = profile(session, HERE, "", 1, Explaining(flames=None)).explanation

    assert explanation is not None
    assert explanation.tax_bytes is None
    assert "under memray the run ended otherwise: failed (exit status 1)" in explanation.problems


def test_a_run_under_memray_that_fails_as_the_others_do_has_not_ended_otherwise(
    bench: Bench,
) -> None:
    explanation = profile(
        bench.session(Play(status=1)), HERE, "", 1, Explaining(flames=None)
    ).explanation

    assert explanation is not None
    assert explanation.problems == ("no Python process left a capture",)


def test_a_run_under_memray_that_cannot_be_made_takes_no_verdict_away(bench: Bench) -> None:
    session = bench.session(in_turn(GOOD, GOOD, GOOD, Play(breaks=True)))

    result = profile(session, HERE, "", 2, Explaining(flames=None))

    assert result.trial.verdict.ruling is Ruling.PASS
    assert result.explanation is not None
    (problem,) = result.explanation.problems
    assert problem.startswith("no allocation site is named: ")
    assert "went away in mid-run" in problem
    assert (result.explanation.processes, result.explanation.heap_peak) == (0, None)


def test_who_interrupts_the_run_under_memray_has_interrupted_the_profile(bench: Bench) -> None:
    def play(request: Request) -> Play:
        bench.is_cancelled = request.captures is not None
        return Play(ends_on=("term",)) if bench.is_cancelled else GOOD

    with pytest.raises(CancelledError):
        profile(bench.session(play), HERE, "", 1, Explaining(flames=None))


def test_a_warm_up_that_could_not_be_made_ends_the_profile(bench: Bench) -> None:
    with pytest.raises(HostError):
        profile(bench.session(Play(missing=True)), HERE, "", runs=3)

    assert len(bench.executor.requests) == 1


def test_who_has_to_wait_for_others_is_told_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given another run that needs the machine for itself
    monkeypatch.setattr(trial, "PATIENCE_S", 0.05)
    notes: list[str] = []
    monkeypatch.setattr(bench.observer, "note", notes.append)
    with ExitStack() as others:
        others.enter_context(reserved(MIB, lambda: False, alone=True))

        def ends_when_told() -> bool:
            if notes:
                others.close()
            return False

        # When one is to be made
        session = replace(bench.session(GOOD), cancelled=ends_when_told)
        judged = session.run(HERE, "")

    # Then it is made once the other has ended
    assert judged.run.outcome is Outcome.COMPLETED
    assert notes == ["waits until other runs on this machine have ended"]
