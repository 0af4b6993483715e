"""Figures over commits of real repositories: baselines that were committed, commits executed."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import memtune.__main__  # noqa: F401 - it registers the commands
from memtune.baselines import FILE
from memtune.cli.app import main
from memtune.errors import CancelledError, HostError
from memtune.execute.request import Request
from memtune.history import Bench, Found, measured, recorded, tracks
from memtune.model import Environment, Image
from memtune.model.history import History, Origin, Track
from memtune.report.json import dump
from memtune.repository import Repository
from memtune.store import Store
from tests.fakes import ENVIRONMENT, MIB, FakeExecutor, Play
from tests.unit.gate.lab import WORKLOAD, Lab, Noting

BUILT = WORKLOAD.replace("image: host", "build: .")


class Executor(FakeExecutor):
    """Builds no image of a directory that says so."""

    def prepare(self, images: Sequence[Image]) -> Environment:
        for image in images:
            if image.reference and Path(image.reference, "broken").exists():
                raise HostError(f"preparing the image build {image.reference}: no such base")
        return ENVIRONMENT


class Place:
    """A project and what its commits are measured with."""

    def __init__(self, directory: Path) -> None:
        self.lab = Lab(directory)
        self.git = self.lab.git
        self.repository = Repository(self.git.root)
        self.store = Store(directory / "measured")
        self.observer = Noting()
        self.executor = Executor(self._play)
        self.environment = replace(ENVIRONMENT, image="")
        self.is_cancelled = False
        self.is_ready = True

    def measure(
        self, span: str = "HEAD", runs: int = 3, names: Sequence[str] = ("words",)
    ) -> Track:
        """Measure commits and return what was found in this environment."""
        bench = Bench(
            repository=self.repository,
            file="memtune.yaml",
            executor=self.executor,
            environment=self.environment,
            ready=self._ready,
            store=self.store,
            observer=self.observer,
            cancelled=lambda: self.is_cancelled,
        )
        found = list(measured(bench, self.repository.commits(span), names, runs))
        return tracks(self.repository, found, names)[0]

    @property
    def runs(self) -> int:
        """Runs that were made, those that warm the page cache too."""
        return len(self.executor.requests)

    def _ready(self) -> None:
        if not self.is_ready:
            raise HostError("the daemon went away")

    def _play(self, request: Request) -> Play:
        return self.lab._play(request)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    with closing(made.store):
        yield made


def needs(track: Track) -> list[int | None]:
    return [
        None if point.median_bytes is None else round(point.median_bytes / MIB)
        for point in track.points
    ]


def test_every_baseline_that_was_committed_is_found_once(place: Place) -> None:
    for need in (40, 42):
        place.lab.store(need, "")
        place.lab.commit(need)
        place.lab.commit(f"{need}.0")  # the lock file stays as it is

    found, unreadable = recorded(place.repository, FILE)
    (track,) = tracks(place.repository, found, ["words"])

    assert needs(track) == [40, 42]
    assert [len(point.need_bytes) for point in track.points] == [20, 20]
    assert track.points[0].origin is Origin.BASELINE
    assert track.points[0].subject == "first baseline"
    assert track.points[0].change is None
    assert track.points[1].change == pytest.approx(0.05, abs=0.005)
    assert track.since_first is not None
    assert track.since_first.is_certain
    assert unreadable == []


def test_a_percent_a_commit_is_a_drift_and_no_step(place: Place) -> None:
    for number in range(12):
        place.lab.store(40 * 1.01**number, "")
        place.lab.commit(number)

    found, _ = recorded(place.repository, FILE)
    (track,) = tracks(place.repository, found, ["words"])

    assert track.steady
    assert track.steps == ()
    assert track.since_first is not None
    assert track.since_first.is_certain
    assert track.since_first.growth == pytest.approx(1.01**11 - 1, abs=0.01)


def test_a_version_that_cannot_be_read_is_named_and_the_others_are_shown(place: Place) -> None:
    place.lab.store(40, "")
    place.lab.commit(40)
    place.lab.write(FILE, "<<<<<<< ours\n")
    broken = place.lab.commit("broken")
    (place.git.root / FILE).unlink()
    place.lab.commit("removed")
    place.lab.store(41, "")
    place.lab.commit(41)

    found, unreadable = recorded(place.repository, FILE)

    assert needs(tracks(place.repository, found, ["words"])[0]) == [40, 41]
    assert [one.commit for one in unreadable] == [broken]
    assert "not a lock file" in unreadable[0].problem


def test_figures_of_unlike_environments_are_never_joined(place: Place) -> None:
    for need, kernel in ((40, "5.15"), (50, "6.1"), (41, "5.15"), (51, "6.1")):
        place.lab.store(need, "", kernel)
        place.lab.commit(need)

    found, _ = recorded(place.repository, FILE)
    old, new = tracks(place.repository, found, ["words"])

    assert (needs(old), needs(new)) == ([40, 41], [50, 51])
    assert old.changed == ()
    assert new.changed == ("kernel 5.15, here 6.1",)
    assert new.since_first is not None
    assert new.since_first.growth == pytest.approx(0.02, abs=0.005)


def test_commits_are_executed_as_they_were_and_steps_are_found(place: Place) -> None:
    commits = [place.lab.commit(need) for need in (40, 40.1, 40, 44, 44.1, 44)]

    track = place.measure()

    assert needs(track) == [40, 40, 40, 44, 44, 44]
    assert [point.commit for point in track.points] == commits
    assert [step.commit for step in track.steps] == [commits[3]]
    assert track.since_step is not None
    assert not track.since_step.is_certain
    assert place.runs == 6 * (1 + 3)
    assert not list(place.git.root.glob("memtune-base-*"))


def test_a_commit_that_was_measured_is_not_repeated_and_more_runs_are_added(place: Place) -> None:
    place.lab.commit(40)
    place.measure(runs=2)
    place.lab.commit(41)
    before = place.runs

    place.measure(runs=2)
    assert place.runs - before == 1 + 2
    before = place.runs
    again = place.measure(runs=3)

    assert place.runs - before == 2 * (1 + 1)
    assert [len(point.need_bytes) for point in again.points] == [3, 3]
    before = place.runs
    assert place.measure(runs=1) == again
    assert place.runs == before


def test_in_another_environment_it_is_measured_again(place: Place) -> None:
    place.lab.commit(40)
    place.measure()
    before = place.runs
    place.environment = replace(place.environment, kernel="7.0")

    place.measure()

    assert place.runs == before + 4


def test_what_cannot_be_executed_is_shown_and_ends_nothing(place: Place) -> None:
    root = place.git.root
    place.lab.commit(40)
    place.lab.write("memtune.yaml", "version: 1\nscenarios: {")
    place.lab.commit("broken")
    place.lab.write(
        "memtune.yaml", "version: 1\nscenarios: {other: {workload: ./workload.yaml, max: 1MiB}}\n"
    )
    place.lab.commit("renamed")
    (root / "memtune.yaml").unlink()
    place.lab.commit("removed")
    place.git("checkout", "--quiet", "HEAD~3", "--", "memtune.yaml")
    place.lab.write("workload.yaml", BUILT)
    (root / "Dockerfile").write_text("FROM nothing\n")
    (root / "broken").touch()
    place.lab.commit("unbuilt")
    (root / "broken").unlink()
    place.lab.commit("oom")
    place.lab.commit("crash")
    place.lab.commit(41)

    track = place.measure()

    assert needs(track) == [40, None, None, None, None, None, None, 41]
    problems = [point.problem for point in track.points]
    assert problems[0] == problems[-1] == ""
    assert problems[1].startswith("memtune.yaml:2: not valid YAML")
    assert problems[2] == "no such scenario"
    assert problems[3].startswith("memtune.yaml: cannot read the file")
    assert problems[4] == "preparing the image build .: no such base"
    assert problems[5].startswith("outcome: oom_main")
    assert problems[6].startswith("outcome: failed")
    assert track.points[-1].change == pytest.approx(0.025, abs=0.01)


def test_a_machine_that_can_execute_nothing_ends_the_command(place: Place) -> None:
    place.lab.write("workload.yaml", BUILT)
    (place.git.root / "Dockerfile").write_text("FROM nothing\n")
    (place.git.root / "broken").touch()
    place.lab.commit("unbuilt")
    place.is_ready = False

    with pytest.raises(HostError, match="the daemon went away"):
        place.measure()


def test_an_interruption_ends_the_command_and_keeps_what_was_measured(place: Place) -> None:
    place.lab.commit(40)
    place.measure()
    place.lab.commit(41)
    place.is_cancelled = True

    with pytest.raises(CancelledError):
        place.measure()

    place.is_cancelled = False
    before = place.runs
    place.measure("HEAD~1")
    assert place.runs == before


def test_baselines_and_measured_commits_stand_in_the_order_of_commits(place: Place) -> None:
    place.lab.store(40, "")
    place.lab.commit(40)
    place.lab.commit(41)
    place.lab.store(42, "")
    place.lab.commit(42)
    before, _ = recorded(place.repository, FILE)
    found: list[Found] = [*before, *_measured(place)]

    (track,) = tracks(place.repository, found, ["words"])

    assert needs(track) == [40, 40, 41, 42, 42]
    origins = [point.origin for point in track.points]
    assert origins == [Origin.BASELINE, *[Origin.MEASURED] * 2, Origin.BASELINE, Origin.MEASURED]


def _measured(place: Place) -> Iterator[Found]:
    for point in place.measure().points:
        yield Found("words", place.environment, point)


def test_a_subject_that_is_no_text_can_be_written_out(place: Place) -> None:
    place.lab.write("need", "40")
    message = place.git.root / "message"
    message.write_bytes(b"caf\xe9 \x1b[31mred")
    place.git("add", "--all")
    place.git("-c", "i18n.commitEncoding=bogus", "commit", "--quiet", "--file", "message")

    result = History("", (place.measure(),))

    assert result.tracks[0].points[0].subject.startswith("caf")
    assert '"caf' in dump("history", result)
    result.tracks[0].points[0].subject.encode()


def test_commits_of_a_range_are_those_of_the_first_parent(place: Place) -> None:
    first = place.lab.commit(40)
    place.git("checkout", "--quiet", "-b", "side")
    place.lab.write("side", "")
    place.lab.commit(40)
    place.git("checkout", "--quiet", "main")
    second = place.lab.commit(41)
    place.git("merge", "--quiet", "--no-ff", "--message", "merged", "side")
    place.git("config", "log.showSignature", "true")

    found = place.repository.commits("HEAD")

    assert [one.commit for one in found] == [first, second, place.git("rev-parse", "HEAD")]
    assert found[-1].subject == "merged"
    assert place.repository.in_order({second, first}) == [first, second]
    assert place.repository.in_order(set()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--measure", "none..HEAD"], "git knows no commits 'none..HEAD'"),
        (["--measure=--all"], "git knows no commits '--all'"),
        (["--measure="], "git knows no commits ''"),
        (["--file", "/nowhere/memtune.yaml"], "there is no directory /nowhere"),
        (["--measure", "HEAD..HEAD"], "holds no commits"),
        (["wrods"], "there is no scenario 'wrods'"),
        ([], "no baseline was ever committed"),
        (["words"], "no baseline was ever committed"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error_with_a_hint(
    place: Place, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place.lab.commit(40)

    code = main(["history", "--file", str(place.git.root / "memtune.yaml"), *words])

    complaint = capsys.readouterr().err
    assert code == 2
    assert said in complaint
    assert "hint: " in complaint


def test_outside_a_repository_there_is_no_history(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["history", "--file", str(tmp_path / "memtune.yaml")])

    assert code == 2
    assert "lies in no git repository" in capsys.readouterr().err


def test_a_growth_of_half_ends_with_0(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    for need in (40, 60):
        place.lab.store(need, "")
        place.lab.commit(need)

    code = main(["history", "--file", str(place.git.root / "memtune.yaml")])

    assert code == 0
    assert "+50." in capsys.readouterr().out
