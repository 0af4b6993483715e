"""``memtune diagnose``: the likely cause of what logs tell."""

from typing import Annotated

import typer

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.options import JsonOption
from memtune.errors import ExitCode


@app.command(
    short_help="The likely cause of what logs tell.",
    epilog=examples(
        "memtune diagnose render.log face.log.gz --cap 512MiB",
        "kubectl logs web | memtune diagnose -",
    ),
)
def diagnose(
    logs: Annotated[
        list[str], typer.Argument(metavar="LOG", help="Files, gzip too; - is standard input.")
    ],
    cap: Annotated[
        str | None,
        typer.Option("--cap", metavar="SIZE", help="The memory limit; else what the logs name."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read logs of services, Docker, Render, Heroku, gunicorn, Node and the kernel, draw the
    memory that they tell, and name the likely cause and the next step.

    Ends with 1 when something was found, 0 when nothing was.
    """
    from memtune.cli.output import present
    from memtune.diagnose.lines import read_lines
    from memtune.diagnose.symptoms import diagnose as examine
    from memtune.report.console.diagnose import render
    from memtune.units import parse_bytes

    cap_bytes = None if cap is None else parse_bytes(cap)
    result = examine(tuple(logs), (line for log in logs for line in read_lines(log)), cap_bytes)
    present("diagnose", result, lambda console: render(console, result), as_json=as_json)
    if result.symptoms:
        raise typer.Exit(ExitCode.FAIL)
