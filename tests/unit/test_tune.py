"""A whole tuning session on made-up runs and a real store: interrupted, resumed, refused."""

import io
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from memtune.aim import CONSERVATIVE, Aim
from memtune.errors import CancelledError, ExitCode, HostError, UsageError
from memtune.execute.maker import Here
from memtune.execute.request import Request
from memtune.model import (
    Bound,
    Checks,
    Image,
    ImageKind,
    Judged,
    Kind,
    Knob,
    Outcome,
    Program,
    Ruling,
    Settings,
    Space,
    Study,
    Workload,
)
from memtune.report.console.colours import THEME
from memtune.report.console.front import front
from memtune.report.console.recommend import render
from memtune.report.html.page import page
from memtune.report.html.sections import Beside
from memtune.search.confirm import RISK
from memtune.store import Store
from memtune.trial import Session
from memtune.tune import MOST_LOOKS, tune
from tests.fakes import ENVIRONMENT, MIB, OWNER, FakeExecutor, Play, nobody_lives

CAP = 200 * MIB
WORKLOAD = Workload(
    name="demo",
    kind=Kind.PIPELINE,
    programs=(Program(Image(ImageKind.HOST), ("demo",)),),
    directory="",
    timeout_s=5.0,
    checks=Checks(headroom=0.1, output=(Bound("found", min=32),)),
    space=Space(
        tuple(
            Knob(name, values, env=((name.upper(), "{value}"),), searched=values)
            for name, values in (
                ("workers", (1, 2, 4)),
                ("cache", (250, 500, 2000)),
                ("side", (320, 640, 1600)),
            )
        )
    ),
)
CONFIRMATIONS = 4


def as_the_settings_say(request: Request) -> Play:
    """More of everything needs more; only pictures from 640 pixels up are good enough."""
    values = {name: int(value) for name, value in request.settings}
    need = 40 + 20 * values["workers"] + values["cache"] // 100 + values["side"] // 20
    found = 32 if values["side"] >= 640 else 20
    return Play(
        stdout=json.dumps({"found": found}).encode(),
        need_bytes=need * MIB,
        status=137 if need * MIB > CAP else 0,
        oom_kills="1" if need * MIB > CAP else "0",
    )


BEST = Settings.of({"workers": 1, "cache": 250, "side": 640})


@dataclass
class Witness:
    """An observer that remembers."""

    begun: list[tuple[Settings, str]] = field(default_factory=list)
    ended: list[Judged] = field(default_factory=list)

    def starting(self, settings: Settings, reason: str) -> None:
        self.begun.append((settings, reason))

    def finished(self, judged: Judged) -> None:
        self.ended.append(judged)

    def note(self, text: str) -> None:
        raise AssertionError(f"nothing to note: {text}")


@dataclass
class Sitting:
    """One call of the command: everything anew except what is on disk."""

    directory: Path
    play: Callable[[Request], Play] | Play = as_the_settings_say
    runs_until_interrupted: int | None = None
    workload: Workload = WORKLOAD
    jobs: int = 1
    aim: Aim = CONSERVATIVE
    witness: Witness = field(default_factory=Witness)
    earlier: int = 0
    """Runs from before."""
    judged: list[Judged] = field(default_factory=list)
    """All that the search made, looks aside."""

    def __post_init__(self) -> None:
        self.executor = FakeExecutor(self.play)

    def tune(self) -> Study:
        with closing(Store(self.directory)) as store:
            study, self.earlier = store.open_study(
                "key", "recommend", "demo", ENVIRONMENT, OWNER, nobody_lives
            )
            session = Session(
                workload=self.workload,
                cap_bytes=CAP,
                maker=Here(self.executor),
                environment=ENVIRONMENT,
                store=store,
                study=study,
                observer=self.witness,
                cancelled=self._cancelled,
                jobs=self.jobs,
            )
            result = tune(session, CONFIRMATIONS, aim=self.aim)
            self.judged = store.judged(study, cap_bytes=CAP)
            store.finish(study)  # as the command does when it has shown the result
            return result

    @property
    def executed(self) -> list[Settings]:
        """The settings of every run, without the one that warms the page cache."""
        return [settings for settings, reason in self.witness.begun if "warms" not in reason]

    def _cancelled(self) -> bool:
        limit = self.runs_until_interrupted
        return limit is not None and len(self.executor.requests) > limit


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / ".memtune"


def stored(directory: Path) -> list[Judged]:
    with closing(Store(directory)) as store:
        study, _ = store.open_study("key", "recommend", "demo", ENVIRONMENT, OWNER, nobody_lives)
        return store.judged(study)


def course(sitting: Sitting) -> list[tuple[Settings, str, Ruling]]:
    return [(one.run.settings, one.reason, one.verdict.ruling) for one in sitting.judged]


def test_the_best_settings_are_recommended_with_their_evidence(directory: Path) -> None:
    sitting = Sitting(directory)

    study = sitting.tune()

    recommendation = study.recommendation
    assert recommendation is not None
    assert recommendation.settings == BEST
    assert len(recommendation.evidence.runs) == CONFIRMATIONS
    assert recommendation.evidence.verdict.ruling is Ruling.PASS
    need = recommendation.evidence.figure("need")
    assert need is not None
    assert need.summary.max == 94 * MIB
    found = recommendation.evidence.figure("found")
    assert found is not None
    assert found.summary.min == 32
    assert recommendation.why


def test_a_study_accounts_for_every_settings_of_its_space(directory: Path) -> None:
    study = Sitting(directory).tune()

    tried = {one.settings for one in study.tried}
    assert len(tried) == len(study.tried)
    assert len(tried) + sum(part.count for part in study.skipped) == WORKLOAD.space.size
    assert len(tried) < WORKLOAD.space.size / 2
    assert all(one.reason for one in study.tried)


def test_one_run_warms_the_page_cache_and_is_not_judged(directory: Path) -> None:
    sitting = Sitting(directory)

    sitting.tune()

    first, reason = sitting.witness.begun[0]
    assert (first, reason) == (WORKLOAD.space.conservative, "warms the page cache, not counted")
    assert len(sitting.witness.begun) == len(sitting.judged) + 1
    assert sitting.judged == sitting.witness.ended


def test_every_run_asks_for_the_cap_and_carries_its_settings(directory: Path) -> None:
    sitting = Sitting(directory)

    sitting.tune()

    for request in sitting.executor.requests:
        assert request.cap_bytes == CAP
        values = {name.upper(): str(value) for name, value in request.settings}
        assert dict(request.env) == values


def test_an_interrupted_study_goes_on_and_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    whole = Sitting(tmp_path / "whole")
    expected = whole.tune()

    for limit in range(len(whole.judged) + 1):
        # Given a session that is cancelled in the middle of a run
        directory = tmp_path / str(limit)
        first = Sitting(directory, runs_until_interrupted=limit)
        with pytest.raises(CancelledError) as caught:
            first.tune()
        assert caught.value.exit_code is ExitCode.INTERRUPTED
        assert first.executor.running == 0

        # When it is begun again
        second = Sitting(directory)
        study = second.tune()

        # Then no finished run is repeated, and the study is the same
        finished = max(0, limit - 1)  # one of them warmed the cache
        assert second.earlier == finished
        assert second.executed == whole.executed[finished:]
        assert course(second) == course(whole)
        assert study.recommendation is not None
        assert study.recommendation.settings == BEST
        assert study.skipped == expected.skipped


def test_a_study_may_be_interrupted_again_and_again(directory: Path, tmp_path: Path) -> None:
    whole = Sitting(tmp_path / "whole")
    whole.tune()
    executed: list[Settings] = []

    for _ in range(len(whole.judged) * 2):
        sitting = Sitting(directory, runs_until_interrupted=2)
        try:
            sitting.tune()
        except CancelledError:
            executed += sitting.executed[:-1]  # the last one was cancelled
            continue
        executed += sitting.executed
        break
    else:
        pytest.fail("it never ends")

    assert executed == [one.run.settings for one in whole.judged]
    assert course(sitting) == course(whole)


def test_a_cancelled_run_is_no_evidence(directory: Path) -> None:
    with pytest.raises(CancelledError):
        Sitting(directory, runs_until_interrupted=3).tune()

    assert len(stored(directory)) == 2
    assert all(one.run.outcome is not Outcome.CANCELLED for one in stored(directory))


def test_a_finished_study_is_not_taken_for_an_unfinished_one(directory: Path) -> None:
    Sitting(directory).tune()

    again = Sitting(directory)
    again.tune()

    assert again.earlier == 0
    assert len(again.executed) > 0


def test_a_run_that_could_not_be_made_ends_the_session_and_spoils_nothing(directory: Path) -> None:
    # Given a daemon that dies at the third run
    count = 0

    def breaks_at_the_third(request: Request) -> Play:
        nonlocal count
        count += 1
        return (
            Play(breaks=True, stderr=b"daemon: gone\n")
            if count == 3
            else as_the_settings_say(request)
        )

    # When the space is searched
    with pytest.raises(HostError) as caught:
        Sitting(directory, breaks_at_the_third).tune()

    # Then the message tells what happened and what to do
    assert "went away in mid-run" in caught.value.message
    assert "daemon: gone" in caught.value.message
    assert "memtune doctor" in caught.value.hint
    assert caught.value.exit_code is ExitCode.ENVIRONMENT

    # And the run is no evidence: the study goes on with it
    assert len(stored(directory)) == 1
    study = Sitting(directory).tune()
    assert study.recommendation is not None
    assert study.recommendation.settings == BEST


def test_where_the_need_cannot_be_read_the_session_ends_with_the_reason(directory: Path) -> None:
    sitting = Sitting(directory, Play(stdout=b'{"found": 32}', need_bytes=None))

    with pytest.raises(HostError) as caught:
        sitting.tune()

    assert "need not measured" in caught.value.message
    assert len(sitting.executed) == 1

    # And a machine that can read it goes on
    study = Sitting(directory).tune()
    assert study.recommendation is not None
    assert study.recommendation.settings == BEST


def test_where_nothing_passes_there_is_no_recommendation(directory: Path) -> None:
    study = Sitting(directory, Play(stdout=b'{"found": 5}', need_bytes=50 * MIB)).tune()

    assert study.recommendation is None
    assert all(one.ruling is Ruling.FAIL for one in study.tried)
    assert stored(directory) == []  # finished: the same command begins anew


def too_much_for_the_cap(request: Request) -> Play:
    """Whatever the settings, more than the study's cap; good from 640 pixels up."""
    values = {name: int(value) for name, value in request.settings}
    need = 250 * MIB + as_the_settings_say(request).need_bytes  # type: ignore[operator]
    dead = need > request.cap_bytes
    return Play(
        stdout=b"" if dead else json.dumps({"found": 32 if values["side"] >= 640 else 20}).encode(),
        need_bytes=min(need, request.cap_bytes),
        status=137 if dead else 0,
        oom_kills="1" if dead else "0",
    )


def test_where_all_is_killed_a_few_looks_tell_the_need_and_the_plans(directory: Path) -> None:
    sitting = Sitting(directory, too_much_for_the_cap)

    study = sitting.tune()

    # Then the looks are told apart from the search's own runs, and recommend nothing
    assert study.recommendation is None
    found = study.infeasible
    assert found is not None
    assert sum(one.runs for one in study.tried) == len(sitting.judged)
    assert 0 < len(found.looks) <= MOST_LOOKS
    assert all("no evidence for a pick" in one.reason for one in found.looks)
    # And the least need of all that does its work is known: 344 MiB, with a tenth free
    assert found.needed is not None
    assert found.needed.settings == BEST
    assert found.needed.need_bytes == 344 * MIB
    assert found.needed.cap_bytes == 390 * MIB
    assert found.plans
    assert all(held.plan.ram_bytes >= 390 * MIB for held in found.plans)


def test_looks_that_were_interrupted_go_on_and_are_no_evidence(tmp_path: Path) -> None:
    whole = Sitting(tmp_path / "whole", too_much_for_the_cap)
    expected = whole.tune()
    assert expected.infeasible is not None
    runs = len(whole.executed)

    for limit in range(1, runs + 1):
        directory = tmp_path / str(limit)
        first = Sitting(directory, too_much_for_the_cap, runs_until_interrupted=limit)
        with pytest.raises(CancelledError):
            first.tune()

        second = Sitting(directory, too_much_for_the_cap)
        study = second.tune()

        assert second.executed == whole.executed[limit - 1 :]
        assert course(second) == course(whole)
        assert study.infeasible is not None
        assert study.infeasible.needed == expected.infeasible.needed


def test_where_bad_work_is_all_there_is_no_look_is_made(directory: Path) -> None:
    sitting = Sitting(directory, Play(stdout=b'{"found": 5}', need_bytes=50 * MIB))

    study = sitting.tune()

    assert study.infeasible is not None
    assert study.infeasible.looks == ()
    assert study.infeasible.plans == ()
    assert study.infeasible.missed_by_all is not None
    assert study.infeasible.missed_by_all.check == "found"


def test_a_need_that_the_runs_told_takes_no_look(directory: Path) -> None:
    # Given settings that all work well and fit under the cap without the headroom
    sitting = Sitting(directory, Play(stdout=b'{"found": 32}', need_bytes=195 * MIB))

    found = sitting.tune().infeasible

    assert found is not None
    assert found.looks == ()
    assert found.needed is not None
    assert found.needed.settings == WORKLOAD.space.conservative


def test_a_pick_that_fails_its_confirmation_is_not_recommended(directory: Path) -> None:
    # Given settings that look best and are bad at their second run
    count = 0

    def flaky(request: Request) -> Play:
        nonlocal count
        play = as_the_settings_say(request)
        count += request.settings == BEST
        if request.settings == BEST and count > 1:
            return Play(stdout=b'{"found": 31}', need_bytes=play.need_bytes)
        return play

    # When the space is searched
    study = Sitting(directory, flaky).tune()

    # Then other settings are recommended, confirmed as often
    assert study.recommendation is not None
    assert study.recommendation.settings != BEST
    assert len(study.recommendation.evidence.runs) == CONFIRMATIONS
    assert study.recommendation.evidence.verdict.ruling is Ruling.PASS


def test_runs_made_at_the_same_time_lead_to_the_same_recommendation(directory: Path) -> None:
    study = Sitting(directory, jobs=3).tune()

    assert study.recommendation is not None
    assert study.recommendation.settings == BEST
    assert len(study.recommendation.evidence.runs) >= CONFIRMATIONS


def test_a_front_says_where_runs_may_have_slowed_one_another(directory: Path) -> None:
    def shown(jobs: int) -> str:
        study = Sitting(directory / str(jobs), jobs=jobs).tune()
        assert study.recommendation is not None
        console = Console(file=(text := StringIO()), width=200)
        console.print(front(console, study, study.recommendation))
        return text.getvalue()

    assert "1 / duration; up to 3 runs at a time, which may have slowed them\n" in shown(3)
    assert "at a time" not in shown(1)


def test_where_its_runs_tell_it_the_study_says_what_each_knob_costs(directory: Path) -> None:
    # given a space that takes many runs, and needs that are sums of what knobs cost
    sides = (320, 640, 960, 1200, 1600)
    values = {"workers": (1, 2, 3, 4, 6, 8), "cache": (250, 500, 1000, 2000), "side": sides}
    knobs = [
        Knob(name, some, env=((name.upper(), "{value}"),), searched=some)
        for name, some in {**values, "mode": ("a", "b", "c")}.items()
    ]

    def play(request: Request) -> Play:
        turned = request.settings.as_dict()
        workers, cache, side = (int(turned[name]) for name in values)
        need = 40 + 8 * workers + cache // 200 + side // 20 - 3 * "abc".index(str(turned["mode"]))
        good = side * workers + 2 * cache + 1000 * "abc".index(str(turned["mode"])) >= 8000
        return Play(stdout=json.dumps({"found": 32 * good}).encode(), need_bytes=need * MIB)

    workload = replace(WORKLOAD, space=Space(tuple(knobs)))

    # when it has been searched
    study = Sitting(directory, play, workload=workload).tune()

    # then the bill counts from what is recommended
    assert study.recommendation is not None
    assert study.bill is not None
    assert study.bill.settings == study.recommendation.settings
    steps = {
        cost.knob: step.cost.bytes / MIB
        for cost in study.bill.costs
        if (step := cost.farthest) is not None
    }
    assert steps["workers"] == pytest.approx(32, abs=1)
    assert steps["side"] == pytest.approx(48, abs=1)


def test_few_runs_tell_no_bill(directory: Path) -> None:
    assert Sitting(directory).tune().bill is None


def test_a_pick_near_what_is_allowed_is_executed_until_its_risk_is_small(directory: Path) -> None:
    # Given a pick that needs 93 or 95 MiB, and 100 that are allowed
    count = 0

    def varying(request: Request) -> Play:
        nonlocal count
        play = as_the_settings_say(request)
        if request.settings != BEST:
            return play
        count += 1
        return replace(play, need_bytes=(93 + 2 * (count % 2)) * MIB)

    workload = replace(WORKLOAD, checks=replace(WORKLOAD.checks, headroom=0.5))

    # When the space is searched
    chosen = Sitting(directory, varying, workload=workload).tune().recommendation

    # Then the asked number of passes is not enough, and what is left of the risk is said
    assert chosen is not None
    assert chosen.settings == BEST
    assert len(chosen.evidence.runs) > CONFIRMATIONS
    assert chosen.risk is not None
    assert 0 < chosen.risk <= RISK


def test_who_asks_again_for_a_figure_that_is_not_printed_is_told_again(directory: Path) -> None:
    # Given a bound on a figure that the workload does not print
    aim = Aim(bounded=("p95_ms",))
    checks = replace(WORKLOAD.checks, output=(*WORKLOAD.checks.output, Bound("p95_ms", max=5)))
    workload = replace(WORKLOAD, checks=checks)

    # When the session is begun again and again
    for _ in range(3):
        with pytest.raises(UsageError, match="prints no p95_ms"):
            Sitting(directory, workload=workload, aim=aim).tune()

    # Then the one run that showed it is enough
    assert len(stored(directory)) == 1


LADDER_SPACE = Space(
    (
        *WORKLOAD.space.knobs[:2],
        Knob("side", (160, 320, 640, 3200), env=(("SIDE", "{value}"),), searched=(320, 3200)),
    )
)
"""The only side at which the work is done under the cap is not searched."""


def test_where_nothing_that_is_searched_passes_the_rung_that_did_is_recommended(
    directory: Path,
) -> None:
    # Given present settings that pass once workers are turned down,
    present = Settings.of({"workers": 4, "cache": 2000, "side": 640})
    crowded = replace(WORKLOAD, space=LADDER_SPACE, checks=Checks(0, 0.2, WORKLOAD.checks.output))

    study = Sitting(directory, workload=crowded, aim=Aim(start=present)).tune()

    # then they are confirmed and recommended, and nothing is called infeasible.
    chosen = study.recommendation
    assert chosen is not None
    assert chosen.settings == Settings.of({"workers": 1, "cache": 2000, "side": 640})
    assert len(chosen.evidence.runs) >= CONFIRMATIONS
    assert chosen.evidence.verdict.ruling is Ruling.PASS
    assert chosen.why == "nothing that is searched passes, but this does, to which the ladder led"
    assert study.infeasible is None
    # It can be shown, as a screen and as a page.
    shown = Console(record=True, width=120, file=io.StringIO(), theme=THEME)
    render(shown, study, ())
    assert "workers=1 cache=2000 side=640" in shown.export_text()
    assert "workers=1 cache=2000 side=640" in page(study, Beside())


def test_the_ladder_turns_no_knob_up(directory: Path) -> None:
    # Given present settings nearer the conservative end than what is searched,
    present = Settings.of({"workers": 2, "cache": 250, "side": 160})
    lower = replace(WORKLOAD, space=LADDER_SPACE)

    study = Sitting(directory, workload=lower, aim=Aim(start=present)).tune()

    assert [rung.turned for rung in study.ladder] == ["", "workers=1"]
