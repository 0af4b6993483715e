"""``memtune lint``: memory mistakes in a project's files, without executing anything."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.options import JsonOption
from memtune.cli.words import one_of, plans
from memtune.errors import ExitCode, UsageError
from memtune.units import parse_bytes

if TYPE_CHECKING:
    from memtune.lint.facts import Cap

FORMATS = "text|github"


@app.command(
    short_help="Memory mistakes in a project's files; executes nothing.",
    epilog=examples(
        "memtune lint",
        "memtune lint . --platform render:starter --format github",
    ),
)
def lint(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The project: Dockerfile, package.json, ...")
    ] = Path("."),
    cap: Annotated[
        str | None,
        typer.Option(
            "--cap",
            metavar="SIZE",
            help="Memory limit to compare with; else what compose and render.yaml name.",
        ),
    ] = None,
    platform: Annotated[
        str | None,
        typer.Option(
            "--platform",
            metavar="PLAN",
            help="Take the plan's memory for the cap.",
            autocompletion=plans,
        ),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar=FORMATS,
            help="As text, or as workflow commands for GitHub.",
            autocompletion=one_of(FORMATS),
        ),
    ] = "text",
    as_json: JsonOption = False,
) -> None:
    """Find memory mistakes in a project's files, without executing anything.

    Reads Dockerfile, compose, render.yaml, package.json, Procfile, gunicorn settings,
    requirements, Python and JavaScript. Exit code 1 if there is an error or a warning.
    A comment ``memtune: ignore[RULE]``, in the line or above it, allows a mistake.
    """
    from memtune.cli.output import emit, present
    from memtune.lint.check import lint as check
    from memtune.model.lint import Severity
    from memtune.report.console.lint import github, render

    if form not in FORMATS.split("|"):
        raise UsageError(
            f"there is no format {form!r}", hint=f"known: {FORMATS.replace('|', ', ')}; or --json"
        )
    result = check(directory, _cap(cap, platform))
    if form == "github" and not as_json:
        emit(github(result))
    else:
        present("lint", result, lambda console: render(console, result), as_json=as_json)
    if result.count(Severity.ERROR) or result.count(Severity.WARNING):
        raise typer.Exit(ExitCode.FAIL)


def _cap(text: str | None, platform: str | None) -> "Cap | None":
    from memtune.config.platforms import load_platform
    from memtune.lint.facts import Cap

    if text is not None and platform is not None:
        raise UsageError("--cap and --platform both name a cap", hint="leave one out")
    if platform is not None:
        return Cap(load_platform(platform).ram_bytes, None, f"--platform {platform}")
    return None if text is None else Cap(parse_bytes(text), None, f"--cap {text}")
