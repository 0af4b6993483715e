"""action.yml: what a reader of it can see, and its steps executed as a runner would, without
containers."""

import re
import sys
from pathlib import Path

import pytest

from tests.ci import ACTION, EXPRESSION, GitHub, load
from tests.git import Git

DESCRIBED = load(ACTION)
STEPS = DESCRIBED["runs"]["steps"]
SCRIPTS = [step for step in STEPS if "run" in step]
ECHO = """\
#!/bin/sh
printf '<%s>\\n' "$@" > "$SEEN"
exit "$CODE"
"""


@pytest.mark.parametrize("step", SCRIPTS, ids=lambda step: step["id"])
def test_no_input_is_text_of_a_script(step: dict[str, str]) -> None:
    assert "${{" not in step["run"]
    assert step["shell"] == "bash"


def test_every_input_is_used_and_every_used_one_is_described() -> None:
    used = set(re.findall(r"\binputs\.([\w-]+)", str(STEPS)))

    assert used == DESCRIBED["inputs"].keys()


def test_what_is_put_out_is_an_output_of_a_step() -> None:
    ids = {step["id"] for step in SCRIPTS}

    for output in DESCRIBED["outputs"].values():
        [name] = EXPRESSION.findall(output["value"])
        _, step, _, key = name.split(".")
        assert step in ids
        assert f'echo "{key}=' in str(STEPS)


def test_other_actions_are_pinned_to_a_major() -> None:
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", s["uses"]) for s in STEPS if "uses" in s)


class Origin:
    """A repository with a pull request that was opened some commits ago."""

    def __init__(self, directory: Path) -> None:
        self.git = git = Git(directory / "origin")
        self.opened_on = git.commit("base")
        git("switch", "--quiet", "--create", "feature")
        (git.root / "feature").touch()
        self.head = git.commit("feature")
        git("switch", "--quiet", "main")
        (git.root / "other").touch()
        self.merged_into = git.commit("what others added")
        git("merge", "--quiet", "--no-ff", "--message", "Merge", "feature")
        git("update-ref", "refs/pull/1/merge", "HEAD")
        git("reset", "--quiet", "--hard", self.merged_into)

    @property
    def event(self) -> dict[str, object]:
        base, head = {"sha": self.opened_on}, {"sha": self.head}
        return {"pull_request": {"base": base, "head": head}}

    def checked_out(self, directory: Path, ref: str, *depth: str) -> Git:
        """Do what actions/checkout does."""
        there = Git(directory)
        there("remote", "add", "origin", f"file://{self.git.root}")
        there("fetch", "--quiet", "--no-tags", *depth, "origin", f"+{ref}:refs/remotes/pull/1")
        there("checkout", "--quiet", "--detach", "refs/remotes/pull/1")
        return there


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path)


def test_a_pull_request_answers_only_for_itself(origin: Origin, tmp_path: Path) -> None:
    there = origin.checked_out(tmp_path / "work", "refs/pull/1/merge", "--depth=1")

    job = GitHub(there.root, tmp_path / "temp", event=origin.event).execute("base")

    assert (job.code, job.outputs["base"]) == (0, {"against": origin.merged_into})
    assert there("rev-parse", "--is-shallow-repository") == "false"
    assert there("rev-parse", f"{origin.opened_on}^{{commit}}") == origin.opened_on


def test_a_branch_that_is_checked_out_itself_is_compared_with_its_base(
    origin: Origin, tmp_path: Path
) -> None:
    there = origin.checked_out(tmp_path / "work", "refs/heads/feature")

    job = GitHub(there.root, tmp_path / "temp", event=origin.event).execute("base")

    assert (job.code, job.outputs["base"]) == (0, {"against": origin.opened_on})


def test_the_commit_that_was_asked_for_wins(origin: Origin, tmp_path: Path) -> None:
    there = origin.checked_out(tmp_path / "work", "refs/pull/1/merge")

    job = GitHub(there.root, tmp_path / "temp", event=origin.event)
    job.execute("base", against="origin/main")

    assert job.outputs["base"] == {"against": "origin/main"}


def test_without_a_pull_request_the_baselines_count(origin: Origin, tmp_path: Path) -> None:
    there = origin.checked_out(tmp_path / "work", "refs/heads/main")

    job = GitHub(there.root, tmp_path / "temp").execute("base")

    assert (job.code, job.outputs["base"]) == (0, {"against": ""})


def test_a_history_that_cannot_be_fetched_is_said_with_what_to_do(
    origin: Origin, tmp_path: Path
) -> None:
    there = origin.checked_out(tmp_path / "work", "refs/pull/1/merge", "--depth=1")
    there("remote", "set-url", "origin", f"file://{tmp_path}/gone")

    job = GitHub(there.root, tmp_path / "temp", event=origin.event).execute("base")

    assert job.code == 3
    assert "::error title=memtune::" in job.log
    assert "fetch-depth: 0" in job.log


class Check:
    """The step that checks, with a memtune that only says what it was asked for."""

    def __init__(self, directory: Path, code: int = 0) -> None:
        memtune = directory / "python"
        memtune.write_text(ECHO)
        memtune.chmod(0o755)
        self.seen = directory / "seen"
        self.job = GitHub(
            directory,
            directory / "temp",
            env={"CODE": str(code), "SEEN": str(self.seen)},
            outputs={"install": {"python": str(memtune)}, "base": {"against": ""}},
        )

    def words(self) -> list[str]:
        return [line[1:-1] for line in self.seen.read_text().splitlines()]


def test_each_line_of_an_input_is_one_word(tmp_path: Path) -> None:
    check = Check(tmp_path)

    check.job.execute(
        "check",
        scenarios="words\n\n  two words\n",
        image="api=shop:dev\ndb=pg",
        reports="csv:a b.csv",
        file="ci/memtune.yaml",
    )

    words = check.words()
    assert words[:4] == ["-P", "-m", "memtune", "check"]
    assert "--file=ci/memtune.yaml" in words
    assert words[-5:] == [
        "--report=csv:a b.csv",
        "--image=api=shop:dev",
        "--image=db=pg",
        "words",
        "two words",
    ]
    assert not [word for word in words if word.startswith("--against")]


@pytest.mark.parametrize(
    "name", ["scenarios", "file", "against", "image", "reports", "inconclusive"]
)
def test_no_input_is_executed(tmp_path: Path, name: str) -> None:
    hostile = "$(touch pwned)`touch pwned`\"; touch pwned; '"
    check = Check(tmp_path)
    check.job.outputs["base"]["against"] = hostile

    check.job.execute("check", **{name: hostile})

    assert not (tmp_path / "pwned").exists()
    if name != "inconclusive":
        assert any(hostile in word for word in check.words())


@pytest.mark.parametrize(
    ("code", "inconclusive", "ends", "ruling", "said"),
    [
        (0, "fail", 0, "pass", ""),
        (1, "fail", 1, "fail", ""),
        (4, "fail", 4, "inconclusive", "::error title=memtune::the runs did not decide"),
        (4, "warn", 0, "inconclusive", "::warning title=memtune::the runs did not decide"),
        (1, "warn", 1, "fail", ""),
        (2, "warn", 2, "", "exit code 2"),
        (3, "warn", 3, "", "exit code 3"),
        (70, "warn", 70, "", "exit code 70"),
        (130, "fail", 130, "", "exit code 130"),
    ],
)
def test_how_a_check_ends_is_how_the_step_ends(
    tmp_path: Path, code: int, inconclusive: str, ends: int, ruling: str, said: str
) -> None:
    job = Check(tmp_path, code).job.execute("check", inconclusive=inconclusive)

    assert (job.code, job.outputs["check"]["ruling"]) == (ends, ruling)
    assert said in job.log
    assert ("::" in job.log) == bool(said)


def test_a_word_that_inconclusive_does_not_know_ends_before_anything_is_executed(
    tmp_path: Path,
) -> None:
    check = Check(tmp_path)

    check.job.execute("check", inconclusive="ignore")

    assert check.job.code == 2
    assert "neither fail nor warn" in check.job.log
    assert not check.seen.exists()


def test_an_old_python_is_said_with_what_to_do(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text(f'#!/bin/sh\nexec {sys.executable} -c "print()"\n')
    old.chmod(0o755)

    job = GitHub(tmp_path, tmp_path / "temp").execute("install", python="./python")

    assert job.code == 3
    assert "Python 3.11 or newer: use actions/setup-python" in job.log
