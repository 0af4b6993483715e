"""Baselines: of committed code, and never of a run that fails."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from memtune.errors import UsageError
from memtune.gate.check import Asked
from memtune.gate.record import committed, drop, record, update
from memtune.model import Recorded, Ruling
from tests.unit.gate.lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    with closing(made.bench.store):
        yield made


def updated(lab: Lab) -> Recorded:
    project = lab.project()
    return update(lab.session(), lab.scenario(), Asked(project), committed(project))


def accepted(lab: Lab) -> Recorded:
    project = lab.project()
    return record(lab.session(), lab.scenario(), Asked(project), committed(project), "an index")


def test_the_first_baseline_is_recorded_with_its_commit(lab: Lab) -> None:
    commit = lab.commit(100)

    found = updated(lab)

    written = lab.project().baselines["words"]
    assert found.now == written
    assert (written.commit, len(written.need_bytes)) == (commit, 20)
    assert written.reason == "first baseline"


def test_a_baseline_is_renewed_while_it_is_within_the_budget(lab: Lab) -> None:
    lab.store(100, lab.commit(100))
    lab.git.commit("baseline")
    commit = lab.commit(102)

    found = updated(lab)

    assert found.before is not None
    assert lab.project().baselines["words"].commit == commit


def test_growth_by_small_steps_needs_a_reason_too(lab: Lab) -> None:
    before = lab.store(200, lab.commit(200))
    lab.git.commit("baseline")
    lab.commit(208)

    found = updated(lab)

    assert found.gated is not None
    assert (found.now, found.gated.warned) == (None, True)
    assert lab.project().baselines["words"] == before


@pytest.mark.parametrize("state", [110, "crash", "oom"])
def test_a_failing_run_never_becomes_the_next_baseline(lab: Lab, state: float | str) -> None:
    before = lab.store(100, lab.commit(100))
    lab.git.commit("baseline")
    lab.commit(state)

    found = updated(lab)

    assert found.now is None
    assert found.gated is not None
    assert found.gated.ruling is Ruling.FAIL
    assert lab.project().baselines["words"] == before


def test_growth_is_accepted_with_its_reason(lab: Lab) -> None:
    lab.store(100, lab.commit(100))
    lab.git.commit("baseline")
    lab.commit(150)

    found = accepted(lab)

    assert found.now is not None
    assert lab.project().baselines["words"].reason == "an index"


@pytest.mark.parametrize("state", [301, "crash", "oom"])
def test_what_breaks_the_ceiling_or_a_check_is_not_accepted(lab: Lab, state: float | str) -> None:
    before = lab.store(100, lab.commit(100))
    lab.git.commit("baseline")
    lab.commit(state)

    assert accepted(lab).now is None
    assert lab.project().baselines["words"] == before


def test_code_that_is_not_committed_has_no_baseline(lab: Lab) -> None:
    lab.commit(100)
    lab.write("need", "101")
    lab.write("new", "")

    with pytest.raises(UsageError, match="not committed: need, new"):
        committed(lab.project())


@pytest.mark.parametrize("commits", [True, False])
def test_samples_of_code_that_changed_meanwhile_are_no_baseline(
    lab: Lab, commits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = lab.commit(100)

    def changed(_: object) -> None:
        lab.write("need", "101")
        if commits:
            lab.git.commit()

    monkeypatch.setattr(lab.observer, "finished", changed)

    with pytest.raises(UsageError):
        record(lab.session(), lab.scenario(), Asked(lab.project()), commit, "first")

    assert lab.project().baselines == {}


def test_the_lock_file_itself_may_have_changed(lab: Lab) -> None:
    commit = lab.commit(100)
    lab.store(100, commit)

    assert committed(lab.project()) == commit


def test_baselines_of_scenarios_that_are_gone_are_dropped(lab: Lab) -> None:
    lab.store(100, lab.commit(100))

    assert drop(lab.project(), {"words"}) == ()
    assert drop(lab.project(), {"vocabulary"}) == ("words",)
    assert lab.project().baselines == {}
