"""``memtune profile``: one settings, measured and explained."""

from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.options import (
    CapOption,
    ExecutorOption,
    HeadroomOption,
    JobsOption,
    JsonOption,
    PageCacheOption,
    ProfileOption,
    QuietOption,
    SetOption,
    WorkloadArgument,
    job_count,
)
from memtune.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from memtune.cli.session import How
    from memtune.cli.target import Target
    from memtune.model import Explaining

EXIT = {
    "pass": ExitCode.PASS,
    "fail": ExitCode.FAIL,
    "inconclusive": ExitCode.INCONCLUSIVE,
}
"""Exit code of each ruling."""

SoakOption = Annotated[
    str | None,
    typer.Option(
        "--soak",
        metavar="TIME",
        help="Instead, one run with the load going on for so long (10m), or a pipeline that "
        "loops: does its memory grow?",
    ),
]


@app.command(
    short_help="One settings, measured: what it needs, and who held it.",
    epilog=examples(
        "memtune profile --cap 256MiB -- python job.py",
        "memtune profile --profile conservative --cap 512MiB --explain",
        "memtune profile workload.yaml --set workers=2 --runs 5",
        "memtune profile workload.yaml --soak 10m",
    ),
)
def profile(
    context: typer.Context,
    workload: WorkloadArgument = None,
    profile_name: ProfileOption = None,
    cap: CapOption = None,
    runs: Annotated[
        int, typer.Option("--runs", "-n", min=1, metavar="N", help="How many runs decide.")
    ] = 3,
    assigned: SetOption = None,
    headroom_share: HeadroomOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="One more run, under memray: who held the memory.")
    ] = False,
    temporal: Annotated[
        bool, typer.Option("--temporal", help="With --explain: flame graphs over time.")
    ] = False,
    native: Annotated[
        bool, typer.Option("--native", help="With --explain: frames of C code too; slow.")
    ] = False,
    soak: SoakOption = None,
    page_cache: PageCacheOption = "warm",
    jobs: JobsOption = "1",
    executor: ExecutorOption = "auto",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Execute one settings under a cap and say what it needed, and who held it.

    With ``-- COMMAND...`` at the end, any program is profiled without a file.
    """
    from memtune.cli.output import present
    from memtune.cli.session import How, opened
    from memtune.cli.target import target
    from memtune.report.console.profile import render
    from memtune.trial import profile as profile_settings

    explaining = _explaining(explain, temporal=temporal, native=native)
    what = target(context.obj, workload, profile_name, cap, assigned or [], headroom_share)
    how = How(executor, page_cache, job_count(jobs), quiet=quiet or as_json)
    if soak is not None:
        _soak(what, soak, how, explains=explain, as_json=as_json)
        return
    with opened("profile", what.workload, what.cap_bytes, how, None) as ready:
        result = profile_settings(ready.session, what.settings, what.profile, runs, explaining)
    present(
        "profile",
        result,
        lambda console: render(console, result),
        as_json=as_json,
        studies=[result.study],
    )
    raise typer.Exit(EXIT[result.trial.verdict.ruling])


def _explaining(explain: bool, *, temporal: bool, native: bool) -> "Explaining | None":
    from memtune.model import Explaining, Flames

    if (temporal or native) and not explain:
        raise UsageError("only a run that explains has flame graphs", hint="add --explain")
    return Explaining(native, Flames.TEMPORAL if temporal else Flames.PEAK) if explain else None


def _soak(what: "Target", time: str, how: "How", *, explains: bool, as_json: bool) -> None:
    from memtune.cli.output import present
    from memtune.cli.session import opened
    from memtune.report.console.soak import render
    from memtune.soak import soak, soaking
    from memtune.units import parse_duration

    if explains:
        raise UsageError(
            "a soak decides and a run under memray explains: they are two runs",
            hint="leave out --soak or --explain",
        )
    soak_s = parse_duration(time)
    workload = soaking(what.workload, soak_s)
    with opened("soak", workload, what.cap_bytes, how, None) as ready:
        result = soak(ready.session, what.settings, what.profile, soak_s)
    present(
        "soak",
        result,
        lambda console: render(console, result),
        as_json=as_json,
        studies=[result.study],
    )
    raise typer.Exit(EXIT[result.judged.verdict.ruling])
