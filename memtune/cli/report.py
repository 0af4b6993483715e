"""``memtune report``: the result of an earlier session, or one of its runs, as a page."""

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.options import JsonOption
from memtune.cli.words import HAVE_PAGES, studies_and_runs
from memtune.errors import HostError, UsageError
from memtune.files import write_whole

if TYPE_CHECKING:
    from memtune.model import ProfileResult
    from memtune.report.html.page import Result
    from memtune.store import Store

PICTURES = (".svg", ".png")


@app.command(
    short_help="A result as a page that opens from disk.",
    epilog=examples(
        "memtune report",
        "memtune report 20260101-120000-abcdef -o report.html",
    ),
)
def report(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="STUDY|RUN",
            help=f"A study of {', '.join(HAVE_PAGES[:-1])} or {HAVE_PAGES[-1]}, or one run; the "
            "last study, if none.",
            autocompletion=studies_and_runs,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Instead of .memtune/reports/ID.html; NAME.svg or NAME.png: its charts alone, "
            "each in a file NAME-CHART.svg.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a result as one page that opens from disk, without a network.

    Charts have their tables beside them; the page prints, and follows a light or dark screen.
    """
    from memtune.cli.output import present
    from memtune.model.export import ReportResult, WrittenFile
    from memtune.report.console.report import render
    from memtune.store import DIRECTORY, Store

    source, result = _result(what)
    with closing(Store(Path(DIRECTORY))) as store:
        path = output or store.reports / f"{source.rpartition(' ')[2]}.html"
        if path.suffix in PICTURES:
            found = _charts_of(result, store, path)
        else:
            text = page_of(result, store, path.absolute().parent)
            found = {path: text.encode("utf-8", "replace")}
    for file, data in found.items():
        _write(file, data, in_store=output is None)
    files = tuple(WrittenFile(str(file), len(data)) for file, data in found.items())
    written = ReportResult(source, files)
    present("report", written, lambda console: render(console, written), as_json=as_json)


def page_of(result: "Result", store: "Store", directory: Path) -> str:
    """Return the page of a result, as it stands in that directory. Raises StoreError."""
    from memtune.cli.beside import beside
    from memtune.report.html.page import page

    return page(result, beside(result, store, directory))


def _charts_of(result: "Result", store: "Store", path: Path) -> dict[Path, bytes]:
    """The charts of a page, each with the file that it goes to."""
    from memtune.cli.beside import beside
    from memtune.report.html.images import images
    from memtune.report.html.page import made

    page = made(result, beside(result, store, path.absolute().parent))
    try:
        found = images(page, path.suffix.removeprefix("."))
    except ImportError as error:
        raise HostError(
            "vl-convert is not installed: it draws charts as pictures",
            hint="pip install 'memtune[images]'; a page needs nothing: -o report.html",
        ) from error
    if not found:
        raise UsageError("nothing of this result is a chart", hint="a page has its tables")
    return {path.with_stem(f"{path.stem}-{name}"): data for name, data in found.items()}


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


def _write(path: Path, data: bytes, *, in_store: bool) -> None:
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no file", hint="name a file, such as report.html")
    try:
        if in_store:
            path.parent.mkdir(exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise HostError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="is it in a directory that is there and writable, on a disk with room?",
        ) from error
