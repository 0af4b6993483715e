"""``memtune report``: the result of an earlier session, or one of its runs, as a page."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.options import JsonOption
from memtune.errors import HostError, UsageError
from memtune.files import write_whole

if TYPE_CHECKING:
    from memtune.model import Judged, OnFront, ProfileResult, Study
    from memtune.model.bill import BillResult
    from memtune.report.html.sections import Beside
    from memtune.store import Store

    Result = Study | ProfileResult | BillResult

MOST_MOMENTS = 600
"""Of one line: more than a screen has columns to tell apart."""
HAVE_PAGES = ("recommend", "profile", "bill")


@app.command(epilog="Example: memtune report -o report.html")
def report(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[STUDY|RUN]",
            help="A study of recommend, profile or bill, or one run; the last study, if none.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Instead of .memtune/reports/ID.html."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a result as one page that opens from disk, without a network.

    Charts have their tables beside them; the page prints, and follows a light or dark screen.
    """
    from memtune.cli.output import present
    from memtune.model.export import ReportResult
    from memtune.report.console.report import render
    from memtune.store import DIRECTORY, Store

    source, result = _result(what)
    with closing(Store(Path(DIRECTORY))) as store:
        path = output or store.reports / f"{source.rpartition(' ')[2]}.html"
        if output is None:
            store.reports.mkdir(exist_ok=True)
        text = page_of(result, store, path.absolute().parent)
    data = text.encode("utf-8", "replace")
    _write(path, data)
    written = ReportResult(source, str(path), len(data))
    present("report", written, lambda console: render(console, written), as_json=as_json)


def page_of(result: "Result", store: "Store", directory: Path) -> str:
    """Return the page of a result, as it stands in that directory. Raises StoreError."""
    from memtune.measure.timeline import thinned
    from memtune.model import ProfileResult, Study
    from memtune.report.html.page import page, shown
    from memtune.report.html.sections import Beside
    from memtune.report.html.timelines import wanted

    beside = Beside()
    runs: list[Judged] = []
    if isinstance(result, Study):
        for settings in wanted(result):
            runs += store.judged(result.id, settings, result.cap_bytes)
        beside = _beside(result, _passed(result, store))
    elif isinstance(result, ProfileResult) and result.explanation is not None:
        beside = replace(beside, flames=_seen_from(directory, result.explanation.flames))
    lines = [
        replace(one, moments=thinned(one.moments, MOST_MOMENTS)) for one in shown(result, runs)
    ]
    return page(result, replace(beside, lines=tuple(lines), command=_command(result)))


def _result(what: str | None) -> tuple[str, "Result"]:
    """What is to be shown, and whose it is. Raises UsageError where that has no page."""
    from memtune.cli.show import read
    from memtune.cli.studies import chosen, document

    if what is not None and (found := _run(what)) is not None:
        return found
    study = chosen(what)
    if study.command not in HAVE_PAGES:
        raise UsageError(
            f"there is no page of a {study.command}: {', '.join(HAVE_PAGES)} have one",
            hint=f"`memtune show {study.id}` prints it"
            if study.ruling
            else "`memtune studies` lists what there is",
        )
    result, _ = read(json.loads(document(study.id)))
    return f"study {study.id}", result


def _run(name: str) -> tuple[str, "ProfileResult"] | None:
    from memtune.model import ProfileResult
    from memtune.store import DIRECTORY, Store
    from memtune.trial import as_trial

    if not Store.exists(Path(DIRECTORY)):
        return None
    with closing(Store(Path(DIRECTORY))) as store:
        found = store.run(name)
        if found is None:
            return None
        study, judged = found
        if judged is None:
            raise UsageError(
                f"run {name} warmed the page cache or was made under memray: it decides nothing",
                hint=f"`memtune report {study}` shows its study",
            )
        run = judged.run
        environment = store.environment(study)
    trial = as_trial(run.settings, [judged])
    result = ProfileResult(
        study, run.workload, "", run.cap_bytes, environment, run.page_cache, trial, None
    )
    return f"run {name}", result


def _passed(study: "Study", store: "Store") -> "list[OnFront]":
    from memtune.search.front import passing
    from memtune.search.step import Tried

    lessons = store.lessons(study.id, study.cap_bytes)
    return passing(
        Tried(one.settings, one.cause, one.need_bytes, one.speed_per_s) for one in lessons
    )


def _beside(study: "Study", passed: "Sequence[OnFront]") -> "Beside":
    from memtune.export.deployment import lines_of
    from memtune.report.html.sections import Beside

    return Beside(passed=tuple(passed), apply=lines_of(study))


def _seen_from(directory: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Paths as a page in that directory links them."""
    import os

    return tuple(
        Path(os.path.relpath(Path(path).absolute(), directory)).as_posix() for path in paths
    )


def _command(result: "Result") -> str:
    """What to execute to get the same again, where the workload file is FILE."""
    from memtune.model import ProfileResult, Study

    if isinstance(result, Study):
        words = ["recommend", _named(result.workload), "--cap", _exactly(result.cap_bytes)]
        if result.checks.headroom is not None:
            words += ["--headroom", f"{100 * result.checks.headroom:g}%"]
        if result.objective != "conservative":
            words += ["--objective", result.objective]
    elif isinstance(result, ProfileResult):
        words = ["profile", _named(result.workload), "--cap", _exactly(result.cap_bytes)]
        for name, value in result.trial.settings:
            words += ["--set", f"{name}={value}"]
        words += ["--runs", str(len(result.trial.runs))]
        words += ["--explain"] if result.explanation is not None else []
    else:
        words = ["bill", _named(result.bill.workload)]
    if result.page_cache == "cold":
        words += ["--page-cache", "cold"]
    return _joined(words)


def _joined(words: Sequence[str]) -> str:
    import shlex

    return f"memtune {shlex.join(words)}"


def _named(workload: str) -> str:
    from memtune.config.catalogue import BUILT_IN

    return workload if workload in BUILT_IN else "FILE"


def _exactly(cap_bytes: int) -> str:
    from memtune.units import MIB

    return f"{cap_bytes // MIB}MiB" if cap_bytes % MIB == 0 else f"{cap_bytes}B"


def _write(path: Path, data: bytes) -> None:
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no file", hint="name a file, such as report.html")
    try:
        write_whole(path, data)
    except OSError as error:
        raise HostError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="is it in a directory that is there and writable, on a disk with room?",
        ) from error
