"""What ``memtune compare`` is about: each side from its word, stored or to be executed."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from memtune.cli.gate import with_image
from memtune.cli.target import Target, target
from memtune.compare import Stored
from memtune.config.catalogue import load_profile
from memtune.config.names import is_path
from memtune.errors import UsageError
from memtune.model import Judged, Settings
from memtune.repository import Repository, find
from memtune.side import SHORT, defined_at
from memtune.store import DIRECTORY, Store

HERE = "here"
"""The workload as it is, where nothing else is to be said of a side."""
FORMS = (
    "a side is a profile (NAME or FILE), settings (workers=1,cache_size=250), image:NAME, "
    f"commit:REF, run:ID, study:ID, or {HERE}"
)
SHOWN = 5
"""Studies or runs that a hint names."""
SEVERAL_SIDES = ("check", "baseline", "compare")
"""Commands whose studies hold runs of more than one state of the code."""


class Form(StrEnum):
    """What a word names, as it is written before a colon."""

    IMAGE = "image"
    COMMIT = "commit"
    RUN = "run"
    STUDY = "study"
    SETTINGS = ""
    PROFILE = "profile"
    HERE = "here"

    @property
    def is_stored(self) -> bool:
        """Whether nothing is to be executed."""
        return self in (Form.RUN, Form.STUDY)


PREFIXES = (Form.IMAGE, Form.COMMIT, Form.RUN, Form.STUDY)


@dataclass(frozen=True)
class Word:
    """One side, as it was written."""

    text: str
    form: Form
    name: str
    """The text without its prefix."""


@dataclass(frozen=True)
class Planned:
    """A side that is to be executed."""

    word: Word
    target: Target
    what: str = ""
    """As in Compared."""


@dataclass(frozen=True)
class Common:
    """What all sides share, as the options say it."""

    workload: str | None
    profile: str | None
    cap: str | None
    assigned: tuple[str, ...]

    def target(self, *assigned: str) -> Target:
        """Return the target with more settings."""
        return target(None, self.workload, self.profile, self.cap, [*self.assigned, *assigned])

    def below(self, repository: Repository, root: Path) -> "Common":
        """Return the same, with the files of a repository as they are below another root."""
        workload, profile = (
            _moved(name, repository.root.resolve(), root) for name in (self.workload, self.profile)
        )
        return replace(self, workload=workload, profile=profile)


def parse(texts: Sequence[str]) -> list[Word]:
    """Return what each text names.

    Raises UsageError for fewer than two, and for a prefix that there is not.
    """
    if len(texts) < 2:
        raise UsageError(
            "one side has nothing to be compared with",
            hint=f"name a second one, such as {HERE}; {FORMS}",
        )
    return [_word(text) for text in texts]


def _word(text: str) -> Word:
    prefix, colon, name = text.partition(":")
    if colon and "=" not in prefix and not is_path(text) and prefix not in PREFIXES:
        raise UsageError(f"{text!r} is no side: nothing is called {prefix!r}", hint=FORMS)
    if colon and prefix in PREFIXES:
        if not name:
            raise UsageError(f"{text!r} names nothing behind its colon", hint=FORMS)
        return Word(text, Form(prefix), name)
    if text == HERE:
        return Word(text, Form.HERE, "")
    if "=" in text and not is_path(text):
        return Word(text, Form.SETTINGS, text)
    return Word(text, Form.PROFILE, text)


@contextmanager
def resolved(words: Sequence[Word], common: Common) -> Iterator[list[Planned | Stored]]:
    """Yield the side that each word names, with commits checked out while the block lasts.

    Raises UsageError and ConfigError for what does not exist or cannot be compared, HostError
    for a commit that cannot be executed, and StoreError.
    """
    with ExitStack() as stack:
        sides = [
            _stored(word) if word.form.is_stored else _planned(word, common, stack)
            for word in words
        ]
        _refuse_unlike_workloads(sides)
        yield sides


def _planned(word: Word, common: Common, stack: ExitStack) -> Planned:
    match word.form:
        case Form.SETTINGS:
            return Planned(word, common.target(*word.name.split(",")))
        case Form.PROFILE:
            _refuse_no_profile(word)
            return Planned(word, replace(common, profile=word.name).target())
        case Form.IMAGE:
            here = common.target()
            image = with_image(here.workload, word.name, "image:")
            return Planned(word, replace(here, workload=image))
        case Form.COMMIT:
            return stack.enter_context(_at_commit(word, common))
    return Planned(word, common.target())


def _refuse_no_profile(word: Word) -> None:
    try:
        load_profile(word.name)
    except UsageError as error:
        raise UsageError(error.message, hint=f"{error.hint}; {FORMS}") from error


@contextmanager
def _at_commit(word: Word, common: Common) -> Iterator[Planned]:
    workload = common.target().workload
    if not workload.file:
        raise UsageError(
            f"{word.text}: {workload.name} is built into memtune, and has no commits",
            hint="name a workload file of a git repository with --workload FILE",
        )
    repository = find(Path(workload.file).parent)
    commit = repository.commit(word.name) if repository else None
    if repository is None or commit is None:
        where = "there is no such commit" if repository else "there is no git repository"
        raise UsageError(
            f"{word.text}: {where} where {workload.file} lies",
            hint="name a branch, a tag or a commit that `git log` shows there; fetch it first",
        )

    def load(root: Path) -> Target:
        there = common.below(repository, root).target()
        if not Path(there.workload.file).is_relative_to(root):
            raise UsageError("its workload file lies outside of the repository")
        return there

    hint = "name a commit that has it, with the same knobs"
    with defined_at(repository, commit, workload.name, hint, load) as there:
        yield Planned(word, there, f"commit {commit[:SHORT]}")


def _moved(name: str | None, old: Path, new: Path) -> str | None:
    """Return where a file of one root is below another; other names stay."""
    if name is None or not is_path(name):
        return name
    path = Path(name).resolve()
    return str(new / path.relative_to(old)) if path.is_relative_to(old) else name


def _stored(word: Word) -> Stored:
    """Return the runs of a study, or a single one."""
    if not Path(DIRECTORY).is_dir():
        raise UsageError(
            f"{word.text}: there is no {DIRECTORY} in this directory",
            hint="change to the directory that memtune was executed in",
        )
    with closing(Store(Path(DIRECTORY))) as store:
        study, judged = _run(word, store) if word.form is Form.RUN else _study(word, store)
        row = next(row for row in store.studies() if row.id == study)
        one = judged[0].run.settings
        count = f"{len(judged)} run{'s' * (len(judged) != 1)} of {row.command}, {row.created_at}"
        what = ", ".join(part for part in (count, str(one)) if part)
        return Stored(word.text, what, store.environment(study), judged)


def _run(word: Word, store: Store) -> tuple[str, tuple[Judged, ...]]:
    found = store.run(word.name)
    if found is None:
        raise UsageError(
            f"{word.text}: there is no such run in {DIRECTORY}",
            hint="`memtune studies` lists the studies, `memtune show STUDY --json` has their runs",
        )
    study, judged = found
    if judged is None:
        raise UsageError(
            f"{word.text}: that run warmed the page cache or was made under memray",
            hint="it decides nothing, and is not compared with runs that do",
        )
    return study, (judged,)


def _study(word: Word, store: Store) -> tuple[str, tuple[Judged, ...]]:
    rows = store.studies()
    if word.name not in [row.id for row in rows]:
        newest = ", ".join(f"study:{row.id} ({row.command} {row.workload})" for row in rows[:SHOWN])
        raise UsageError(
            f"{word.text}: there is no such study in {DIRECTORY}",
            hint=f"`memtune studies` lists them; the newest: {newest}" if newest else "none is yet",
        )
    judged = tuple(store.judged(word.name))
    if not judged:
        raise UsageError(f"{word.text}: none of its runs decides", hint="name another one")
    alike: dict[tuple[Settings, int], Judged] = {}
    for one in judged:
        alike.setdefault((one.run.settings, one.run.cap_bytes), one)
    row = next(row for row in rows if row.id == word.name)
    if len(alike) > 1 or row.command in SEVERAL_SIDES:
        some = list(alike.values())[:SHOWN]
        named = ", ".join(f"run:{one.run.id} ({one.run.settings or one.reason})" for one in some)
        raise UsageError(
            f"{word.text}: its runs are not all of the same settings, cap and code",
            hint=f"name a single one, such as {named}",
        )
    return word.name, judged


def _refuse_unlike_workloads(sides: Sequence[Planned | Stored]) -> None:
    names = [
        (side.word.text, side.target.workload.name)
        if isinstance(side, Planned)
        else (side.label, side.judged[0].run.workload)
        for side in sides
    ]
    first, whose = names[0]
    for text, name in names:
        if name != whose:
            raise UsageError(
                f"{text} is of the workload {name}, {first} of {whose}",
                hint="sides of one workload can be compared; --workload FILE says which",
            )
