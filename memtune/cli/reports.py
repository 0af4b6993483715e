"""``--report FORMAT:PATH``: what the gate found, written where teams look."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from memtune.errors import HostError, UsageError, did_you_mean
from memtune.files import write_whole
from memtune.repository import find

if TYPE_CHECKING:
    from memtune.model import GateResult

_APPENDED = "github"
"""Its file, the step summary, belongs to the whole step."""


@dataclass(frozen=True)
class Report:
    """One report that was asked for."""

    format: str
    path: Path


def parse(texts: Sequence[str] | None) -> list[Report]:
    """Return the reports that ``FORMAT:PATH`` words ask for, before anything is executed.

    Directories that are missing are made. Raises UsageError for a word that is none and for two
    reports in one file, and HostError for a file that cannot be written.
    """
    reports = [_parsed(text) for text in texts or ()]
    taken: dict[Path, Report] = {}
    for report in reports:
        other = taken.setdefault(_target(report), report)
        if other is not report:
            raise UsageError(
                f"--report: {other.format} and {report.format} would both be written to "
                f"{report.path}",
                hint="give each a file of its own",
            )
    for report in reports:
        _check_writable(report)
    return reports


def _parsed(text: str) -> Report:
    from memtune.report.formats import FORMATS

    name, _, path = text.partition(":")
    if name not in FORMATS:
        raise UsageError(
            f"--report {text!r}: there is no format {name!r}", hint=did_you_mean(name, FORMATS)
        )
    if not path:
        raise UsageError(
            f"--report {text!r} names no file",
            hint="outside GitHub Actions $GITHUB_STEP_SUMMARY is empty"
            if name == _APPENDED
            else f"write --report {name}:PATH",
        )
    if path == "-":
        raise UsageError(
            f"--report {text!r}: reports are files, since stdout has the screen",
            hint="name a file; `memtune check --json` prints JSON",
        )
    # Shells leave the ~ behind a colon alone.
    return Report(name, Path(os.path.expanduser(path)))


def _check_writable(report: Report) -> None:
    with _translated(report):
        if report.path.is_dir():
            raise UsageError(
                f"--report {report.format}: {report.path} is a directory",
                hint=f"name a file in it: {report.format}:{report.path / 'memtune'}",
            )
        if _is_special(report.path):
            return  # to open a pipe would wait for its reader
        report.path.parent.mkdir(parents=True, exist_ok=True)
        if report.format == _APPENDED:
            report.path.open("a").close()
        else:
            with NamedTemporaryFile(dir=_target(report).parent, prefix=".memtune-"):
                pass


def write(reports: Sequence[Report], result: "GateResult") -> None:
    """Write every report, whole or not at all; annotations for GitHub go to stderr.

    Raises HostError for those that cannot be written, after all others.
    """
    from memtune.report.formats import github, renderer

    result = _from_root(result)
    problems = []
    for report in reports:
        text = renderer(report.format)(result)
        if report.format == _APPENDED:
            _annotate(github.annotations(result))
        try:
            with _translated(report):
                _put(report, text)
        except HostError as error:
            problems.append(error)
    if problems:
        raise HostError(
            "; ".join(problem.message for problem in problems), hint=problems[0].hint
        ) from problems[0]


def _annotate(text: str) -> None:
    with suppress(OSError):  # a log that nobody reads is no reason to fail
        sys.stderr.write(text)
        sys.stderr.flush()


def _put(report: Report, text: str) -> None:
    data = text.encode()
    if report.format == _APPENDED or _is_special(report.path):
        with report.path.open("ab") as opened:
            # What stands there already need not end with its line.
            opened.write(b"\n" + data if report.format == _APPENDED else data)
        return
    write_whole(report.path, data)


def _target(report: Report) -> Path:
    """The file itself, where the path is a link: that stays one."""
    return Path(os.path.realpath(report.path))


def _is_special(path: Path) -> bool:
    """Whether it is a pipe or a device, such as /dev/stdout: nothing to be replaced."""
    return path.exists() and not path.is_file()


@contextmanager
def _translated(report: Report) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HostError(
            f"the {report.format} report cannot be written to {report.path}: "
            f"{error.strerror or error}",
            hint="is the disk full, or the directory not writable?",
        ) from error


def _from_root(result: "GateResult") -> "GateResult":
    """Name the budgets' files from the root of the repository, as GitHub and GitLab want them."""
    try:
        repository = find(Path(result.file).absolute().parent)
    except HostError:
        repository = None
    root = repository.root if repository else Path.cwd()
    scenarios = tuple(
        replace(one, place=replace(one.place, file=_below(root, one.place.file)))
        for one in result.scenarios
    )
    return replace(result, file=_below(root, result.file), scenarios=scenarios)


def _below(root: Path, file: str) -> str:
    path = Path(file).absolute()
    path = path.parent.resolve() / path.name
    root = root.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file
