"""package.json: the start script, with Node's own flags in NODE_OPTIONS."""

import json
import re
import shlex
from typing import Any

from memtune.errors import UsageError
from memtune.export.text import cap_note, one_program, unset_note
from memtune.model.export import Deployed, Deployment, Written

_OPTIONS = "NODE_OPTIONS"
_NODE = ("--max-old-space-size", "--max-semi-space-size")
"""Flags of Node's that NODE_OPTIONS takes: https://nodejs.org/docs/latest/api/cli.html#node_optionsoptions."""
_ASSIGNMENT = re.compile(r"""\s*([A-Za-z_]\w*)=('[^']*'|"[^"$`\\]*"|[^\s'"$`\\;&|<>()]*)(?=\s)""")
_INDENT = re.compile(r'\{\r?\n([ \t]+)"')
_BY_HAND = "print it without a path and put it in by hand"


def write(deployment: Deployment, before: str | None) -> Written:
    """Return the file with the script; ``start`` and nothing else where there is none.

    Raises UsageError for several services, and for a script that the settings cannot be put into.
    """
    program = one_program(deployment, "package-json")
    notes = (*unset_note(program), *cap_note(program))
    if before is None:
        own = program.command[: len(program.command) - len(program.args)]
        document = {"scripts": {"start": _script(program, shlex.join(own))}}
        return Written(json.dumps(document, indent=2, ensure_ascii=False) + "\n", notes)
    package = _package(before)
    start = package["scripts"]["start"]
    package["scripts"]["start"] = _script(program, start)
    found = _INDENT.match(before)
    text = json.dumps(package, indent=found[1] if found else None, ensure_ascii=False)
    return Written(text + "\n" * before.endswith("\n"), notes)


def _package(text: str) -> dict[str, Any]:
    if not text.strip():
        raise UsageError("there is no package.json to put the script into", hint=_BY_HAND)
    try:
        package = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the package.json cannot be read: {error}", hint="correct it") from error
    scripts = package.get("scripts") if isinstance(package, dict) else None
    if not isinstance(scripts, dict) or not isinstance(scripts.get("start"), str):
        raise UsageError("the package.json has no start script", hint=_BY_HAND)
    return dict(package)


def _script(program: Deployed, start: str) -> str:
    """The script with our variables before it, and our arguments in it or behind it."""
    env = dict(program.env)
    given, command = _split(start)
    if re.search(r"[;&|\n]", command):
        raise UsageError("the start script is more than one command", hint=_BY_HAND)
    flags = {_name(word): word for word in shlex.split(env.pop(_OPTIONS, ""))}
    arguments = []
    for word in program.args:
        if _name(word) in _NODE and "=" in word:
            flags[_name(word)] = word
        else:
            arguments.append(word)
    for name, flag in list(flags.items()):
        command, replaced = _flag_pattern(name).subn(flag.replace("\\", r"\\"), command)
        if replaced:
            del flags[name]
    _require_free(command, [*env, _OPTIONS] if flags else [*env])
    if flags:
        kept = [word for word in shlex.split(given.get(_OPTIONS, "")) if _name(word) not in flags]
        env[_OPTIONS] = " ".join([*kept, *flags.values()])
    for name in program.unset:
        if name != _OPTIONS:
            given.pop(name, None)
    given |= env
    prefix = "".join(f"{name}={shlex.quote(value)} " for name, value in given.items())
    return prefix + _with_arguments(command, arguments)


def _split(start: str) -> tuple[dict[str, str], str]:
    """The variables that a script sets, and its command."""
    given, at = {}, 0
    while match := _ASSIGNMENT.match(start, at):
        given[match[1]] = shlex.split(match[2])[0] if match[2] else ""
        at = match.end()
    return given, start[at:].strip()


def _name(word: str) -> str:
    """Node takes ``_`` for ``-`` in the names of flags."""
    return word.partition("=")[0].replace("_", "-")


def _flag_pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S){'[-_]'.join(map(re.escape, name.split('-')))}=\S+")


def _require_free(command: str, names: list[str]) -> None:
    """Refuse where the command itself sets a variable anew, as cross-env does."""
    for name in names:
        if re.search(rf"(?<!\w){name}=", command):
            raise UsageError(
                f"the start script sets {name} behind its first word",
                hint=f"move it to the script's beginning, or {_BY_HAND}",
            )


def _with_arguments(command: str, arguments: list[str]) -> str:
    added = shlex.join(arguments)
    if not arguments or f" {command} ".endswith(f" {added} "):
        return command
    there = {_name(word) for word in command.split() if word.startswith("-")}
    for word in arguments:
        if word.startswith("-") and _name(word) in there:
            raise UsageError(
                f"the start script has {_name(word)} already",
                hint="remove it there, and export again",
            )
    return f"{command} {added}"
