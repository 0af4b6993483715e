"""What is asked of git, on real repositories."""

import tempfile
from pathlib import Path

import pytest

from memtune.errors import HostError
from memtune.repository import Repository, find
from tests.fakes import OWNER, nobody_lives
from tests.git import Git


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here nobody lives, so checkouts of others must not be where these are swept."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path / "project with space")


def repository(git: Git) -> Repository:
    found = find(git.root)
    assert found is not None
    return found


def write(git: Git, text: str, name: str = "file") -> str:
    (git.root / name).write_text(text)
    return git.commit(text.strip() or "empty")


def test_a_directory_outside_has_no_repository(tmp_path: Path) -> None:
    assert find(tmp_path) is None


def test_the_repository_is_found_from_below(git: Git) -> None:
    below = git.root / "below"
    below.mkdir()

    found = find(below)

    assert found is not None
    assert found.root == git.root


def test_a_hook_of_another_repository_leads_nowhere_else(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(git, "1")
    other = Git(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.root))

    found = find(git.root)

    assert found is not None
    assert (found.root, found.commit()) == (git.root, first)


def test_names_become_commits(git: Git) -> None:
    first = write(git, "1")
    git("tag", "one")
    second = write(git, "2")

    found = repository(git)

    assert found.commit() == second
    assert found.commit("one") == found.commit("HEAD~1") == first
    assert found.commit("none") is None
    assert found.commit("--all") is None


def test_a_repository_without_commits_has_no_head(git: Git) -> None:
    assert repository(git).commit() is None


def test_changes_are_seen_but_for_what_may_change(git: Git) -> None:
    write(git, "1")
    (git.root / "new").write_text("")
    (git.root / "lock").write_text("")

    assert repository(git).changes("lock") == ["new"]


def test_changes_that_a_configuration_hides_are_seen(git: Git) -> None:
    write(git, "1")
    git("config", "status.showUntrackedFiles", "no")
    (git.root / "new").write_text("")

    assert repository(git).changes() == ["new"]


def test_a_file_is_read_as_it_was(git: Git) -> None:
    first = write(git, "1")
    write(git, "2")

    assert repository(git).file(first, "file") == "1"
    assert repository(git).file(first, "other") is None


def test_the_commit_that_wrote_a_text_is_found(git: Git) -> None:
    write(git, "1")
    wanted = write(git, "abc1234")
    write(git, "abc1234 and more")

    assert repository(git).where_written("abc1234", "file") == wanted
    assert repository(git).where_written("def", "file") is None


def test_a_text_that_stands_there_less_often_was_not_written_then(git: Git) -> None:
    wanted = write(git, "abc1234 abc1234")
    write(git, "abc1234 def")

    assert repository(git).where_written("abc1234", "file") == wanted


def test_the_end_of_a_shallow_clone_has_not_written_what_is_in_it(git: Git, tmp_path: Path) -> None:
    write(git, "abc1234")
    write(git, "x", "other")
    git("clone", "--quiet", "--depth=1", f"file://{git.root}", str(tmp_path / "shallow"))

    found = find(tmp_path / "shallow")

    assert found is not None
    assert found.where_written("abc1234", "file") is None


def test_versions_of_a_file_are_listed_oldest_first(git: Git) -> None:
    commits = [write(git, "1"), write(git, "2\0"[:1])]
    write(git, "x", "other")

    assert [version.commit for version in repository(git).versions("file")] == commits
    assert [version.subject for version in repository(git).versions("file")] == ["1", "2"]


def test_a_commit_is_checked_out_and_gone_afterwards(git: Git) -> None:
    first = write(git, "1")
    write(git, "2")
    (git.root / ".git" / "hooks" / "post-checkout").write_text("#!/bin/sh\ntouch hooked\n")
    (git.root / ".git" / "hooks" / "post-checkout").chmod(0o755)

    with repository(git).checked_out(first, OWNER, nobody_lives) as directory:
        assert (directory / "file").read_text() == "1"
        assert not (directory / "hooked").exists()
        assert directory.stat().st_mode & 0o777 == 0o755

    assert not directory.exists()
    assert git("worktree", "list").count("\n") == 0
    assert (git.root / "file").read_text() == "2"


def test_a_checkout_has_its_submodules(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")  # git fetches no submodule from a path otherwise
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "protocol.file.allow")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "always")
    other = Git(tmp_path / "other")
    write(other, "shared")
    git("submodule", "--quiet", "add", str(other.root), "below")
    commit = git.commit("with a submodule")

    with repository(git).checked_out(commit, OWNER, nobody_lives) as directory:
        assert (directory / "below" / "file").read_text() == "shared"

    assert git("worktree", "list").count("\n") == 0


def test_checkouts_of_the_dead_are_removed_and_those_of_the_living_kept(git: Git) -> None:
    first = write(git, "1")
    with repository(git).checked_out(first, "1.2.alive", lambda owner: "alive" in owner) as living:
        with repository(git).checked_out(first, "1.2.dead", lambda owner: "alive" in owner) as dead:
            (living / "kept").touch()
            with repository(git).checked_out(first, OWNER, lambda owner: "alive" in owner):
                assert not dead.exists()
        assert (living / "kept").exists()


def test_a_commit_that_cannot_be_checked_out_is_an_error(git: Git) -> None:
    write(git, "1")

    with (
        pytest.raises(HostError, match="git failed"),
        repository(git).checked_out("0" * 40, OWNER, nobody_lives),
    ):
        pass
