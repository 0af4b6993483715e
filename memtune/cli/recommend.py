"""``memtune recommend``: the most conservative settings that pass."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.options import (
    CapOption,
    ExecutorOption,
    HeadroomOption,
    JobsOption,
    JsonOption,
    PageCacheOption,
    QuietOption,
    cap_bytes,
    headroom,
)
from memtune.errors import ExitCode, UsageError
from memtune.units import MIB

if TYPE_CHECKING:
    from memtune.model import Study, Workload

DEFAULT_HEADROOM = 0.2


@app.command(epilog="Example: memtune recommend face --cap 512MiB --headroom 20%")
def recommend(
    workload: Annotated[
        str, typer.Argument(help="A built-in workload (face) or a workload file.")
    ] = "face",
    cap: CapOption = None,
    headroom_share: HeadroomOption = None,
    confirm: Annotated[
        int, typer.Option("--confirm", min=1, help="How many runs the pick must pass.")
    ] = 8,
    prove: Annotated[
        bool, typer.Option("--prove", help="Also find the smallest cap that the pick passes.")
    ] = False,
    page_cache: PageCacheOption = "warm",
    jobs: JobsOption = 1,
    executor: ExecutorOption = "auto",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Search a workload's space for the settings that need least and still pass.

    Every run is stored before the next one starts: an interrupted session continues
    where it stopped. With --jobs the confirming runs go on at the same time.
    """
    from memtune.cli.session import How, opened
    from memtune.config.catalogue import load_workload
    from memtune.floor import find_floor
    from memtune.tune import tune

    what = load_workload(workload)
    if not what.space.searched.knobs:
        raise UsageError(
            f"the workload {what.name!r} has no space to search",
            hint="give it knobs under `space:`, or use `memtune profile`",
        )
    limit = cap_bytes(cap, what.default_cap_bytes)
    share = headroom(headroom_share, what.checks.headroom or DEFAULT_HEADROOM)
    what = replace(what, checks=replace(what.checks, headroom=share))
    how = How(executor, page_cache, jobs, quiet=quiet or as_json)
    with opened("recommend", what, limit, how, f"confirm {confirm}") as ready:
        study = tune(ready.session, ready.earlier, confirm)
    if prove and study.recommendation is not None:
        with opened("floor", what, limit, how, study.id) as ready:
            floor = find_floor(ready.session, study.recommendation.settings, MIB, confirm)
        study = replace(study, floor=floor)
    report = _report(study, what)
    if as_json:
        from memtune.report.json import dump

        typer.echo(dump("recommend", study, report=str(report)))
    else:
        _show(study, what, report)
    if study.recommendation is None:
        raise typer.Exit(ExitCode.INFEASIBLE)


def _apply(study: "Study", workload: "Workload") -> tuple[str, ...]:
    """The lines that put the recommendation to work: variables first, then arguments."""
    from memtune.execute.request import reach

    if study.recommendation is None:
        return ()
    values = study.recommendation.settings.as_dict()
    variables: list[str] = []
    arguments: list[str] = []
    for knob in workload.space.searched.knobs:
        env, args = reach(knob, values[knob.name])
        variables += [f"{name}={value}" for name, value in env.items()]
        arguments += args
    return (*variables, *arguments)


def _report(study: "Study", workload: "Workload") -> Path:
    from memtune.report.console.page import as_html
    from memtune.report.console.recommend import render
    from memtune.store import DIRECTORY, Store

    lines = _apply(study, workload)
    page = as_html(lambda console: render(console, study, lines))
    with closing(Store(Path(DIRECTORY))) as store:
        return store.write_report(f"{study.id}.html", page)


def _show(study: "Study", workload: "Workload", report: Path) -> None:
    from memtune.report.console.common import console
    from memtune.report.console.recommend import render

    render(console(), study, _apply(study, workload))
    typer.echo(f"Report: {report.absolute()}")
