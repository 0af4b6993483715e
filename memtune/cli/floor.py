"""``memtune floor``: the smallest cap under which one settings passes every time."""

from typing import Annotated

import typer

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.options import (
    CapOption,
    ExecutorOption,
    JobsOption,
    JsonOption,
    PageCacheOption,
    ProfileOption,
    QuietOption,
    SetOption,
    WorkloadArgument,
    job_count,
)
from memtune.errors import ExitCode
from memtune.units import parse_bytes


@app.command(
    short_help="The smallest cap under which one settings passes.",
    epilog=examples(
        "memtune floor --profile conservative --resolution 1MiB --runs 5",
        "memtune floor --cap 256MiB -- python job.py",
    ),
)
def floor(
    context: typer.Context,
    workload: WorkloadArgument = None,
    profile_name: ProfileOption = None,
    cap: CapOption = None,
    runs: Annotated[
        int,
        typer.Option("--runs", "-n", min=1, metavar="N", help="How many runs the floor must pass."),
    ] = 5,
    resolution: Annotated[
        str, typer.Option("--resolution", metavar="SIZE", help="Steps between the caps tried.")
    ] = "1MiB",
    assigned: SetOption = None,
    page_cache: PageCacheOption = "warm",
    jobs: JobsOption = "1",
    executor: ExecutorOption = "auto",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Find the smallest cap that passes n of n runs, by executing it.

    Begins with a run under --cap and searches below it. Caps that pass some of their runs
    (flaky) and caps that pass but thrash (slow) are shown.
    """
    from memtune.cli.output import present
    from memtune.cli.session import How, opened
    from memtune.cli.target import target
    from memtune.floor import find_floor
    from memtune.report.console.floor import render

    step = parse_bytes(resolution)
    what = target(context.obj, workload, profile_name, cap, assigned or [])
    how = How(executor, page_cache, job_count(jobs), quiet=quiet or as_json)
    key = f"{what.settings}, {runs} runs, steps of {step}"
    with opened("floor", what.workload, what.cap_bytes, how, key) as ready:
        result = find_floor(ready.session, what.settings, step, runs, ready.earlier)
    present(
        "floor",
        result,
        lambda console: render(console, result),
        as_json=as_json,
        studies=[result.study],
    )
    if result.floor_bytes is None:
        raise typer.Exit(ExitCode.FAIL)
