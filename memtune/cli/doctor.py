"""``memtune doctor``: what this machine can do."""

import typer

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.options import JsonOption
from memtune.errors import ExitCode


@app.command(
    short_help="What this machine can do, and what it lacks.",
    epilog=examples(
        "memtune doctor",
        "memtune doctor --json",
    ),
)
def doctor(as_json: JsonOption = False) -> None:
    """Say what this machine can do, and what to do about what it cannot."""
    from memtune.cli.output import present
    from memtune.execute.probe import probes
    from memtune.report.console.doctor import render

    found = probes()
    present("doctor", found, lambda console: render(console, found), as_json=as_json)
    if any(probe.essential and not probe.ok for probe in found):
        raise typer.Exit(ExitCode.ENVIRONMENT)
