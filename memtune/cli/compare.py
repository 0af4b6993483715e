"""``memtune compare``: sides of one workload, executed in turn and set beside each other."""

from typing import TYPE_CHECKING, Annotated

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
    job_count,
)
from memtune.cli.words import sides, workload_paths
from memtune.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memtune.cli.session import How
    from memtune.cli.sides import Planned
    from memtune.compare import Stored
    from memtune.model.comparison import Comparison
    from memtune.side import Side
    from memtune.trial import Session

WorkloadOption = Annotated[
    str | None,
    typer.Option(
        "--workload",
        "-w",
        metavar="FILE",
        help="Workload of settings, images and commits; face, if neither this nor a profile names "
        "one.",
        autocompletion=workload_paths,
    ),
]


@app.command(
    short_help="Profiles, settings, images or commits beside each other.",
    epilog=examples(
        "memtune compare original optimized conservative --impact",
        "memtune compare workers=1 workers=2 --profile optimized --explain",
        "memtune compare commit:main here -w workload.yaml",
    ),
)
def compare(
    texts: Annotated[
        list[str],
        typer.Argument(
            metavar="SIDE",
            help="Two or more: a profile (NAME or FILE), settings (workers=1,cache_size=250), "
            "image:[SERVICE=]NAME, commit:REF, run:ID or study:ID of .memtune, or here: the "
            "workload as it is.",
            autocompletion=sides,
        ),
    ],
    workload: WorkloadOption = None,
    profile_name: ProfileOption = None,
    assigned: SetOption = None,
    impact: Annotated[
        bool,
        typer.Option(
            "--impact",
            help="Also execute under a roomy cap what its own cap cut short, for its need.",
        ),
    ] = False,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="One more run of each side, under memray (two to four times as long): which "
            "allocation sites hold more or less.",
        ),
    ] = False,
    cap: CapOption = None,
    runs: Annotated[
        int, typer.Option("--runs", "-n", min=1, metavar="N", help="Runs of each side.")
    ] = 3,
    page_cache: PageCacheOption = "warm",
    jobs: JobsOption = "1",
    executor: ExecutorOption = "auto",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Execute sides in turn and say how each figure of them differs, with its 95 % interval.

    Ends with 0 when the last side passes.
    """
    from memtune.cli.output import present
    from memtune.cli.profile import EXIT
    from memtune.cli.session import How
    from memtune.cli.sides import Common, parse, resolved
    from memtune.report.console.compare import render

    words = parse(texts)
    if explain and all(word.form.is_stored for word in words):
        raise UsageError("stored runs cannot be explained", hint="leave --explain out")
    common = Common(workload, profile_name, cap, tuple(assigned or []))
    how = How(executor, page_cache, job_count(jobs), quiet=quiet or as_json)
    with resolved(words, common) as sides:
        result = _compared(sides, how, runs, impact=impact, explain=explain)
    present(
        "compare",
        result,
        lambda console: render(console, result),
        as_json=as_json,
        studies=[result.study] if result.study else [],
    )
    code = EXIT[result.sides[-1].trial.verdict.ruling]
    if code is not ExitCode.PASS:
        raise typer.Exit(code)


def _compared(
    found: "Sequence[Planned | Stored]", how: "How", runs: int, *, impact: bool, explain: bool
) -> "Comparison":
    from memtune.cli.session import opened
    from memtune.cli.sides import Planned
    from memtune.compare import Stored
    from memtune.compare import compare as compare_sides

    planned = [side for side in found if isinstance(side, Planned)]
    if not planned:
        stored = [side for side in found if isinstance(side, Stored)]
        return compare_sides(stored[0].judged[0].run.workload, stored, runs)
    workload = planned[0].target.workload
    largest = max(side.target.cap_bytes for side in planned)
    with opened("compare", workload, largest, how, None) as ready:
        sides = [_side(ready.session, side) for side in found]
        return compare_sides(workload.name, sides, runs, impact=impact, explain=explain)


def _side(session: "Session", found: "Planned | Stored") -> "Side | Stored":
    from memtune.compare import Stored
    from memtune.side import beside

    if isinstance(found, Stored):
        return found
    there = found.target
    return beside(
        session, found.word.text, there.workload, there.settings, there.cap_bytes, found.what
    )
