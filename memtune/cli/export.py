"""``memtune export``: a recommendation as a file for where the workload is deployed."""

import json
import sys
from contextlib import contextmanager
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.options import JsonOption, ProfileOption
from memtune.cli.words import one_of_maybe_files, recommended
from memtune.errors import HostError, UsageError
from memtune.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memtune.model.export import Deployment, ExportResult, Written

FORMATS = "env|dockerfile|compose|render|fly|kubernetes|gunicorn|package-json"
NULL = "/dev/null"
"""How a diff names the file that is not there."""


@app.command(
    short_help="Write a recommendation for where it is deployed.",
    epilog=examples(
        "memtune export --to env:.env",
        "memtune export --to compose:compose.memory.yaml --force",
        "memtune export --to kubernetes --profile conservative",
    ),
)
def export(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT[:PATH]",
            help="env, dockerfile, compose, render, fly, kubernetes, gunicorn or package-json; "
            "to stdout without a path.",
            autocompletion=one_of_maybe_files(FORMATS),
        ),
    ],
    study: Annotated[
        str | None,
        typer.Argument(
            metavar="STUDY",
            help="A study of recommend's; the last one, if none.",
            autocompletion=recommended,
        ),
    ] = None,
    profile_name: ProfileOption = None,
    service: Annotated[
        str | None, typer.Option("--service", metavar="NAME", help="One of the workload's alone.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Change a file that is there; else only shown how.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a recommendation, or a profile, as a file for where the workload is deployed.

    A .env file, a Dockerfile and a package.json keep what else stands in them; other files are
    replaced only if memtune wrote them. What a format cannot carry is said.
    """
    from memtune.cli.output import emit, present
    from memtune.export.deployment import of_service
    from memtune.export.formats import writer
    from memtune.report.console.export import render

    name, _, path = to.partition(":")
    write = writer(name)
    deployment = _of_profile(profile_name, study) if profile_name else _of_study(study)
    if service is not None:
        deployment = of_service(deployment, service)
    before = _read(path) if path else None
    written = _as_before(write(deployment, _lines(path, before)), before)
    result = _result(deployment, name, path, before, written)
    changes = bool(path and result.diff)
    if changes and (before is None or force):
        _put(path, written.text)
        result = replace(result, written=True)
    if path or as_json:
        present("export", result, lambda console: render(console, result), as_json=as_json)
    else:
        emit(result.text)
        for note in result.notes:
            print(f"note: {note}", file=sys.stderr)
    if changes and not result.written:
        raise UsageError(f"{path} is there already, and is left as it is", hint="add --force")


def _of_profile(profile: str, study: str | None) -> "Deployment":
    from memtune.cli.target import target
    from memtune.export.deployment import of_profile

    if study is not None:
        raise UsageError("a study excludes a profile", hint="leave one out")
    what = target(None, None, profile, None, [])
    return of_profile(what.profile, what.workload, what.settings, what.cap_bytes)


def _of_study(study: str | None) -> "Deployment":
    from memtune.cli.show import read
    from memtune.cli.studies import document
    from memtune.export.deployment import of_study
    from memtune.model import Study

    result, _ = read(json.loads(document(study, "recommend" if study is None else "")))
    if not isinstance(result, Study):
        raise UsageError(
            f"study {study} recommends nothing: it is none of `memtune recommend`",
            hint="`memtune studies` lists them",
        )
    return of_study(result)


def _lines(path: str, text: str | None) -> str | None:
    return (text or "").replace("\r\n", "\n") if path else None


def _as_before(written: "Written", before: str | None) -> "Written":
    """With the ends of lines that the file has."""
    if before is None or "\r\n" not in before:
        return written
    return replace(written, text=written.text.replace("\n", "\r\n"))


def _result(
    deployment: "Deployment", name: str, path: str, before: str | None, written: "Written"
) -> "ExportResult":
    from memtune.model.export import ExportResult

    diff = unified_diff(
        (before or "").splitlines(),
        written.text.splitlines(),
        NULL if before is None else path,
        path,
        n=0 if name == "env" else 3,  # what stands beside it there may be secret
        lineterm="",
    )
    return ExportResult(
        source=deployment.source,
        workload=deployment.workload,
        settings=deployment.settings,
        format=name,
        path=path,
        text="" if path else written.text,
        diff=tuple(diff) if path else (),
        written=False,
        notes=written.notes,
    )


def _read(path: str) -> str | None:
    """What a file holds; None where there is none."""
    if Path(path).exists() and not Path(path).is_file():
        raise UsageError(f"{path} is no file", hint="print it without a path, or give a file's")
    with _translated(path, "read"):
        try:
            return Path(path).read_bytes().decode()
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise UsageError(f"{path} is no UTF-8 text", hint="give another path") from error


def _put(path: str, text: str) -> None:
    with _translated(path, "written"):
        write_whole(Path(path), text.encode())


@contextmanager
def _translated(path: str, done: str) -> "Iterator[None]":
    try:
        yield
    except OSError as error:
        raise HostError(
            f"{path} cannot be {done}: {error.strerror or error}",
            hint="is it a file in a directory that is there and writable, on a disk with room?",
        ) from error
