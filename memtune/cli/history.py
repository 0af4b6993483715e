"""``memtune history``: what scenarios needed over the commits; never gates."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.gate import BUDGETS, FileOption
from memtune.cli.manual import examples
from memtune.cli.options import ExecutorOption, JsonOption, PageCacheOption, QuietOption
from memtune.cli.words import scenarios
from memtune.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from memtune.cli.session import How
    from memtune.gate.base import Project
    from memtune.history import Found
    from memtune.model.history import Unreadable
    from memtune.repository import Repository, Version


@app.command(
    short_help="What scenarios needed over the commits.",
    epilog=examples(
        "memtune history",
        "memtune history words --measure v1.0..HEAD",
    ),
)
def history(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="SCENARIO", help="All, if none.", autocompletion=scenarios),
    ] = None,
    file: FileOption = BUDGETS,
    measure: Annotated[
        str | None,
        typer.Option(
            "--measure",
            metavar="RANGE",
            help="Also execute these commits as they were, such as v1.0..HEAD (first parents).",
        ),
    ] = None,
    runs: Annotated[
        int,
        typer.Option(
            "--runs", "-n", min=1, metavar="N", help="Runs of each commit that is executed."
        ),
    ] = 3,
    page_cache: PageCacheOption = "warm",
    executor: ExecutorOption = "auto",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show what each scenario needed over the commits, with steps and slow drift.

    Reads the baselines that were committed. With --measure it checks commits out and executes
    them; what was executed in this environment before is not repeated. Ends with 0 whatever the
    figures are.
    """
    from memtune.cli.output import present
    from memtune.cli.session import How
    from memtune.gate.base import Project
    from memtune.history import recorded, tracks
    from memtune.model.history import History
    from memtune.report.console.history import render

    if not Path(file).parent.is_dir():
        raise UsageError(f"there is no directory {Path(file).parent}", hint="correct --file")
    project = Project.of(Path(file))
    repository = project.repository
    if repository is None or repository.commit() is None:
        raise UsageError(
            f"{project.file.parent} lies in no git repository with commits",
            hint="a history is that of commits: name the budget file of a project with --file",
        )
    found, unreadable = recorded(repository, project.below_root(project.lock))
    versions = [] if measure is None else _versions(repository, measure)
    wanted = _wanted(project, names or [], found, measured=bool(versions))
    if versions:
        how = How(executor, page_cache, 1, quiet=quiet or as_json)
        found += _measured(project, repository, versions, wanted, runs, how)
    result = History(str(project.file), tracks(repository, found, wanted), tuple(unreadable))
    if not result.tracks:
        raise _nothing(project, unreadable)
    present("history", result, lambda console: render(console, result), as_json=as_json)


def _versions(repository: "Repository", span: str) -> "list[Version]":
    versions = repository.commits(span)
    if not versions:
        raise UsageError(f"--measure {span} holds no commits", hint="write HEAD~10..HEAD")
    return versions


def _wanted(
    project: "Project", names: Sequence[str], found: "Sequence[Found]", *, measured: bool
) -> list[str]:
    """The scenarios that are asked for: all that have figures, and those of the file as it is
    now where commits are executed."""
    from memtune.config.budgets import load_scenarios

    known = list(dict.fromkeys(one.scenario for one in found))
    if project.file.exists() and (measured or names):
        known = list(dict.fromkeys([*load_scenarios(project.file), *known]))
    for name in names:
        if name not in known and known:
            raise UsageError(
                f"there is no scenario {name!r}, and there never was a baseline of it",
                hint=did_you_mean(name, known),
            )
    return list(dict.fromkeys(names)) or known


def _nothing(project: "Project", unreadable: "Sequence[Unreadable]") -> UsageError:
    damaged = f" that can be read ({len(unreadable)} cannot)" if unreadable else ""
    return UsageError(
        f"no baseline was ever committed{damaged} in {project.lock}",
        hint="execute the commits themselves with --measure HEAD~10..HEAD, "
        "or record a first baseline with `memtune baseline update`",
    )


def _measured(
    project: "Project",
    repository: "Repository",
    versions: "Sequence[Version]",
    names: Sequence[str],
    runs: int,
    how: "How",
) -> "list[Found]":
    from contextlib import closing
    from dataclasses import replace

    from memtune.cli.session import one_of
    from memtune.cli.signals import Cancellation
    from memtune.config.budgets import load_scenarios
    from memtune.execute.choose import Choice, choose
    from memtune.execute.page_cache import PageCache
    from memtune.history import Bench, measured
    from memtune.report.console.common import console
    from memtune.report.console.progress import Progress
    from memtune.store import DIRECTORY, Store

    page_cache = one_of(PageCache, how.page_cache, "page-cache state")
    progress = Progress(console(stderr=True), quiet=how.quiet)
    cancelled = Cancellation().install()
    present = load_scenarios(project.file).values() if project.file.exists() else ()
    images = [image for one in present if one.name in names for image in one.workload.images]
    executor = choose(one_of(Choice, how.executor, "executor"), images, progress.note)
    environment = replace(executor.prepare(()), image="")
    with closing(Store(Path(DIRECTORY))) as store, progress.live():
        bench = Bench(
            repository=repository,
            file=project.below_root(project.file),
            executor=executor,
            environment=environment,
            ready=executor.sweep,
            store=store,
            observer=progress,
            cancelled=cancelled,
            page_cache=page_cache,
            look=progress.look,
        )
        return list(measured(bench, versions, names, runs))
