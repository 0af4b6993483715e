"""The gate on a real repository: what it compares with, and what it says."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from memtune.errors import HostError, UsageError
from memtune.gate.check import Asked, check, orphans
from memtune.model import Allocator, Explanation, How, Ruling, Settings
from memtune.trial import Session
from tests.fakes import MIB
from tests.unit.gate.lab import BUDGETS, Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    with closing(made.bench.store):
        yield made


def test_nothing_has_changed_beside_stored_samples(lab: Lab) -> None:
    lab.store(100, lab.commit(100))

    found = lab.check()

    assert (found.ruling, found.how, found.warned) == (Ruling.PASS, How.STORED, False)
    assert len(found.head.need_bytes) == 3
    assert [finding.check for finding in found.findings] == ["growth", "ceiling"]
    assert found.estimate is not None
    assert abs(found.estimate.growth) < 0.01


def test_growth_beside_stored_samples_is_confirmed_by_executing_both_commits(lab: Lab) -> None:
    base = lab.commit(100)
    lab.store(100, base)
    lab.commit(110)

    found = lab.check()

    assert (found.ruling, found.how) == (Ruling.FAIL, How.AB)
    assert found.base is not None
    assert found.base.label == f"commit {base[:10]}"
    assert len(found.base.need_bytes) == len(found.head.need_bytes) == 3
    assert "to confirm it" in found.notes[0]
    assert found.reproduce == f"memtune check words --against {base[:10]}"
    assert found.accept == "memtune baseline accept words --reason ..."
    assert found.place.key == "scenarios.words.growth"


def test_growth_that_only_the_stored_samples_show_is_no_failure(lab: Lab) -> None:
    """The machine changed in a way that no environment tells: both commits need as much."""
    lab.store(90, lab.commit(100))

    found = lab.check()

    assert (found.ruling, found.how) == (Ruling.PASS, How.AB)


def test_growth_without_the_commit_to_confirm_it_fails_and_says_so(lab: Lab) -> None:
    lab.commit(110)
    lab.store(100, "")

    found = lab.check()

    assert (found.ruling, found.how) == (Ruling.FAIL, How.STORED)
    assert any("not confirmed" in note for note in found.notes)


def test_a_baseline_of_another_kernel_is_executed_here(lab: Lab) -> None:
    lab.store(50, lab.commit(100), kernel="4.4")
    lab.commit(101)

    found = lab.check()

    assert (found.ruling, found.how) == (Ruling.PASS, How.AB)
    assert "kernel 4.4, here 6.1" in found.notes[0]


def test_a_baseline_of_another_kernel_without_its_commit_is_an_error(lab: Lab) -> None:
    lab.commit(100)
    lab.store(100, "0" * 40, kernel="4.4")

    with pytest.raises(HostError, match=r"taken elsewhere \(kernel 4.4, here 6.1\)") as caught:
        lab.check()

    assert "memtune baseline accept words" in caught.value.hint  # update would end the same way


def test_the_command_that_reproduces_names_the_images(lab: Lab) -> None:
    lab.store(100, lab.commit(100))
    asked = Asked(lab.project(), label="app:2", images=("app:2",), options=("--executor", "local"))

    found = check(lab.session(), lab.scenario(), asked)

    assert found.reproduce == "memtune check words --image app:2 --executor local"
    assert found.accept == "memtune baseline accept words --reason ... --executor local"


def test_a_squashed_commit_is_found_by_the_lock_file_that_names_it(lab: Lab) -> None:
    lab.commit(100)
    lab.store(100, "1" * 40, kernel="4.4")
    squashed = lab.git.commit("squashed")
    lab.commit(101)

    found = lab.check()

    assert found.base is not None
    assert found.base.label == f"commit {squashed[:10]}"


@pytest.mark.parametrize(("need", "ruling"), [(100, Ruling.PASS), (106, Ruling.FAIL)])
def test_against_another_commit_both_are_executed_in_turn(
    lab: Lab, need: int, ruling: Ruling
) -> None:
    lab.commit(100)
    lab.git("tag", "before")
    lab.store(1, "")
    lab.git.commit("baseline")
    lab.git("tag", "--force", "before")
    lab.commit(need)

    found = lab.check(against="before")

    assert (found.ruling, found.how) == (ruling, How.AB)
    order = [reason.split(",")[0] for reason in lab.observer.begun if "run" in reason]
    assert order[:4] == [order[0], "working tree", "working tree", order[0]]


def test_growth_that_was_accepted_on_the_branch_passes_against_main(lab: Lab) -> None:
    lab.store(100, lab.commit(100))
    lab.git.commit("baseline")
    lab.git("tag", "main-then")
    accepted = lab.commit(150)
    lab.store(150, accepted)
    lab.git.commit("accept")

    found = lab.check(against="main-then")

    assert found.ruling is Ruling.PASS
    assert found.base is not None
    assert found.base.label == f"commit {accepted[:10]}"


@pytest.mark.parametrize(("known", "how"), [(True, How.AB), (False, How.CEILING)])
def test_a_new_scenario_is_compared_with_its_first_baseline_where_that_can_be_executed(
    lab: Lab, known: bool, how: How
) -> None:
    (lab.root / "memtune.yaml").rename(lab.root / "elsewhere")
    lab.commit(100)
    lab.git("tag", "before")
    (lab.root / "elsewhere").rename(lab.root / "memtune.yaml")
    adopted = lab.git.commit("adopt")
    lab.store(100, adopted if known else "")

    found = lab.check(against="before")

    assert (found.ruling, found.how) == (Ruling.PASS, how)


def test_a_scenario_without_a_baseline_fails(lab: Lab) -> None:
    lab.commit(100)

    found = lab.check()

    assert found.ruling is Ruling.FAIL
    assert found.findings[0].check == "baseline"
    assert found.accept == "memtune baseline update words"
    assert lab.observer.begun == []


def test_a_renamed_scenario_leaves_a_baseline_that_fails(lab: Lab) -> None:
    lab.store(100, lab.commit(100))

    [gone] = orphans(Asked(lab.project()), {"vocabulary"})

    assert (gone.scenario, gone.ruling) == ("words", Ruling.FAIL)
    assert orphans(Asked(lab.project()), {"words"}) == []


def test_a_need_above_the_ceiling_fails_at_once_and_cannot_be_accepted(lab: Lab) -> None:
    lab.store(100, lab.commit(100))
    lab.commit(301)

    found = lab.check()

    assert [(f.check, f.ruling) for f in found.findings] == [("ceiling", Ruling.FAIL)]
    assert len(found.head.need_bytes) == 1
    assert found.accept == ""
    assert found.place.key == "scenarios.words.max"


@pytest.mark.parametrize(
    ("state", "check", "ruling"),
    [
        ("oom", "outcome", Ruling.FAIL),
        ("crash", "outcome", Ruling.FAIL),
        ("full", "saturated", Ruling.INCONCLUSIVE),
    ],
)
def test_one_run_decides_when_it_is_killed_crashes_or_fills_its_cap(
    lab: Lab, state: str, check: str, ruling: Ruling
) -> None:
    lab.write("memtune.yaml", BUDGETS.replace("    max: 300MiB\n", ""))
    lab.store(100, lab.commit(100))
    lab.commit(state)

    found = lab.check()

    assert [(f.check, f.ruling) for f in found.findings] == [(check, ruling)]
    assert found.ruling is ruling


def test_a_need_above_the_ceiling_fails_even_where_it_fills_the_cap(lab: Lab) -> None:
    lab.store(100, lab.commit(100))
    lab.commit("full")

    found = lab.check()

    assert [(f.check, f.ruling) for f in found.findings] == [("ceiling", Ruling.FAIL)]


@pytest.mark.parametrize("against", ["before", None])
def test_a_base_that_crashes_here_is_no_measure(lab: Lab, against: str | None) -> None:
    base = lab.commit("crash")  # as where it needs a file that is not committed
    lab.store(100, base)
    lab.git.commit("baseline")
    lab.git("tag", "before")
    lab.commit(200)

    found = lab.check(against)

    assert found.ruling is Ruling.INCONCLUSIVE
    assert [f.check for f in found.findings] == ["base"]
    assert "fails its own checks" in found.findings[0].observed
    assert any("not committed" in note for note in found.notes)


def test_a_base_that_fails_at_times_is_no_measure(lab: Lab) -> None:
    base = lab.commit("oom at times")
    lab.store(100, base)
    lab.git.commit("baseline")
    lab.git("tag", "before")
    lab.commit(130)

    found = lab.check("before")

    assert found.ruling is Ruling.INCONCLUSIVE
    assert "oom" in found.findings[0].observed


def test_a_base_that_takes_too_much_itself_leaves_the_ceiling(lab: Lab) -> None:
    lab.commit("oom")
    lab.git("tag", "before")
    lab.store(100, lab.commit(100))
    lab.git.commit("baseline")
    lab.git("tag", "--force", "after")
    lab.write("memtune.lock.json", '{"format": 1, "scenarios": {}}')

    found = lab.check(against="before")

    assert (found.ruling, found.base) == (Ruling.PASS, None)
    assert "fails its own checks" in found.notes[0]
    assert len(found.head.need_bytes) == 3


def test_a_kill_in_the_run_that_warms_the_page_cache_fails(lab: Lab) -> None:
    lab.store(100, lab.commit(100))
    lab.commit("oom")
    lab.heals = True

    found = lab.check()

    assert [(f.check, f.ruling) for f in found.findings] == [("outcome", Ruling.FAIL)]
    assert "warms the page cache" in found.findings[0].observed
    assert found.head.need_bytes == ()


def test_too_much_noise_is_inconclusive_and_says_what_could_have_been_told(lab: Lab) -> None:
    lab.noise = 0.15
    lab.store(100, lab.commit(100))

    found = lab.check()

    assert found.ruling is Ruling.INCONCLUSIVE
    assert len(found.head.need_bytes) == 12
    assert "could have been told" in found.findings[0].margin


def test_growth_below_its_failing_share_passes_with_a_warning(lab: Lab) -> None:
    lab.store(200, lab.commit(200))
    lab.commit(208)

    found = lab.check()

    assert (found.ruling, found.warned) == (Ruling.PASS, True)


def test_growth_below_the_floor_is_no_matter_how_large_a_share(lab: Lab) -> None:
    lab.store(10, lab.commit(10))
    lab.commit(12)

    found = lab.check()

    assert (found.ruling, found.warned) == (Ruling.PASS, False)


@pytest.mark.parametrize("link", [True, False])
def test_a_workload_that_no_checkout_has_is_never_compared_with_itself(
    lab: Lab, link: bool
) -> None:
    path = f"{lab.root}/workload.yaml"
    if link:
        (lab.root / "here").symlink_to(lab.root)
        path = "./here/workload.yaml"
    lab.write("memtune.yaml", BUDGETS.replace("./workload.yaml", path))
    lab.commit(100)
    lab.git("tag", "before")
    lab.commit(200)

    with pytest.raises(HostError, match="both sides would execute"):
        lab.check("before")


@pytest.mark.parametrize("against", ["before", None])
def test_a_base_of_another_cap_is_never_compared_silently(lab: Lab, against: str | None) -> None:
    lab.store(100, lab.commit(100))
    lab.git.commit("baseline")
    lab.git("tag", "before")
    lab.write("memtune.yaml", BUDGETS + "    cap: 400MiB\n")

    found = lab.check(against)

    assert found.ruling is Ruling.PASS
    assert len(found.notes) == 1
    assert "has another definition: no settings, cap 512 MiB" in found.notes[0]
    assert f"words: {found.notes[0]}" in lab.observer.notes


def test_without_growth_in_the_budget_only_the_ceiling_counts(lab: Lab) -> None:
    lab.write("memtune.yaml", BUDGETS.replace("    growth: {}\n", ""))
    lab.commit(100)

    found = lab.check()

    assert (found.ruling, found.how, found.estimate) == (Ruling.PASS, How.CEILING, None)


def test_a_commit_that_does_not_exist_is_a_usage_error(lab: Lab) -> None:
    lab.commit(100)

    with pytest.raises(UsageError, match="no such commit"):
        lab.check(against="origin/main")


def test_checkouts_are_gone_afterwards(lab: Lab) -> None:
    base = lab.commit(100)
    lab.store(100, base)
    lab.commit(110)

    lab.check()

    assert lab.git("worktree", "list").count("\n") == 0


class Uncaptured(Session):
    """A session whose runs under memray leave captures in the working tree alone."""

    def explain(self, settings: Settings, *_: object, **__: object) -> Explanation:
        del settings
        if "project" not in Path(self.workload.directory).parts:
            return Explanation(None, None, (), 0, ("no Python process left a capture",))
        site = Allocator("load", "job.py", 3, 30 * MIB, 1)
        return Explanation(None, None, (site,), 1, ())


def test_a_base_without_captures_is_not_one_that_allocates_nothing(lab: Lab) -> None:
    lab.store(100, lab.commit(100))
    lab.commit(110)
    asked = Asked(lab.project())

    found = check(Uncaptured(**vars(lab.session())), lab.scenario(), asked)

    assert found.ruling is Ruling.FAIL
    assert [site.before_bytes for site in found.sites] == [None]
    assert "no Python process left a capture" in found.notes
