"""``memtune compare``: profiles of one workload, executed in turn and set side by side."""

import secrets
from typing import Annotated

import typer

from memtune.cli.app import app
from memtune.cli.options import (
    CapOption,
    ExecutorOption,
    JobsOption,
    JsonOption,
    PageCacheOption,
    QuietOption,
)
from memtune.errors import ExitCode


@app.command(epilog="Example: memtune compare --impact original optimized conservative")
def compare(
    profiles: Annotated[
        list[str], typer.Argument(help="Shipped profiles or files, of one workload; two or more.")
    ],
    impact: Annotated[
        bool,
        typer.Option(
            "--impact",
            help="Also execute under a roomy cap what its own cap cut short, for its need.",
        ),
    ] = False,
    cap: CapOption = None,
    runs: Annotated[int, typer.Option("--runs", "-n", min=1, help="Runs of each profile.")] = 3,
    page_cache: PageCacheOption = "warm",
    jobs: JobsOption = 1,
    executor: ExecutorOption = "auto",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Execute profiles in turn and say what each needs, how much less than the first, what of
    its work it still does, and what that costs in latency.

    Ends with 0 when the last profile passes.
    """
    from memtune.cli.output import present
    from memtune.cli.profile import EXIT
    from memtune.cli.session import How, opened
    from memtune.cli.target import target
    from memtune.compare import Candidate
    from memtune.compare import compare as compare_profiles
    from memtune.errors import UsageError
    from memtune.report.console.compare import render

    targets = [target(None, None, name, cap, []) for name in profiles]
    workload = targets[0].workload
    for name, other in zip(profiles, targets, strict=True):
        if other.workload != workload:
            raise UsageError(
                f"{name} is a profile of {other.workload.name}, {profiles[0]} of {workload.name}",
                hint="profiles of one workload can be compared",
            )
    if len(targets) < 2:
        raise UsageError("one profile has nothing to be compared with", hint="name a second one")
    candidates = [Candidate(one.profile, one.settings, one.cap_bytes) for one in targets]
    how = How(executor, page_cache, jobs, quiet=quiet or as_json)
    largest = max(one.cap_bytes for one in targets)
    with opened("compare", workload, largest, how, secrets.token_hex()) as ready:
        result = compare_profiles(ready.session, candidates, runs, impact=impact)
    present("compare", result, lambda console: render(console, result), as_json=as_json)
    code = EXIT[result.profiles[-1].trial.verdict.ruling]
    if code is not ExitCode.PASS:
        raise typer.Exit(code)
