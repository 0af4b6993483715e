"""``memtune init``: a project's first workload file, budget and CI workflow."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.options import DEFAULT_CAP_BYTES, ExecutorOption, QuietOption
from memtune.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from memtune.init.files import Layout
    from memtune.init.found import Part, Project
    from memtune.model import Trial, Workload


@app.command(
    short_help="Write a project's first workload, budget and CI workflow.",
    epilog=examples(
        "memtune init",
        "memtune init services/api --yes",
    ),
)
def init(
    directory: Annotated[
        Path, typer.Argument(metavar="DIRECTORY", help="The project: Dockerfile, compose, ...")
    ] = Path("."),
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: take what was found or assumed.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    executor: ExecutorOption = "auto",
    quiet: QuietOption = False,
) -> None:
    """Write memtune.workload.yaml and memtune.yaml for a project, and a CI workflow.

    Looks at its Dockerfile, compose file, Procfile, package.json, render.yaml and code, executes
    what it found a few times, and allows what that needed and 25 % more. A memtune.workload.yaml
    that is there already is taken as it is.
    """
    from memtune.cli.output import emit
    from memtune.cli.profile import EXIT
    from memtune.cli.session import How, opened
    from memtune.init.budget import budgeted, measured
    from memtune.init.files import put_all, put_workload, staged_workload
    from memtune.init.place import staging
    from memtune.model import Ruling

    project, layout = _project(directory, yes, force)
    how = How(executor, "warm", 1, quiet=quiet)
    with staging(directory) as stage:
        workload = staged_workload(stage, layout, project)
        cap_bytes = workload.default_cap_bytes or DEFAULT_CAP_BYTES
        with opened("init", workload, cap_bytes, how, None) as ready:
            trial = measured(ready.session)
            ready.session.store.finish(ready.session.study)
        budget = budgeted(workload, trial, cap_bytes)
        if trial.verdict.ruling is not Ruling.PASS or budget is None:
            kept = put_workload(stage, layout) if project else []
            emit(_failed(project, workload, trial, layout, bool(kept)))
            raise typer.Exit(max(EXIT[trial.verdict.ruling], ExitCode.FAIL))
        written = put_all(stage, layout, workload, budget)
    emit(_done(project, layout, written, budget.need_bytes, budget.max_bytes))


def _project(directory: Path, yes: bool, force: bool) -> "tuple[Project | None, Layout]":
    """What was found, open questions answered; None where the workload's file is there already."""
    from memtune.config.catalogue import load_workload
    from memtune.init.detect import detect
    from memtune.init.files import Layout
    from memtune.init.text import WORKLOAD

    if not directory.is_dir():
        raise UsageError(f"there is no directory {directory}", hint="give that of a project")
    existing = directory / WORKLOAD
    if existing.exists() and not force:
        name = load_workload(str(existing.absolute())).name
        layout = Layout.of(directory, name)
        layout.refuse_existing(with_workload=False, force=False)
        return None, layout
    project = detect(directory)
    layout = Layout.of(directory, project.name)
    layout.refuse_existing(with_workload=True, force=force)
    parts = tuple(_completed(part, yes) for part in project.parts)
    return replace(project, parts=parts), layout


def _completed(part: "Part", yes: bool) -> "Part":
    """A program with the answers to what its files do not say."""
    from memtune.init.code import words_of
    from memtune.init.found import Known

    if part.command is None:
        line = _ask(
            f"Command that starts {part.name}",
            yes,
            "write it as CMD into the Dockerfile or as web: into a Procfile",
        )
        part = replace(part, command=Known(words_of(line), "answered"))
    if part.answers and part.port is None:
        text = _ask(f"Port that {part.name} listens on", yes, "write EXPOSE 8000 in a Dockerfile")
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise UsageError(f"{text!r} is not a port", hint="ports go from 1 to 65535")
        part = replace(part, port=Known(int(text), "answered"))
    return part


def _ask(question: str, yes: bool, how: str) -> str:
    """Raises UsageError where nobody is there to answer."""
    missing = UsageError(
        f"not found: {question[0].lower()}{question[1:]}",
        hint=f"{how}; or answer, without --yes",
    )
    if yes:
        raise missing
    try:
        return str(typer.prompt(question, err=True)).strip()
    except typer.Abort as error:
        if isinstance(error.__context__, EOFError):
            raise missing from None
        raise KeyboardInterrupt from None


def _failed(
    project: "Project | None", workload: "Workload", trial: "Trial", layout: "Layout", kept: bool
) -> str:
    """What went wrong, and what may help."""
    from memtune.model import Kind, Outcome

    run = trial.runs[-1].run
    decisive = trial.verdict.decisive
    missed = (
        f" ({decisive.check}: {decisive.observed})"
        if decisive and decisive.check != "outcome"
        else ""
    )
    lines = [f"{workload.name} does not pass yet: {run.reason}{missed}"]
    tails = [(part.service, part.stderr_tail) for part in run.parts or (run,)]
    for service, tail in tails:
        said = tail.strip().splitlines()[-10:]
        lines += [f"  {service + ': ' if service else ''}{_plain(line)}" for line in said]
    if kept:
        lines.append(f"wrote {layout.workload} with what was found; no budget, no CI workflow")
    unset = [one.value for part in project.parts for one in part.unset] if project else []
    if unset:
        lines.append(f"hint: it reads {', '.join(unset)}, which nothing sets: write them under env")
    if run.outcome is Outcome.TIMEOUT and workload.kind is Kind.PIPELINE:
        lines.append("hint: a service needs kind: service, and a port: EXPOSE it in the Dockerfile")
    lines.append(
        f"hint: correct {layout.workload}, see `memtune profile {layout.workload}` pass, "
        "and then `memtune init` again: it takes the file as it is"
    )
    return "\n".join(lines) + "\n"


def _plain(line: str) -> str:
    from memtune.report.neutral import plain

    return plain(line)


def _done(
    project: "Project | None",
    layout: "Layout",
    written: list[Path],
    need_bytes: float,
    max_bytes: int,
) -> str:
    """What was found and written, and what to do next."""
    from memtune.init.workflow import Host
    from memtune.units import format_bytes

    lines = [_found(part) for part in project.parts] if project else []
    lines += [f"note: {note}" for note in project.notes] if project else []
    lines.append(f"needed {format_bytes(need_bytes)} at most; allowed {format_bytes(max_bytes)}")
    lines += ["", "wrote"] + [f"  {_plain(os.path.relpath(file))}" for file in written]
    lines += ["", "next"]
    if project and project.answers:
        lines.append(
            f"  write calls like your clients' into {layout.workload}: only health is asked"
        )
    lines += [
        "  git add and commit these files",
        "  memtune baseline update     # and commit memtune.lock.json",
        "  memtune check               # what CI does",
    ]
    if layout.ci.host is Host.GITLAB:
        lines.append("  copy the job in memtune's examples/ci/gitlab-ci.yml into .gitlab-ci.yml")
    elif layout.ci.host is Host.OTHER:
        lines.append(
            "  in CI, on a runner with Docker and the whole history: pip install memtune; memtune "
            "check --against origin/main"
        )
    elif layout.ci.host is Host.NONE:
        lines.append("  no CI workflow was written: this is no git repository")
    return "\n".join(lines) + "\n"


def _found(part: "Part") -> str:
    import shlex

    from memtune.init.text import DEFAULT_HEALTH

    assert part.command is not None  # asked for where it was not found
    words = _plain(shlex.join(part.command.value))
    if not part.answers or part.port is None:
        return f"found a pipeline: {words} ({part.command.source})"
    health = part.health or DEFAULT_HEALTH
    return (
        f"found a service, {part.name}: {words} ({part.command.source})\n"
        f"  port {part.port.value} ({part.port.source})\n"
        f"  health {health.value} ({health.source})"
    )
