"""``memtune validate``: are the files right, without executing anything."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.options import JsonOption
from memtune.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from memtune.validate import Remark, Validation


@app.command(
    short_help="Whether files are right; executes nothing.",
    epilog=examples(
        "memtune validate",
        "memtune validate memtune.yaml examples/batch-job/workload.yaml",
    ),
)
def validate(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE",
            help="Budgets, workloads, profiles, lock files; memtune.yaml when left out.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether files are right, in less than a second, without Docker.

    Looks at what they refer to as well, and with memtune.yaml at memtune.lock.json beside it.
    Exit code 2 if there is a mistake; the first one of each file is shown.
    """
    from memtune.cli.output import emit
    from memtune.config.budgets import FILE
    from memtune.validate import validate as look_at

    if not files and not Path(FILE).is_file():
        raise UsageError(
            f"there is no {FILE} here", hint="`memtune init` writes one; or name the files"
        )
    found = look_at(files or [Path(FILE)])
    if as_json:
        from memtune.report.json import dump

        emit(dump("validate", found) + "\n")
    else:
        emit(_text(found))
    if found.mistakes:
        raise typer.Exit(ExitCode.USAGE)


def _text(found: "Validation") -> str:
    lines = [line for remark in found.mistakes for line in _lines("", remark)]
    lines += [line for remark in found.notes for line in _lines("note: ", remark)]
    looked_at = f"{len(found.files)} {'file' if len(found.files) == 1 else 'files'}"
    if found.mistakes:
        lines.append(f"{len(found.mistakes)} of {looked_at} wrong")
    else:
        lines.append(f"{looked_at} right: {', '.join(found.files)}")
    return "\n".join(lines) + "\n"


def _lines(word: str, remark: "Remark") -> list[str]:
    hint = [f"  hint: {remark.hint}"] if remark.hint else []
    return [f"{word}{remark.where}: {remark.message}", *hint]
