"""Dockerfile: ``ENV`` lines, and ``CMD`` where arguments carry a knob; in a file that is there, a
block at the end of its last stage, where the last word counts."""

import re

from memtune.errors import UsageError
from memtune.export.text import MARK, cap_note, comments, one_program, unset_note, words
from memtune.model.export import Deployed, Deployment, Written

_END = "# End of `memtune export`"
_BLOCK = re.compile(rf"^# {re.escape(MARK)}.*?^{re.escape(_END)}\n?", re.MULTILINE | re.DOTALL)
_ENTRYPOINT = re.compile(r"^\s*ENTRYPOINT\b", re.MULTILINE | re.IGNORECASE)
_FROM = re.compile(r"^\s*FROM\s", re.MULTILINE | re.IGNORECASE)
_ESCAPE = re.compile(r"\A(?:#.*\n)*?#\s*escape\s*=\s*`", re.IGNORECASE)


def write(deployment: Deployment, before: str | None) -> Written:
    """Return the block, or the Dockerfile that is there with it.

    Raises UsageError where the block would mean something else in it.
    """
    program = one_program(deployment, "dockerfile")
    block = "\n".join([*comments(deployment), *_instructions(program), _END]) + "\n"
    notes = [*unset_note(program), *cap_note(program)]
    if before is None:
        notes.append("the lines belong at the end of the Dockerfile's last stage")
        if program.args:
            notes.append("CMD is the whole command: an ENTRYPOINT would come before it")
        return Written(block, tuple(notes))
    others = _BLOCK.sub("", before)
    _require_room(others, program)
    others += "\n" * (bool(others) and not others.endswith("\n"))
    return Written(others + block, tuple(notes))


def _instructions(program: Deployed) -> list[str]:
    """https://docs.docker.com/reference/dockerfile/#environment-replacement."""
    lines = []
    for name, value in program.env:
        escaped = re.sub(r'(["$\\])', r"\\\1", value)
        lines.append(f'ENV {name}="{escaped}"')
    return lines + ([f"CMD {words(program.command)}"] if program.args else [])


def _require_room(text: str, program: Deployed) -> None:
    hint = "print the lines without a path and put them in by hand"
    if not _FROM.search(text):
        raise UsageError("there is no Dockerfile with a FROM to put the lines into", hint=hint)
    if MARK in text:
        raise UsageError(f"the end of the block is missing: {_END}", hint=hint)
    if _ESCAPE.match(text):
        raise UsageError("the Dockerfile escapes with `, memtune with \\", hint=hint)
    if text.rstrip().endswith("\\"):
        raise UsageError("the Dockerfile's last line goes on", hint=hint)
    if program.args and _ENTRYPOINT.search(text):
        arguments = " ".join(program.args)
        raise UsageError(
            f"the Dockerfile has an ENTRYPOINT, so a whole CMD is wrong there: {arguments}",
            hint="add these arguments by hand, and export the variables with --to env",
        )
