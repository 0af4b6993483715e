"""Dockerfile -> instructions with the line of every part.

The one parser on PyPI takes the body of a here-document for instructions and knows only the
first line of a continued one, so this is a small one: continuations, comments inside them,
``# escape=``, here-documents. https://docs.docker.com/reference/dockerfile/
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from memtune.errors import Place
from memtune.lint.command import commands_of, split_words
from memtune.lint.facts import Command, Fact, Facts, Kind, Setting, SourceFile

_ESCAPE = re.compile(r"#\s*escape\s*=\s*(`|\\)\s*", re.IGNORECASE)
_HEREDOC = re.compile(r"<<-?\s*([\"']?)(\w+)\1")
_TAKES_HEREDOC = frozenset({"RUN", "COPY", "ADD"})
_ALPINE = re.compile(r"(^|[:/\-])alpine")


@dataclass(frozen=True)
class Instruction:
    """One instruction: its keyword in capitals, and its lines with their numbers."""

    keyword: str
    parts: tuple[tuple[int, str], ...]
    """(1-based line, text) of each line, without keyword, comments and continuation."""

    @property
    def line(self) -> int:
        """The line on which it starts."""
        return self.parts[0][0]

    @property
    def text(self) -> str:
        """All parts on one line."""
        return " ".join(text for _, text in self.parts).strip()


def instructions(text: str) -> list[Instruction]:
    """Return the instructions of a Dockerfile; here-documents are skipped."""
    lines = text.split("\n")
    escape = (_ESCAPE.fullmatch(lines[0].strip()) or [None, "\\"])[1]
    found: list[Instruction] = []
    at = 0
    while at < len(lines):
        parts, at = _logical(lines, at, escape or "\\")
        if not parts:
            continue
        keyword, _, rest = parts[0][1].strip().partition(" ")
        found.append(Instruction(keyword.upper(), ((parts[0][0], rest), *parts[1:])))
        if keyword.upper() in _TAKES_HEREDOC:
            for _, ending in _HEREDOC.findall(found[-1].text):
                at = _behind(lines, at, ending)
    return found


def _logical(lines: list[str], at: int, escape: str) -> tuple[list[tuple[int, str]], int]:
    """The lines of the instruction at ``at``, and the index behind it."""
    parts: list[tuple[int, str]] = []
    while at < len(lines):
        line = lines[at].replace("\t", " ")
        at += 1
        bare = line.strip()
        if bare.startswith("#") or (not bare and parts):
            continue
        if not bare:
            break
        continues = bare.endswith(escape)
        parts.append((at, bare.removesuffix(escape)))
        if not continues:
            break
    return parts, at


def _behind(lines: list[str], at: int, ending: str) -> int:
    while at < len(lines) and lines[at].strip() != ending:
        at += 1
    return at + 1


def read_dockerfile(source: SourceFile) -> Facts:
    """Return environment, commands, and what the image says about health and its C library."""
    found = instructions(source.text)
    settings = [s for one in found if one.keyword == "ENV" for s in _env(one, source.path)]
    commands = [c for one in found if one.keyword in ("CMD", "ENTRYPOINT")
                for c in _commands(one, source.path)]  # fmt: skip
    return Facts(
        settings=tuple(settings),
        commands=tuple(commands),
        facts=tuple(_facts(found, source.path)),
    )


def _facts(found: list[Instruction], file: str) -> Iterator[Fact]:
    last_from = next((one for one in reversed(found) if one.keyword == "FROM"), None)
    if last_from is not None:
        yield Fact(Kind.DEPLOYED, Place(file, last_from.line), "a Dockerfile without HEALTHCHECK")
        if _ALPINE.search(last_from.text.lower()):
            yield Fact(Kind.MUSL, Place(file, last_from.line), last_from.text)
    for one in found:
        if one.keyword == "EXPOSE":
            yield Fact(Kind.ANSWERS, Place(file, one.line), f"EXPOSE {one.text}")
        elif one.keyword == "HEALTHCHECK" and one.text.upper() != "NONE":
            yield Fact(Kind.HEALTH, Place(file, one.line), "HEALTHCHECK")


def _env(one: Instruction, file: str) -> Iterator[Setting]:
    """``ENV A=1 B=2``, or the old ``ENV A 1``."""
    first = one.parts[0][1].strip()
    if first and "=" not in first.split()[0]:
        name, _, value = one.text.partition(" ")
        yield Setting(name, value.strip(), Place(file, one.line))
        return
    for line, text in one.parts:
        for word in split_words(text):
            name, equals, value = word.partition("=")
            if equals:
                yield Setting(name, value, Place(file, line))


def _commands(one: Instruction, file: str) -> list[Command]:
    """The exec form ``["a", "b"]`` or the shell form."""
    at = Place(file, one.line)
    if one.text.startswith("["):
        try:
            words = json.loads(one.text)
        except (ValueError, RecursionError):
            return []
        return commands_of([str(word) for word in words], at)
    return commands_of(one.text, at)
