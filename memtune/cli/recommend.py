"""``memtune recommend``: the most conservative settings that pass."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.options import (
    DEFAULT_CAP_BYTES,
    CapOption,
    ClusterOption,
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
    from memtune.cli.session import How
    from memtune.model import Platform, Study, Workload

DEFAULT_HEADROOM = 0.2
"""Asked for where neither the workload nor the command line says."""


@app.command(epilog="Example: memtune recommend face --cap 512MiB --headroom 20%")
def recommend(
    workload: Annotated[
        str, typer.Argument(help="A built-in workload (face) or a workload file.")
    ] = "face",
    cap: CapOption = None,
    platform: Annotated[
        str | None,
        typer.Option(
            "--platform", metavar="PLAN", help="Take a plan's memory for the cap: render:starter."
        ),
    ] = None,
    headroom_share: HeadroomOption = None,
    confirm: Annotated[
        int, typer.Option("--confirm", min=1, help="How many runs the pick must pass.")
    ] = 8,
    prove: Annotated[
        bool, typer.Option("--prove", help="Also find the smallest cap that the pick passes.")
    ] = False,
    page_cache: PageCacheOption = "warm",
    jobs: JobsOption = 1,
    cluster: ClusterOption = None,
    executor: ExecutorOption = "auto",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Search a workload's space for the settings that need least and still pass.

    Every run is stored before the next one starts: an interrupted session continues
    where it stopped. With --jobs or --cluster runs go on at the same time.

    Ends with 5 where nothing passes, and says what comes nearest, what one change would make it
    pass, and which plans would hold it.
    """
    from memtune.cli.session import How

    plan = _plan(cap, platform)
    what = _searchable(workload)
    given = plan.ram_bytes if plan else what.default_cap_bytes
    limit = cap_bytes(cap, given, DEFAULT_CAP_BYTES)
    asked = DEFAULT_HEADROOM if what.checks.headroom is None else what.checks.headroom
    checks = replace(what.checks, headroom=headroom(headroom_share, asked))
    what = replace(what, checks=checks)
    how = How(executor, page_cache, jobs, quiet=quiet or as_json, cluster=cluster)
    study = _study(what, limit, how, confirm, prove, plan)
    _present(study, as_json)
    if study.recommendation is None:
        raise typer.Exit(ExitCode.INFEASIBLE)


def _plan(cap: str | None, platform: str | None) -> "Platform | None":
    from memtune.config.platforms import load_platform

    if cap is not None and platform is not None:
        raise UsageError("--cap and --platform both name a cap", hint="leave one out")
    return None if platform is None else load_platform(platform)


def _searchable(name: str) -> "Workload":
    from memtune.config.catalogue import load_workload

    workload = load_workload(name)
    if not workload.space.searched.knobs:
        raise UsageError(
            f"the workload {workload.name!r} has no space to search",
            hint="give it knobs under `space:`, or use `memtune profile`",
        )
    return workload


def _study(
    what: "Workload", limit: int, how: "How", confirm: int, prove: bool, plan: "Platform | None"
) -> "Study":
    """Search, and where that is asked for, find the floor of the pick as a study of its own."""
    from memtune.cli.session import opened
    from memtune.floor import find_floor
    from memtune.tune import tune

    with opened("recommend", what, limit, how, f"confirm {confirm}") as ready:
        study = tune(ready.session, ready.earlier, confirm, plan)
    if not prove or study.recommendation is None:
        return study
    pick = study.recommendation.settings
    with opened("floor", what, limit, how, study.id) as ready:
        return replace(study, floor=find_floor(ready.session, pick, MIB, confirm, ready.earlier))


def _present(study: "Study", as_json: bool) -> None:
    """Write the page, print the result; only then the study is finished, with its floor's."""
    from memtune.cli.output import present
    from memtune.export.deployment import lines_of
    from memtune.report.console.page import as_html
    from memtune.report.console.recommend import render
    from memtune.store import DIRECTORY, Store

    lines = lines_of(study)
    page = as_html(lambda console: render(console, study, lines))
    with closing(Store(Path(DIRECTORY))) as store:
        report = store.write_report(f"{study.id}.html", page).absolute()
    present(
        "recommend",
        study,
        lambda console: render(console, study, lines, report=str(report)),
        as_json=as_json,
        studies=[study.id] if study.floor is None else [study.id, study.floor.study],
        report=str(report),
    )
