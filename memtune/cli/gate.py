"""What ``check`` and ``baseline`` share: the budget file, the scenarios asked for, their images."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.words import scenarios as known_scenarios
from memtune.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from memtune.model import Scenario, Workload

BUDGETS = "memtune.yaml"

FileOption = Annotated[
    str, typer.Option("--file", metavar="FILE", help="Budget file; its lock file lies beside it.")
]
ScenariosArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SCENARIO",
        help="All of the file, if none.",
        autocompletion=known_scenarios,
    ),
]


def scenarios(file: str, names: Sequence[str]) -> "list[Scenario]":
    """Return the scenarios of a budget file that are asked for; all where none is.

    Raises UsageError for one that is not there, and where there is no file.
    """
    from memtune.config.budgets import load_scenarios

    if not Path(file).exists():
        raise UsageError(
            f"there is no {file}", hint="`memtune init` writes one; or name it with --file"
        )
    found = load_scenarios(Path(file))
    for name in names:
        if name not in found:
            raise UsageError(
                f"there is no scenario {name!r} in {file}", hint=did_you_mean(name, found)
            )
    return [found[name] for name in dict.fromkeys(names)] or list(found.values())


def options(file: str, executor: str = "docker", page_cache: str = "warm") -> tuple[str, ...]:
    """Return the words that let another command do the same, where they are not the defaults."""
    given = {"--file": file, "--executor": executor, "--page-cache": page_cache}
    defaults = (BUDGETS, "docker", "warm")
    pairs = zip(given.items(), defaults, strict=True)
    return tuple(word for pair, default in pairs if pair[1] != default for word in pair)


def with_images(scenario: "Scenario", images: Sequence[str]) -> "Scenario":
    """Return a scenario that executes other images: ``NAME``, or ``SERVICE=NAME`` of several.

    Raises UsageError for a service that it does not have.
    """
    workload = scenario.workload
    for text in images:
        workload = with_image(workload, text, "--image ")
    return replace(scenario, workload=workload)


def with_image(workload: "Workload", text: str, prefix: str) -> "Workload":
    """Return a workload that executes another image: ``NAME``, or ``SERVICE=NAME`` of several.

    ``prefix`` is what the user writes before that. Raises UsageError for a service that it does
    not have.
    """
    from memtune.model import Image, ImageKind

    service, equals, name = text.rpartition("=")
    names = [program.name for program in workload.programs]
    if not equals and len(names) > 1:
        raise UsageError(
            f"{prefix}{name}: {workload.name} has several services",
            hint="write " + " or ".join(f"{prefix}{one}={name}" for one in names),
        )
    wanted = service if equals else names[0]
    if wanted not in names:
        raise UsageError(
            f"{prefix}{text}: {workload.name} has no such service",
            hint=did_you_mean(wanted, names) if names[0] else f"write {prefix}{name}",
        )
    image = Image(ImageKind.NAME, name)
    programs = tuple(
        replace(program, image=image) if program.name == wanted else program
        for program in workload.programs
    )
    return replace(workload, programs=programs)
