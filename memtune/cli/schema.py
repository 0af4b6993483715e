"""``memtune schema``: the JSON schema of a file, for editors."""

from typing import Annotated

import typer

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.words import one_of
from memtune.errors import UsageError, did_you_mean

KINDS = "budgets|workload|profile"


@app.command(
    short_help="The JSON schema of a file, for editors.",
    epilog=examples(
        "memtune schema budgets > .memtune-schema/budgets.json",
    ),
)
def schema(
    kind: Annotated[
        str,
        typer.Argument(
            metavar=KINDS,
            autocompletion=one_of(KINDS),
            help="Which file: memtune.yaml, a workload file or a profile file.",
        ),
    ],
) -> None:
    """Print the JSON schema (draft 2020-12) of a file that is written by hand.

    Editors with yaml-language-server complete keys and flag mistakes where the file begins
    with the comment ``# yaml-language-server: $schema=PATH``.
    """
    from memtune.cli.output import emit
    from memtune.config.json_schema import FileKind, schema_text

    if kind not in list(FileKind):
        raise UsageError(
            f"there is no schema {kind!r}", hint=did_you_mean(kind, [k.value for k in FileKind])
        )
    emit(schema_text(FileKind(kind)))
