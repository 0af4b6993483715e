"""``memtune check``: the CI gate."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.gate import BUDGETS, FileOption, ScenariosArgument, options, scenarios, with_images
from memtune.cli.manual import examples
from memtune.cli.options import ExecutorOption, JsonOption, PageCacheOption, QuietOption
from memtune.cli.words import one_of_files
from memtune.errors import ExitCode, MemtuneError

if TYPE_CHECKING:
    from memtune.cli.session import How
    from memtune.gate.check import Asked
    from memtune.model import Gated, GateResult, Scenario


REPORTS = "json|junit|markdown|github|gitlab|csv|openmetrics|badge"


@app.command(
    short_help="Hold scenarios to their budgets and baselines, in CI.",
    epilog=examples(
        "memtune check",
        "memtune check --against origin/main --report markdown:memory.md",
        "memtune check --image registry.example.com/shop:new",
    ),
)
def check(
    names: ScenariosArgument = None,
    file: FileOption = BUDGETS,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="REF", help="Compare with this commit, executed here in turn."
        ),
    ] = None,
    images: Annotated[
        list[str] | None,
        typer.Option(
            "--image", metavar="[SERVICE=]NAME", help="Check this image, not the working tree."
        ),
    ] = None,
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report",
            metavar="FORMAT:PATH",
            help="Also write a report, repeatable: json, junit, markdown, github, gitlab, csv, "
            "openmetrics or badge.",
            autocompletion=one_of_files(REPORTS),
        ),
    ] = None,
    page_cache: PageCacheOption = "warm",
    executor: ExecutorOption = "docker",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Compare each scenario of memtune.yaml with its budget and its baseline.

    Ends with 0 when all are within their budgets, 1 when one is not, 4 when the runs do not
    decide. Without --against the stored samples of memtune.lock.json are the baseline, where they
    were taken in the same environment; else their commit is executed here in turn.
    """
    from memtune.cli.output import present
    from memtune.cli.profile import EXIT
    from memtune.cli.reports import parse, write
    from memtune.cli.session import How
    from memtune.gate.base import Project
    from memtune.gate.check import WORKING_TREE, Asked
    from memtune.report.console.check import render

    reports = parse(report or [])
    chosen = [with_images(one, images or []) for one in scenarios(file, names or [])]
    asked = Asked(
        project=Project.of(Path(file)),
        against=against,
        scenarios=len(chosen),
        label=", ".join(images) if images else WORKING_TREE,
        images=tuple(images or ()),
        options=options(file, executor, page_cache),
    )
    how = How(executor, page_cache, 1, quiet=quiet or as_json)
    gone = [] if names else _gone(asked, chosen)
    studies, checked, error = _checked(chosen, asked, how)
    result = _result(file, asked, [*gone, *checked])
    try:
        if any(one.head.need_bytes for one in checked) or error is None:
            present(
                "check",
                result,
                lambda console: render(console, result),
                as_json=as_json,
                studies=studies,
            )
    finally:
        write(reports, result)
    if error is not None:
        raise error
    code = EXIT[result.ruling]
    if code is not ExitCode.PASS:
        raise typer.Exit(code)


def _gone(asked: "Asked", chosen: "list[Scenario]") -> "list[Gated]":
    from memtune.gate.check import orphans

    return orphans(asked, {scenario.name for scenario in chosen})


def _checked(
    chosen: "list[Scenario]", asked: "Asked", how: "How"
) -> "tuple[list[str], list[Gated], MemtuneError | None]":
    """Check one scenario after the other, each in a study; an error ends that, and leaves the
    others undecided."""
    from memtune.cli.session import opened
    from memtune.gate.check import check as check_scenario
    from memtune.gate.check import unreached

    studies: list[str] = []
    results: list[Gated] = []
    for position, one in enumerate(chosen):
        try:
            with opened("check", one.workload, one.cap_bytes, how, None) as ready:
                results.append(check_scenario(ready.session, one, asked))
                studies.append(ready.session.study)
        except MemtuneError as error:
            results += [unreached(other, error.message) for other in chosen[position:]]
            return studies, results, error
    return studies, results, None


def _result(file: str, asked: "Asked", gated: "list[Gated]") -> "GateResult":
    from memtune.judge import combined
    from memtune.model import GateResult

    repository = asked.project.repository
    commit = (repository.commit() or "") if repository else ""
    changed = "+" if repository and commit and repository.changes() else ""
    return GateResult(
        file=file,
        commit=commit + changed,
        ruling=combined([one.ruling for one in gated]),
        scenarios=tuple(gated),
    )
