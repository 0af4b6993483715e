"""The grammar of ``memtune compare``'s sides, against real repositories and stores."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from memtune.cli.sides import Common, Form, Planned, parse, resolved
from memtune.compare import Stored
from memtune.errors import HostError, UsageError
from memtune.model import Judged, Outcome, Ruling, Run, Settings, Verdict
from memtune.model.run import Measurement
from memtune.store import DIRECTORY, Store
from tests.fakes import ENVIRONMENT, OWNER, nobody_lives
from tests.git import Git

WORKLOAD = """\
version: 1
name: job
kind: pipeline
image: host
command: [python, {script}]
cap: 128MiB
space:
  mib: {{values: [5, 10], env: MIB}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A repository whose first commit, ``v1``, executes another script."""
    git = Git(tmp_path / "project")
    for script in ("old.py", "new.py"):
        git.root.joinpath("workload.yaml").write_text(WORKLOAD.format(script=script))
        git.commit(script)
        if script == "old.py":
            git("tag", "v1")
    monkeypatch.chdir(git.root)
    return git


COMMON = Common("workload.yaml", None, None, ())


def planned(text: str, common: Common = COMMON) -> Planned:
    with resolved(parse([text, "here"]), common) as (side, _):
        assert isinstance(side, Planned)
        return side


@pytest.mark.parametrize(
    ("text", "form", "name"),
    [
        ("conservative", Form.PROFILE, "conservative"),
        ("./a=b.yaml", Form.PROFILE, "./a=b.yaml"),
        ("workers=1,cache_size=250", Form.SETTINGS, "workers=1,cache_size=250"),
        ("image:registry.example/web:2", Form.IMAGE, "registry.example/web:2"),
        ("image:web=web:2", Form.IMAGE, "web=web:2"),
        ("commit:HEAD~1", Form.COMMIT, "HEAD~1"),
        ("run:run-1", Form.RUN, "run-1"),
        ("study:1", Form.STUDY, "1"),
        ("here", Form.HERE, ""),
    ],
)
def test_a_word_says_what_it_names(text: str, form: Form, name: str) -> None:
    word, _ = parse([text, "here"])

    assert (word.form, word.name, word.text) == (form, name, text)


@pytest.mark.parametrize("texts", [["here"], ["here", "imag:x"], ["here", "commit:"]])
def test_what_is_no_side_is_told_with_all_forms(texts: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse(texts)

    for form in ("NAME or FILE", "workers=1", "image:NAME", "commit:REF", "run:ID", "study:ID"):
        assert form in caught.value.hint


def test_settings_stand_on_what_all_sides_share(project: Git) -> None:
    side = planned("mib=10", Common("workload.yaml", None, "64MiB", ("mib=5",)))

    assert side.target.settings == Settings.of({"mib": 10})
    assert side.target.cap_bytes == 64 * 1024**2


def test_here_is_the_workload_as_it_is(project: Git) -> None:
    side = planned("here")

    assert side.target.workload.programs[0].command == ("python", "new.py")
    assert side.target.settings == Settings()


def test_an_image_takes_the_place_of_the_workload_s(project: Git) -> None:
    side = planned("image:job:2")

    assert side.target.workload.programs[0].image.reference == "job:2"


def test_a_commit_is_executed_as_it_was_and_gone_afterwards(project: Git) -> None:
    with resolved(parse(["commit:v1", "here"]), COMMON) as (side, _):
        assert isinstance(side, Planned)
        workload = side.target.workload
        assert workload.programs[0].command == ("python", "old.py")
        assert Path(workload.directory, "workload.yaml").exists()

    assert side.what == f"commit {project('rev-parse', 'v1')[:10]}"
    assert not Path(workload.directory).exists()


def test_a_commit_of_a_profile_reads_the_profile_of_then(project: Git) -> None:
    profile = project.root / "small.yaml"
    profile.write_text("version: 1\nworkload: ./workload.yaml\ncap: 64MiB\nsettings: {mib: 5}\n")
    project.commit("a profile")
    project("tag", "v2")
    profile.write_text("version: 1\nworkload: ./workload.yaml\ncap: 96MiB\nsettings: {mib: 10}\n")

    side = planned("commit:v2", Common(None, "small.yaml", None, ()))

    assert side.target.cap_bytes == 64 * 1024**2
    assert side.target.settings == Settings.of({"mib": 5})


def test_a_commit_without_the_knob_or_the_file_cannot_be_executed(project: Git) -> None:
    text = WORKLOAD.format(script="new.py").replace("mib:", "size:")
    project.root.joinpath("workload.yaml").write_text(text)

    with pytest.raises(HostError, match=r"as it was at commit .*: there is no knob 'size'"):
        planned("commit:v1", Common("workload.yaml", None, None, ("size=5",)))


def test_a_commit_that_is_not_there_is_a_usage_error(project: Git) -> None:
    with pytest.raises(UsageError, match="there is no such commit where"):
        planned("commit:v9")


def test_what_is_built_in_has_no_commits(project: Git) -> None:
    with pytest.raises(UsageError, match="face is built into memtune"):
        planned("commit:v1", Common(None, None, None, ()))


def test_sides_of_two_workloads_are_not_compared(project: Git) -> None:
    project.root.joinpath("small.yaml").write_text(
        "version: 1\nworkload: ./workload.yaml\ncap: 64MiB\nsettings: {mib: 5}\n"
    )
    nothing = Common(None, None, None, ())

    with (
        pytest.raises(UsageError, match="conservative is of the workload face"),
        resolved(parse(["./small.yaml", "conservative"]), nothing),
    ):
        pass


class Shelf:
    """The store of the project, and runs in it."""

    def __init__(self) -> None:
        self.store = Store(Path(DIRECTORY))
        self._count = 0

    def study(self, *mib: int, command: str = "profile") -> str:
        """Store a study whose runs have these settings."""
        self._count += 1
        study, _ = self.store.open_study(
            f"key {self._count}", command, "job", ENVIRONMENT, OWNER, nobody_lives
        )
        for number, value in enumerate(mib):
            judged = self.run(f"run-{self._count}-{number}", value)
            self.store.save(study, judged.run, judged.verdict, judged.reason)
        return study

    def run(self, identity: str, mib: int) -> Judged:
        """A run that passed."""
        settings = Settings.of({"mib": mib})
        run = Run(
            identity, "job", settings, 2**27, "docker", Outcome.COMPLETED, 0, Measurement()
        )  # fmt: skip
        return Judged(run, Verdict(Ruling.PASS, ()), f"run of {mib}")


@pytest.fixture
def shelf(project: Git) -> Iterator[Shelf]:
    made = Shelf()
    with closing(made.store):
        yield made


def stored(text: str) -> Stored:
    with resolved(parse([text, text]), COMMON) as (side, _):
        assert isinstance(side, Stored)
        return side


def test_a_study_is_all_of_its_runs(shelf: Shelf) -> None:
    study = shelf.study(5, 5, 5)

    side = stored(f"study:{study}")

    assert [one.run.id for one in side.judged] == ["run-1-0", "run-1-1", "run-1-2"]
    assert side.environment == ENVIRONMENT
    assert side.what.startswith("3 runs of profile, ")
    assert side.what.endswith("mib=5")


def test_a_run_is_one_of_them(shelf: Shelf) -> None:
    shelf.study(5, 10)

    assert [one.run.id for one in stored("run:run-1-1").judged] == ["run-1-1"]


@pytest.mark.parametrize(("mib", "command"), [((5, 10), "recommend"), ((5, 5), "check")])
def test_a_study_of_several_sides_names_its_runs_instead(
    shelf: Shelf, mib: tuple[int, ...], command: str
) -> None:
    study = shelf.study(*mib, command=command)

    with pytest.raises(UsageError, match="not all of the same settings") as caught:
        stored(f"study:{study}")

    assert "run:run-1-0 (mib=5)" in caught.value.hint


def test_a_run_that_does_not_decide_is_not_compared(shelf: Shelf) -> None:
    study = shelf.study(5)
    shelf.store.save(study, shelf.run("warm", 5).run, None, "warms the page cache")

    with pytest.raises(UsageError, match="warmed the page cache"):
        stored("run:warm")


def test_an_unknown_study_names_those_that_there_are(shelf: Shelf) -> None:
    study = shelf.study(5)

    with pytest.raises(UsageError, match="there is no such study") as caught:
        stored("study:x")

    assert f"study:{study} (profile job)" in caught.value.hint


def test_without_a_store_nothing_stored_is_compared(project: Git) -> None:
    with pytest.raises(UsageError, match=r"there is no \.memtune"):
        stored("run:x")

    assert not Path(DIRECTORY).exists()
