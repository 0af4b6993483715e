"""The use case: files of memtune -> the first mistake of each; executes nothing."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from memtune import baselines
from memtune.config import budgets
from memtune.config.files import hold, kind_of, opened, referred
from memtune.config.json_schema import FileKind
from memtune.errors import ConfigError, MemtuneError, Place, UsageError, did_you_mean


@dataclass(frozen=True)
class Remark:
    """What is to be said of one place."""

    where: Place
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Validation:
    """What was looked at, and what is wrong with it."""

    files: tuple[str, ...]
    mistakes: tuple[Remark, ...]
    """The first of each file."""
    notes: tuple[Remark, ...]
    """What is no mistake, and not finished either."""


def validate(files: Sequence[Path]) -> Validation:
    """Look at files and at what they refer to; with budgets, at the baselines beside them too."""
    waiting, seen = list(files), list[str]()
    found: dict[str, Remark] = {}
    notes: list[Remark] = []
    while waiting:
        file = Path(os.path.abspath(waiting.pop(0)))
        if str(file) in seen:
            continue
        seen.append(str(file))
        for remark in _mistakes(file, waiting, notes):
            found.setdefault(remark.where.file, remark)
    # A file may be found wrong through another one: each is shown where it was looked at.
    shown = sorted(found.values(), key=lambda one: _position(seen, one.where.file))
    return Validation(
        tuple(_near(file) for file in seen), tuple(map(_shown, shown)), tuple(map(_shown, notes))
    )


def _mistakes(file: Path, waiting: list[Path], notes: list[Remark]) -> Iterator[Remark]:
    """Yield what is wrong with a file; append what it refers to, and what is to be noted."""
    try:
        if file.suffix == ".json":
            _hold_lock(file)
            return
        document = opened(file)
        kind = kind_of(document)
    except ConfigError as error:
        yield _remark(error, file)
        return
    lock = file.with_name(baselines.FILE)
    if kind is FileKind.BUDGETS and lock.exists():
        waiting.append(lock)
    try:
        waiting.extend(referred(document, kind))
    except ConfigError as error:
        yield _remark(error, file)
        return
    try:
        asking = hold(document, kind)
    except (ConfigError, UsageError) as error:
        yield _remark(error, file)
        return
    accepted = _names(lock)
    notes.extend(
        Remark(
            document.place(("scenarios", name, "growth")),
            f"{name} has no baseline in {baselines.FILE} yet, so its check fails",
            "`memtune baseline update`, and commit the file",
        )
        for name in asking
        if accepted is not None and name not in accepted
    )


def _hold_lock(file: Path) -> None:
    """Raise ConfigError for a lock file that memtune did not write, or of other scenarios."""
    if not file.is_file():
        raise ConfigError("there is no such file", where=Place(str(file)), hint="check the path")
    accepted = baselines.load_baselines(file)
    of = file.with_name(budgets.FILE)
    if not of.is_file():
        return
    try:
        scenarios = opened(of).data.get("scenarios")
    except ConfigError:
        return  # a mistake of that file
    known = list(scenarios) if isinstance(scenarios, dict) else []
    for name in accepted:
        if name not in known:
            raise ConfigError(
                f"{budgets.FILE} has no scenario {name!r}",
                where=Place(str(file), _line_of(file, name), f"scenarios.{name}"),
                hint=_what_happened(name, known),
            )


def _what_happened(name: str, known: Iterable[str]) -> str:
    close = did_you_mean(name, known)
    renamed = f"{close} " if close.startswith("did you mean") else ""
    return f"{renamed}Renamed or removed scenarios: `memtune baseline update`"


def _line_of(file: Path, name: str) -> int | None:
    lines = file.read_text(encoding="utf-8").split("\n")
    opening = f"    {json.dumps(name)}: {{"
    return lines.index(opening) + 1 if opening in lines else None


def _names(lock: Path) -> set[str] | None:
    """The scenarios that have a baseline; None where the lock file itself is wrong."""
    try:
        return set(baselines.load_baselines(lock))
    except ConfigError:
        return None


def _remark(error: MemtuneError, file: Path) -> Remark:
    return Remark(error.where or Place(str(file)), error.message, error.hint)


def _position(seen: list[str], file: str) -> int:
    file = os.path.abspath(file)
    return seen.index(file) if file in seen else len(seen)


def _shown(remark: Remark) -> Remark:
    where = remark.where
    return Remark(Place(_near(where.file), where.line, where.key), remark.message, remark.hint)


def _near(file: str) -> str:
    """A path as it is seen from the present directory, where it lies below that."""
    relative = os.path.relpath(file)
    return file if relative.startswith("..") else relative
