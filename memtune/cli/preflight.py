"""``memtune preflight``: what has to hold before a deployment, executed and ticked."""

from dataclasses import replace
from typing import Annotated

import typer

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.options import (
    HeadroomOption,
    JsonOption,
    ProfileOption,
    QuietOption,
    SetOption,
    WorkloadArgument,
)
from memtune.cli.words import plans
from memtune.errors import ExitCode
from memtune.units import parse_duration


@app.command(
    short_help="What has to hold before a deployment, ticked.",
    epilog=examples(
        "memtune preflight -p conservative.yaml --platform render:starter",
        "memtune preflight shop.yaml --platform fly:shared-cpu-1x-512mb --soak 10m",
    ),
)
def preflight(
    platform: Annotated[
        str,
        typer.Option(
            "--platform",
            metavar="PLAN",
            help="Where to; `memtune platforms` lists.",
            autocompletion=plans,
        ),
    ],
    workload: WorkloadArgument = None,
    profile_name: ProfileOption = None,
    soak: Annotated[
        str, typer.Option("--soak", metavar="TIME", help="How long the load goes on.")
    ] = "60s",
    assigned: SetOption = None,
    headroom_share: HeadroomOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Build, start under the plan's memory and CPU, wait for health, make the calls, keep the load
    up for a while, look at the peak and the logs; print the list, ticked.

    Ends with 1 when one line does not hold.
    """
    from memtune.cli.output import present
    from memtune.cli.profile import EXIT
    from memtune.cli.session import How, opened
    from memtune.cli.target import target
    from memtune.config.platforms import load_platform
    from memtune.preflight import preflight as execute_list
    from memtune.preflight import soaked
    from memtune.report.console.preflight import render

    plan = load_platform(platform)
    what = target(None, workload, profile_name, None, assigned or [], headroom_share)
    what = replace(what, workload=soaked(what.workload, parse_duration(soak), plan))
    how = How("docker", "warm", 1, quiet=quiet or as_json)
    with opened("preflight", what.workload, plan.ram_bytes, how, None) as ready:
        result = execute_list(ready.session, what.settings, what.profile, plan)
    present(
        "preflight",
        result,
        lambda console: render(console, result),
        as_json=as_json,
        studies=[result.study],
    )
    code = EXIT[result.ruling]
    if code is not ExitCode.PASS:
        raise typer.Exit(code)
