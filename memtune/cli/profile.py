"""``memtune profile``: one settings, measured and explained."""

import os
import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.options import (
    CapOption,
    ExecutorOption,
    HeadroomOption,
    JsonOption,
    QuietOption,
    assignments,
    cap_bytes,
    headroom,
)
from memtune.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from memtune.model import Profile, Workload

EXIT = {
    "pass": ExitCode.PASS,
    "fail": ExitCode.FAIL,
    "inconclusive": ExitCode.INCONCLUSIVE,
}
"""Exit code of each ruling."""
DEFAULT_CAP_BYTES = 512 * 1024 * 1024


@app.command(epilog="Example: memtune profile --profile conservative --cap 512MiB --runs 5")
def profile(
    context: typer.Context,
    workload: Annotated[
        str | None, typer.Argument(help="A built-in workload (face) or a workload file.")
    ] = None,
    profile_name: Annotated[
        str | None, typer.Option("--profile", "-p", metavar="NAME", help="Shipped profile or file.")
    ] = None,
    cap: CapOption = None,
    runs: Annotated[int, typer.Option("--runs", "-n", min=1, help="How many runs decide.")] = 3,
    assigned: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", metavar="KNOB=VALUE", help="Turn one knob; repeatable."),
    ] = None,
    headroom_share: HeadroomOption = None,
    memray: Annotated[
        bool, typer.Option("--memray/--no-memray", help="One more run under memray.")
    ] = True,
    executor: ExecutorOption = "auto",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Execute one settings under a cap and say what it needed, and who allocated it.

    With ``-- COMMAND...`` at the end, any program is profiled without a file.
    """
    from memtune.cli.session import opened, with_headroom
    from memtune.config.catalogue import load_profile, load_workload, settings_for
    from memtune.trial import profile as profile_settings

    command: list[str] = context.obj
    if command and (workload or profile_name):
        raise UsageError("a command excludes a workload and a profile", hint="leave one out")
    chosen = load_profile(profile_name) if profile_name else None
    what = (
        _ad_hoc(command)
        if command
        else load_workload(workload or (chosen.workload if chosen else "face"))
    )
    limit = cap_bytes(
        cap,
        chosen.cap_bytes if chosen else None,
        what.default_cap_bytes,
        DEFAULT_CAP_BYTES,
    )
    values = (chosen.settings.as_dict() if chosen else {}) | assignments(assigned or [])
    settings = settings_for(what.space, values)
    what = with_headroom(what, headroom(headroom_share, what.checks.headroom))
    key = secrets.token_hex()  # a profile is not resumed
    with opened("profile", what, limit, executor, quiet=quiet or as_json, key=key) as ready:
        result = profile_settings(
            ready.session, settings, _name(chosen), ready.environment, runs, memray
        )
    if as_json:
        from memtune.report.json import dump

        typer.echo(dump("profile", result))
    else:
        from memtune.report.console.common import console
        from memtune.report.console.profile import render

        render(console(), result)
    raise typer.Exit(EXIT[result.trial.verdict.ruling])


def _ad_hoc(command: list[str]) -> "Workload":
    """A workload made of a command line: this machine's file system, the present directory."""
    from memtune.model import Image, ImageKind, Kind, Workload

    return Workload(
        name=os.path.basename(command[0]),
        kind=Kind.PIPELINE,
        image=Image(ImageKind.HOST),
        command=tuple(command),
        directory=os.getcwd(),
    )


def _name(chosen: "Profile | None") -> str:
    return chosen.name if chosen else ""
