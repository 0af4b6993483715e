"""``memtune baseline``: the only writer of memtune.lock.json."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.gate import BUDGETS, FileOption, ScenariosArgument, options, scenarios
from memtune.cli.manual import examples
from memtune.cli.options import ExecutorOption, JsonOption, PageCacheOption, QuietOption
from memtune.cli.words import scenarios as known_scenarios
from memtune.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from memtune.model import BaselineResult

baseline = typer.Typer(
    help="Write the baselines in memtune.lock.json, which is committed.",
    short_help="Write the baselines that `check` compares with.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(baseline, name="baseline")


@baseline.command(
    short_help="Record what is missing, renew what is within its budget.",
    epilog=examples("memtune baseline update", "memtune baseline update words"),
)
def update(
    names: ScenariosArgument = None,
    file: FileOption = BUDGETS,
    page_cache: PageCacheOption = "warm",
    executor: ExecutorOption = "docker",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Record the baselines that are missing, renew those that are within their budgets, and drop
    those whose scenarios are gone.

    A scenario that fails its check, or has grown by as much as its warning, keeps its old baseline;
    `memtune baseline accept` is for growth that is meant.
    """
    from memtune.cli.session import How, opened
    from memtune.gate.base import Project
    from memtune.gate.check import Asked
    from memtune.gate.record import committed, drop
    from memtune.gate.record import update as update_baseline
    from memtune.model import BaselineResult

    chosen = scenarios(file, names or [])
    project = Project.of(Path(file))
    asked = Asked(project, options=options(file, executor, page_cache), scenarios=len(chosen))
    commit = committed(project)
    how = How(executor, page_cache, 1, quiet=quiet or as_json)
    removed = () if names else drop(project, {one.name for one in chosen})
    studies, recorded = [], []
    for one in chosen:
        with opened("baseline", one.workload, one.cap_bytes, how, None) as ready:
            recorded.append(update_baseline(ready.session, one, asked, commit))
            studies.append(ready.session.study)
    _present(BaselineResult(str(project.lock), tuple(recorded), removed), studies, as_json)


@baseline.command(
    short_help="Take a growth that is meant for the baseline.",
    epilog=examples('memtune baseline accept words --reason "keeps the index"'),
)
def accept(
    name: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO", help="One of the budget file.", autocompletion=known_scenarios
        ),
    ],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why it may need more; committed.")
    ],
    file: FileOption = BUDGETS,
    page_cache: PageCacheOption = "warm",
    executor: ExecutorOption = "docker",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make the present need of a scenario its baseline, however much it has grown.

    A run that fails its checks or the ceiling is never accepted: raise `max` in the file first.
    """
    from memtune.cli.session import How, opened
    from memtune.gate.base import Project
    from memtune.gate.check import Asked
    from memtune.gate.record import committed, record
    from memtune.model import BaselineResult

    if not reason.strip(" .") or not reason.isprintable():  # dots are what the hint leaves open
        raise UsageError(
            "the reason is empty or no plain line", hint="say why, for those who review the change"
        )
    [one] = scenarios(file, [name])
    project = Project.of(Path(file))
    asked = Asked(project, options=options(file, executor, page_cache))
    commit = committed(project)
    how = How(executor, page_cache, 1, quiet=quiet or as_json)
    with opened("baseline", one.workload, one.cap_bytes, how, None) as ready:
        recorded = record(ready.session, one, asked, commit, reason.strip())
    studies = [ready.session.study]
    _present(BaselineResult(str(project.lock), (recorded,)), studies, as_json)


def _present(result: "BaselineResult", studies: list[str], as_json: bool) -> None:
    from memtune.cli.output import present
    from memtune.cli.profile import EXIT
    from memtune.judge import combined
    from memtune.model import Ruling
    from memtune.report.console.baseline import render

    present(
        "baseline",
        result,
        lambda console: render(console, result),
        as_json=as_json,
        studies=studies,
    )
    refused = [one.gated for one in result.recorded if one.now is None and one.gated]
    rulings = [Ruling.FAIL if one.warned else one.ruling for one in refused]
    code = EXIT[combined(rulings)] if rulings else ExitCode.PASS
    if code is not ExitCode.PASS:
        raise typer.Exit(code)
