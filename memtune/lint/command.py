"""Command lines, wherever they stand -> commands with their variables; executes nothing."""

import re
import shlex
from collections.abc import Iterator, Sequence

from memtune.errors import Place
from memtune.lint.facts import Command, Setting

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})
_WRAPPERS = frozenset({"exec", "env", "cross-env", "cross-env-shell", "dumb-init", "tini", "nice",
                       "time", "then", "do", "else", "if"})  # fmt: skip
_LAUNCHER_WORDS = """
    python npx nodemon poetry pipenv uv pdm rye conda pm forever gosu su-exec sudo nohup timeout
    opentelemetry-instrument ddtrace-run newrelic-admin heroku-exec dotenv doppler
"""
_LAUNCHERS = frozenset(_LAUNCHER_WORDS.split())
"""Programs that start the one behind them; pm2 is without its digit here."""
_ENDS = re.compile(r"[;&|()\n]+")
_MAX_NESTING = 3
_SUBSTITUTION = re.compile(r"\$\(+[^()]{0,200}\)+|`[^`]{0,200}`")
"""``$(nproc)``, which becomes the word ``$nproc``."""
_VALUE_OPTIONS_WORDS = """
    -r --require --import --loader --experimental-loader -C --conditions --env-file --inspect-port
    --title
"""
_VALUE_OPTIONS = frozenset(_VALUE_OPTIONS_WORDS.split())
"""Options of node whose value is the next word."""


def split_words(text: str) -> list[str]:
    """Return the words of a shell line; where quotes do not match, what spaces separate."""
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def commands_of(line: str | Sequence[str], at: Place, depth: int = 0) -> list[Command]:
    """Return every command of a shell line, or the one of a list of words."""
    parts = _split(line) if isinstance(line, str) else [list(line)]
    found: list[Command] = []
    for words in parts:
        found += _commands(words, at, depth)
    return found


def _split(line: str) -> list[list[str]]:
    for _ in range(_MAX_NESTING):
        line = _SUBSTITUTION.sub(lambda m: "$" + re.sub(r"\W+", "_", m[0]).strip("_"), line)
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    parts: list[list[str]] = [[]]
    try:
        for word in lexer:
            if _ENDS.fullmatch(word):
                parts.append([])
            else:
                parts[-1].append(word)
    except ValueError:
        return [line.split()]
    return [words for words in parts if words]


def _commands(words: list[str], at: Place, depth: int) -> list[Command]:
    """The command behind variables and wrappers; ``sh -c TEXT`` is what TEXT says."""
    env: list[Setting] = []
    while words:
        assignment = _ASSIGNMENT.fullmatch(words[0])
        if assignment:
            env.append(Setting(assignment[1], assignment[2], at))
        elif program(words[0]) not in _WRAPPERS and words[0] != "--":
            break
        words = words[1:]
    if not words:
        return []
    if program(words[0]) in _SHELLS and depth < _MAX_NESTING:
        for position, word in enumerate(words[1:-1], 1):
            if re.fullmatch(r"-\w*c", word):
                return commands_of(words[position + 1], at, depth + 1)
    return [Command(tuple(words), at, tuple(env))]


def program(word: str) -> str:
    """``/usr/bin/python3.11`` -> ``python``."""
    return re.sub(r"[\d.]+$", "", word.rsplit("/", 1)[-1])


def node_flags(command: Command) -> tuple[list[str], list[str]] | None:
    """Return the words between node and its script, and those behind; None if it is no node."""
    words = _behind(command, "node", "nodejs")
    if words is None:
        return None
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "--":
        at += 2 if words[at] in _VALUE_OPTIONS else 1
    return words[:at], words[at:]


def gunicorn_arguments(command: Command) -> list[str] | None:
    """Return gunicorn's arguments, or None if the command starts none."""
    return _behind(command, "gunicorn")


def _behind(command: Command, *programs: str) -> list[str] | None:
    """The words behind a program that the command starts, by itself or through a launcher."""
    for position, word in enumerate(command.words):
        if program(word) in programs:
            first = program(command.words[0])
            if position == 0 or first in _LAUNCHERS or first.endswith("entrypoint.sh"):
                return list(command.words[position + 1 :])
            return None
    return None


def options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(option, value) of ``--a=1``, ``--a 1``, ``-w 4`` and ``-w4``; "" where none follows."""
    for position, word in enumerate(arguments):
        following = arguments[position + 1] if position + 1 < len(arguments) else ""
        value = "" if following.startswith("-") else following
        if word.startswith("--"):
            name, equals, own = word.partition("=")
            yield name, own if equals else value
        elif word.startswith("-") and len(word) > 1:
            yield word[:2], word[2:] or value
