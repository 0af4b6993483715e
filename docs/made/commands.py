"""The command line, from the commands themselves: what `memtune COMMAND --help` says."""

from collections.abc import Iterator
from typing import Any

import typer.main

import memtune.__main__  # noqa: F401 - it registers the commands
from docs.made.markdown import code, table, text
from memtune.cli.app import app


def commands() -> str:
    """Return a section for each command, its groups' commands included."""
    root: Any = typer.main.get_command(app)
    with root.make_context("memtune", [], resilient_parsing=True) as context:
        return "\n".join(_sections(root, context))


def names() -> list[str]:
    """Return the commands as they are called, such as ``baseline update``."""
    root: Any = typer.main.get_command(app)
    return [name for name, _ in _leaves(root, "")]


def _leaves(group: Any, before: str) -> Iterator[tuple[str, Any]]:
    for name, command in sorted(group.commands.items()):
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            yield from _leaves(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def _sections(root: Any, context: Any) -> Iterator[str]:
    for name, command in _leaves(root, ""):
        own = type(context)(command, info_name=f"memtune {name}")
        usage = " ".join([own.command_path, *command.collect_usage_pieces(own)])
        yield f"## memtune {name}\n"
        yield f"```text\n{usage}\n```\n"
        for paragraph in (command.help or "").split("\n\n"):
            yield text(paragraph) + "\n"
        if command.epilog:
            yield _example(command.epilog)
        yield table(("argument or option", "meaning"), _rows(command, own))


def _rows(command: Any, context: Any) -> Iterator[tuple[str, str]]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            yield code(record[0].strip()), text(record[1])


def _example(epilog: str) -> str:
    """What stands below the help: examples, each a line below their title."""
    title, *lines = epilog.removeprefix("\b\n").splitlines()
    return "\n".join([f"{title}\n", "```shell", *(line.strip() for line in lines), "```\n"])
