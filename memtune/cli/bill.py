"""``memtune bill``: what each step of each knob costs."""

from typing import Annotated

import typer

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.options import (
    CapOption,
    ExecutorOption,
    JsonOption,
    PageCacheOption,
    ProfileOption,
    QuietOption,
    WorkloadArgument,
    assignments,
)
from memtune.cli.words import knobs
from memtune.errors import ExitCode, UsageError


@app.command(
    short_help="What each knob costs, alone and together.",
    epilog=examples(
        "memtune bill face",
        "memtune bill face --set workers=8 --verify",
    ),
)
def bill(
    workload: WorkloadArgument = None,
    profile_name: ProfileOption = None,
    cap: CapOption = None,
    runs: Annotated[
        int,
        typer.Option("--runs", "-n", min=1, metavar="N", help="How many runs it may be told from."),
    ] = 48,
    assigned: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            "-s",
            metavar="KNOB=VALUE",
            help="Also predict what this needs; repeatable. A knob that is not searched is held "
            "at the value.",
            autocompletion=knobs,
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Execute what --set asks for, beside the prediction.")
    ] = False,
    page_cache: PageCacheOption = "warm",
    executor: ExecutorOption = "auto",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Execute a few planned settings under a roomy cap and say what each knob costs, alone and
    together, with 95 % intervals; and what other settings would need.

    Costs count from the profile's settings, or from the conservative end. Ends with 4 where
    --verify finds the prediction wrong, or cannot tell.
    """
    from memtune.bill import asked
    from memtune.bill import bill as make_bill
    from memtune.cli.output import present
    from memtune.cli.session import How, opened
    from memtune.cli.target import target
    from memtune.config.catalogue import settings_for
    from memtune.report.console.bill import render

    if verify and not assigned:
        raise UsageError("there is nothing to verify", hint="add --set workers=8")
    own = target(None, workload, profile_name, cap, [])
    question = settings_for(own.workload.space, assignments(assigned or []))
    what = asked(own.workload, own.settings, question, runs, own.profile)
    how = How(executor, page_cache, 1, quiet=quiet or as_json)
    with opened("bill", own.workload, own.cap_bytes, how, repr(what)) as ready:
        result = make_bill(ready.session, ready.earlier, what, verify=verify)
    present(
        "bill",
        result,
        lambda console: render(console, result),
        as_json=as_json,
        studies=[result.study],
    )
    if verify and not all(one.holds for one in result.bill.predictions):
        raise typer.Exit(ExitCode.INCONCLUSIVE)
