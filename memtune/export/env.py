"""``.env``: in the words that sh, python-dotenv, Node and docker compose read alike; lines of
other variables stay as they are."""

import io
import re

from dotenv.parser import parse_stream

from memtune.errors import UsageError
from memtune.export.text import MARK, SETTINGS, args_note, cap_note, comments, one_program
from memtune.model.export import Deployment, Written

_UNSET = "Not set in the runs: "
_HEAD = (f"# {SETTINGS}", f"# {_UNSET}")
_BARE = re.compile(r"[\w./:@%+,=-]*", re.ASCII)


def write(deployment: Deployment, before: str | None) -> Written:
    """Return the lines, merged into those that are there.

    Raises UsageError for what its readers do not agree on, and where nothing can be carried.
    """
    program = one_program(deployment, "env")
    if not program.env and not (before and program.unset):
        raise UsageError(
            "no knob is carried by an environment variable: there is nothing for a .env file",
            hint="compose, dockerfile and kubernetes carry arguments too",
        )
    lines = {name: f"{name}={_value(name, value)}\n" for name, value in program.env}
    notes = [*args_note(program), *cap_note(program)]
    if any("'" in line or '"' in line for line in lines.values()):
        notes.append("`docker run --env-file` takes quotes for a part of the value; compose and "
                     "others do not")  # fmt: skip
    unset = f"{_UNSET}{', '.join(program.unset)}" if program.unset else ""
    head = "".join(f"{line}\n" for line in comments(deployment, unset))
    text = _merged(before or "", lines, program.unset, head)
    return Written(text, tuple(notes))


def _value(name: str, value: str) -> str:
    """The value as it is, or in quotes that mean the same to all readers.

    python-dotenv resolves ``${NAME}`` even in single quotes, and backslashes in them:
    https://github.com/theskumar/python-dotenv/issues/92
    """
    if _BARE.fullmatch(value):
        return value
    if "\\" not in value and "${" not in value:
        if "'" not in value:
            return f"'{value}'"
        if not set(value) & set('"$`!'):
            return f'"{value}"'
    raise UsageError(
        f"{name} has the value {value}, which readers of .env files understand differently",
        hint="export it as compose, dockerfile or kubernetes",
    )


def _merged(before: str, lines: dict[str, str], unset: tuple[str, ...], head: str) -> str:
    """The file with the lines in place of those of the same variables, new ones at its end."""
    kept: list[str] = []
    todo = dict(lines)
    marked = False
    for binding in parse_stream(io.StringIO(before)):
        text = binding.original.string
        body = text.lstrip()
        blank = text[: len(text) - len(body)]
        if binding.error:
            raise UsageError(
                f"line {binding.original.line} of the .env file cannot be read",
                hint="correct it, or print the lines without a path and put them in by hand",
            )
        if binding.key in lines:
            kept += [blank, "export " * body.startswith("export"), lines[binding.key]]
            todo.pop(binding.key, None)
        elif binding.key in unset:
            kept.append(blank)
        elif binding.key is None and body.startswith(f"# {MARK}"):
            kept += [blank, head]
            marked = True
        elif not (marked and body.startswith(_HEAD)):
            kept.append(text)
    text = "".join(kept)
    text += "\n" * (bool(text) and not text.endswith("\n"))
    new = "".join(todo.values())
    return text + (head + new if new and not marked else new)
