"""``memtune recommend``: the best settings that pass."""

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.constraints import (
    BootOption,
    ErrorRateOption,
    P95Option,
    ThroughputOption,
    bounded,
    bounds,
)
from memtune.cli.manual import examples
from memtune.cli.options import (
    CapOption,
    ClusterOption,
    ExecutorOption,
    HeadroomOption,
    JobsOption,
    JsonOption,
    PageCacheOption,
    QuietOption,
    WorkloadArgument,
    job_count,
)
from memtune.cli.words import knobs, one_of, plans, profiles
from memtune.errors import ExitCode, UsageError
from memtune.units import MIB

if TYPE_CHECKING:
    from memtune.aim import Aim
    from memtune.cli.session import How
    from memtune.cli.target import Target
    from memtune.model import Platform, Settings, Study, Workload

OBJECTIVES = "conservative|fastest|balanced"
DEFAULT_HEADROOM = 0.2
"""Asked for where neither the workload nor the command line says."""


@dataclass(frozen=True)
class Asked:
    """What is searched for."""

    confirm: int
    """Runs that the pick must pass."""
    aim: "Aim"
    plan: "Platform | None"
    """That names the cap."""


@app.command(
    short_help="The settings that need least and still pass.",
    epilog=examples(
        "memtune recommend face --cap 512MiB --headroom 20%",
        "memtune recommend workload.yaml --platform render:starter --max-p95 300ms",
        "memtune recommend workload.yaml --objective fastest --jobs 4",
    ),
)
def recommend(
    workload: WorkloadArgument = None,
    cap: CapOption = None,
    platform: Annotated[
        str | None,
        typer.Option(
            "--platform",
            metavar="PLAN",
            help="Take a plan's memory for the cap: render:starter.",
            autocompletion=plans,
        ),
    ] = None,
    headroom_share: HeadroomOption = None,
    objective: Annotated[
        str,
        typer.Option(
            "--objective",
            metavar=OBJECTIVES,
            autocompletion=one_of(OBJECTIVES),
            help="Which is best: the least memory, the most work per second, or the knee between.",
        ),
    ] = "conservative",
    max_p95: P95Option = None,
    min_throughput: ThroughputOption = None,
    max_error_rate: ErrorRateOption = None,
    max_boot: BootOption = None,
    ladder: Annotated[
        bool,
        typer.Option(
            "--explain-ladder",
            help="First execute the present settings, and turn down one knob after another.",
        ),
    ] = False,
    profile_name: Annotated[
        str | None,
        typer.Option(
            "--profile",
            "-p",
            metavar="NAME",
            help="The present settings, for the ladder.",
            autocompletion=profiles,
        ),
    ] = None,
    assigned: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            "-s",
            metavar="KNOB=VALUE",
            help="A present setting, for the ladder.",
            autocompletion=knobs,
        ),
    ] = None,
    confirm: Annotated[
        int, typer.Option("--confirm", min=1, metavar="N", help="How many runs the pick must pass.")
    ] = 8,
    prove: Annotated[
        bool, typer.Option("--prove", help="Also find the smallest cap that the pick passes.")
    ] = False,
    page_cache: PageCacheOption = "warm",
    jobs: JobsOption = "1",
    cluster: ClusterOption = None,
    executor: ExecutorOption = "auto",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Search a workload's space for the settings that need least and still pass, or for those
    that are fastest, or balanced.

    Every run is stored before the next one starts: an interrupted session continues
    where it stopped. With --jobs or --cluster runs go on at the same time.

    Ends with 5 where nothing passes, and says what comes nearest, what one change would make it
    pass, and which plans would hold it.
    """
    from memtune.aim import Aim
    from memtune.cli.session import How, one_of
    from memtune.cli.target import target
    from memtune.model import Objective

    if (profile_name or assigned) and not ladder:
        raise UsageError(
            "--profile and --set say where the ladder begins", hint="add --explain-ladder"
        )
    plan = _plan(cap, platform)
    what = target(None, workload, profile_name, cap, assigned or [], headroom_share)
    _require_space(what.workload)
    limits = bounds(max_p95, min_throughput, max_error_rate, max_boot)
    asked = what.workload.checks.headroom
    checks = replace(what.workload.checks, headroom=DEFAULT_HEADROOM if asked is None else asked)
    aim = Aim(
        one_of(Objective, objective, "objective"),
        tuple(bound.figure for bound in limits),
        _start(what) if ladder else None,
    )
    study = _study(
        replace(what.workload, checks=bounded(checks, limits)),
        plan.ram_bytes if plan else what.cap_bytes,
        How(
            executor,
            page_cache,
            job_count(jobs),
            quiet=quiet or as_json,
            cluster=cluster,
            timed=aim.objective is not Objective.CONSERVATIVE,
        ),
        Asked(confirm, aim, plan),
        prove=prove,
    )
    _present(study, as_json)
    if study.recommendation is None:
        raise typer.Exit(ExitCode.INFEASIBLE)


def _plan(cap: str | None, platform: str | None) -> "Platform | None":
    from memtune.config.platforms import load_platform

    if cap is not None and platform is not None:
        raise UsageError("--cap and --platform both name a cap", hint="leave one out")
    return None if platform is None else load_platform(platform)


def _require_space(workload: "Workload") -> None:
    if not workload.space.searched.knobs:
        raise UsageError(
            f"the workload {workload.name!r} has no space to search",
            hint="give it knobs under `space:`, or use `memtune profile`",
        )


def _start(what: "Target") -> "Settings":
    """Where the ladder begins: the profile's settings, or the generous end of what is searched;
    what is assigned goes before both."""
    from memtune.config.catalogue import settings_for
    from memtune.search.ladder import generous

    if what.profile:
        return what.settings
    values = generous(what.workload.space.searched).as_dict() | what.settings.as_dict()
    return settings_for(what.workload.space, values)


def _study(what: "Workload", limit: int, how: "How", asked: Asked, *, prove: bool) -> "Study":
    """Search, and where that is asked for, find the floor of the pick as a study of its own."""
    from memtune.cli.session import opened
    from memtune.floor import find_floor
    from memtune.tune import tune

    with opened("recommend", what, limit, how, _key(asked)) as ready:
        study = tune(ready.session, asked.confirm, asked.plan, asked.aim)
    if not prove or study.recommendation is None:
        return study
    pick = study.recommendation.settings
    with opened("floor", what, limit, how, study.id) as ready:
        return replace(
            study, floor=find_floor(ready.session, pick, MIB, asked.confirm, ready.earlier)
        )


def _key(asked: Asked) -> str:
    """What else makes two sessions the same study; bounds are checks of the workload, too."""
    aim = asked.aim
    parts = [f"confirm {asked.confirm}"]
    parts += [f"objective {aim.objective}"] if aim.objective != "conservative" else []
    parts += [f"bounded {figure}" for figure in aim.bounded]
    parts += [] if aim.start is None else [f"ladder from ({aim.start})"]
    return ", ".join(parts)


def _present(study: "Study", as_json: bool) -> None:
    """Write the page, print the result; only then the study is finished, with its floor's."""
    from memtune.cli.output import present
    from memtune.cli.report import page_of
    from memtune.export.deployment import lines_of
    from memtune.report.console.recommend import render
    from memtune.store import DIRECTORY, Store

    lines = lines_of(study)
    with closing(Store(Path(DIRECTORY))) as store:
        page = page_of(study, store, store.reports.absolute())
        report = store.write_report(f"{study.id}.html", page).absolute()
    present(
        "recommend",
        study,
        lambda console: render(console, study, lines, report=str(report)),
        as_json=as_json,
        studies=[study.id] if study.floor is None else [study.id, study.floor.study],
        report=str(report),
    )
