"""``memtune doctor``: what this machine can do."""

import typer

from memtune.cli.app import app
from memtune.cli.options import JsonOption
from memtune.errors import ExitCode


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Say what this machine can do, and what to do about what it cannot."""
    from memtune.execute.probe import probes

    found = probes()
    if as_json:
        from memtune.report.json import dump

        typer.echo(dump("doctor", found))
    else:
        from memtune.report.console.common import console
        from memtune.report.console.doctor import render

        render(console(), found)
    if any(probe.essential and not probe.ok for probe in found):
        raise typer.Exit(ExitCode.ENVIRONMENT)
