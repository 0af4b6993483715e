"""``memtune diagnose``: the likely cause of what logs tell."""

import gzip
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, cast

import typer

from memtune.cli.app import app
from memtune.cli.options import JsonOption
from memtune.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from memtune.model import LogLine

LINE_BYTES = 64 * 1024
"""A longer line is read in pieces."""
SHOWN = 300
"""Characters of a line that are kept."""


@app.command(epilog="Example: memtune diagnose render.log face.log.gz")
def diagnose(
    logs: Annotated[
        list[str], typer.Argument(metavar="LOG...", help="Files, .gz too; - is standard input.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Read logs of services, Docker, Render, Heroku, gunicorn, Node and the kernel, draw the
    memory that they tell, and name the likely cause and the next step.

    Ends with 1 when a cause was found.
    """
    from memtune.cli.output import present
    from memtune.diagnose.symptoms import diagnose as examine
    from memtune.report.console.diagnose import render

    for log in logs:
        if log != "-" and not Path(log).is_file():
            raise UsageError(f"there is no file {log!r}", hint="name log files, or - for stdin")
    result = examine(tuple(logs), (line for log in logs for line in _lines(log)))
    present("diagnose", result, lambda console: render(console, result), as_json=as_json)
    if result.symptoms:
        raise typer.Exit(ExitCode.FAIL)


def _lines(log: str) -> "Iterator[LogLine]":
    from memtune.model import LogLine

    try:
        with _opened(log) as stream:
            number = 0
            while raw := stream.readline(LINE_BYTES):
                number += 1
                text = raw.decode("utf-8", "replace").rstrip("\r\n")
                yield LogLine(log, number, text if len(text) <= SHOWN else _around(text))
    except (OSError, EOFError) as error:
        raise UsageError(f"{log} cannot be read: {error}", hint="is it whole?") from error


def _around(text: str) -> str:
    """The beginning of a long line, and what of it tells something."""
    from memtune.diagnose.words import EVENTS

    told = [match[0] for pattern in EVENTS.values() if (match := pattern.search(text))]
    return " ... ".join([text[:SHOWN], *told])


@contextmanager
def _opened(log: str) -> Iterator[IO[bytes]]:
    if log == "-":
        yield sys.stdin.buffer
        return
    with Path(log).open("rb") as file:
        yield cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if log.endswith(".gz") else file
