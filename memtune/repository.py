"""The project's git repository: which commit this is, and other commits checked out beside it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from memtune.errors import HostError, UsageError

_PREFIX = "memtune-base-"
_OF_A_REPOSITORY = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
}
"""Of ``git rev-parse --local-env-vars``, those that choose a repository."""


@dataclass(frozen=True)
class Version:
    """A commit, such as one that changed a file."""

    commit: str
    at: str
    """When it was committed, ISO 8601 with offset."""
    subject: str


@dataclass(frozen=True)
class Repository:
    """A working tree of git."""

    root: Path

    def commit(self, name: str = "HEAD") -> str | None:
        """Return the full id of the commit that a name stands for; None where there is none."""
        found = self._git(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        )
        return found.stdout.strip() or None

    def changes(self, *but: str) -> list[str]:
        """Return the paths that differ from HEAD, or are new and not ignored; ``but`` are paths
        below the root that may."""
        excluded = [f":(top,exclude){path}" for path in but]
        # A user's configuration may hide new files and changed submodules.
        all_of_them = ("--untracked-files=normal", "--ignore-submodules=none")
        status = self._git("status", "--porcelain", "-z", *all_of_them, "--", ":(top)", *excluded)
        return [entry[3:] for entry in self._checked(status).split("\0") if entry[2:3] == " "]

    def file(self, commit: str, path: str) -> str | None:
        """Return the text of a file below the root as it is in a commit; None where it is not."""
        found = self._git("show", f"{commit}:{path}")
        return found.stdout if found.returncode == 0 else None

    def where_written(self, text: str, path: str) -> str | None:
        """Return the first commit that brought a text into a file; None where that was before
        the history that is here."""
        how = ("--reverse", "--no-show-signature", "--format=%H")
        found = self._git("log", *how, f"-S{text}", "--", f":(top){path}").stdout.split()
        return found[0] if found and found[0] not in self._cut() else None

    def remotes(self) -> list[str]:
        """Return the URLs of the repository's remotes."""
        found = self._git("config", "--get-regexp", r"^remote\..*\.url$")
        return [line.partition(" ")[2] for line in found.stdout.splitlines()]

    def versions(self, path: str) -> list[Version]:
        """Return the commits before and at HEAD that changed a file, the oldest first."""
        return self._log("--", f":(top){path}")

    def commits(self, span: str) -> list[Version]:
        """Return the commits of a range such as ``v1..HEAD``, the oldest first.

        Raises UsageError where git knows no such range.
        """
        if self._git("rev-list", "--max-count=1", "--end-of-options", span, "--").returncode != 0:
            raise UsageError(
                f"git knows no commits {span!r}", hint="write a range such as v1.0..HEAD"
            )
        return self._log("--end-of-options", span, "--")

    def in_order(self, commits: Collection[str]) -> list[str]:
        """Return commits such that each comes after those that it rests on."""
        if not commits:
            return []
        found = self._git("rev-list", "--topo-order", "--reverse", *sorted(commits), "--")
        return [commit for commit in self._checked(found).split() if commit in commits]

    @contextmanager
    def checked_out(self, commit: str, owner: str, lives: Callable[[str], bool]) -> Iterator[Path]:
        """Check a commit out into a directory of its own, which is gone when the block ends.

        ``owner`` names this process; directories whose owner does not ``live`` any more are
        removed. Raises HostError when git cannot.
        """
        _sweep(lives)
        directory = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{owner}-"))
        directory.chmod(0o755)  # the workload may be executed by another user
        try:
            self._checked(
                self._git("worktree", "add", "--detach", "--force", str(directory), commit)
            )
            if (directory / ".gitmodules").exists():
                self._checked(
                    _git(directory, "submodule", "--quiet", "update", "--init", "--recursive")
                )
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)
            self._git("worktree", "prune")

    def _cut(self) -> list[str]:
        """The commits that a shallow clone ends with: each seems to bring all that is in it."""
        found = self._git("rev-parse", "--git-path", "shallow")
        file = self.root / found.stdout.rstrip("\n")
        return file.read_text(encoding="ascii").split() if file.is_file() else []

    def _log(self, *which: str) -> list[Version]:
        how = ("--reverse", "--first-parent", "--no-show-signature", "--format=%H%x00%cI%x00%s")
        found = self._git("log", *how, *which)
        lines = self._checked(found).split("\n")
        return [Version(*line.split("\0")) for line in lines if line]

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _git(self.root, *arguments)

    def _checked(self, done: subprocess.CompletedProcess[str]) -> str:
        if done.returncode != 0:
            said = done.stderr.strip().splitlines()
            raise HostError(f"git failed: {said[-1] if said else done.args}")
        return done.stdout


def find(directory: Path) -> Repository | None:
    """Return the repository that a directory lies in; None where there is none or no git.

    Raises HostError where git refuses to say, such as for another user's repository.
    """
    try:
        found = _git(directory, "rev-parse", "--show-toplevel")
    except FileNotFoundError:
        return None
    if found.returncode == 0:
        return Repository(Path(found.stdout.rstrip("\n")))
    if "not a git repository" in found.stderr:
        return None
    said = found.stderr.strip().splitlines() or ["no reason given"]
    raise HostError(f"git failed: {said[0]}", hint="\n".join(said[1:]).strip())


def _git(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-C", str(directory), "-c", "core.hooksPath=/dev/null", *arguments],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )


def _environment() -> dict[str, str]:
    """Of git: in a hook, variables name the repository that the hook belongs to."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY}
    return kept | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}


def _sweep(lives: Callable[[str], bool]) -> None:
    """Remove the checkouts of memtunes that were killed."""
    for directory in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if not lives(directory.name.removeprefix(_PREFIX).rpartition("-")[0]):
            shutil.rmtree(directory, ignore_errors=True)
