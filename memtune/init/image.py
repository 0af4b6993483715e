"""A Dockerfile -> what its last stage executes, sets, exposes and asks for its health."""

import json
from dataclasses import dataclass, replace

from memtune.init.found import Known
from memtune.lint.command import split_words
from memtune.lint.dockerfile import Instruction, instructions
from memtune.lint.facts import SourceFile

_MOST_VARIABLES = 500
"""More are no work of a person."""


@dataclass(frozen=True)
class ImageFacts:
    """What a stage says, its base stages included."""

    entrypoint: Known[tuple[str, ...]] | None = None
    command: Known[tuple[str, ...]] | None = None
    env: tuple[tuple[str, str], ...] = ()
    port: Known[int] | None = None
    health: Known[str] | None = None
    """The command of HEALTHCHECK, as text."""

    @property
    def whole(self) -> Known[tuple[str, ...]] | None:
        """The words that a container of the image executes."""
        return joined(self.entrypoint, self.command)


def joined(
    entrypoint: Known[tuple[str, ...]] | None, command: Known[tuple[str, ...]] | None
) -> Known[tuple[str, ...]] | None:
    """Return an entrypoint with its arguments; one in shell form takes none."""
    if entrypoint is None or not entrypoint.value:
        return command if command and command.value else None
    if command is None or entrypoint.value[:2] == ("/bin/sh", "-c"):
        return entrypoint
    return Known(entrypoint.value + command.value, entrypoint.source)


def read_image(source: SourceFile) -> ImageFacts:
    """Return the facts of a Dockerfile's last stage."""
    stages: dict[str, ImageFacts] = {}
    facts, name = ImageFacts(), ""
    for one in instructions(source.text):
        if one.keyword == "FROM":
            stages[name] = facts
            base, name = _from(one)
            facts = stages.get(base, ImageFacts())
        else:
            facts = _with(facts, one, f"{source.path}:{one.line}")
    return facts


def _from(one: Instruction) -> tuple[str, str]:
    words = [word for word in one.text.lower().split() if not word.startswith("--")]
    return (words or [""])[0], words[2] if words[1:2] == ["as"] and len(words) > 2 else "\n"


def _with(facts: ImageFacts, one: Instruction, at: str) -> ImageFacts:
    match one.keyword:
        case "ENTRYPOINT":
            # Docker drops a CMD of the base where ENTRYPOINT is set anew.
            return replace(facts, entrypoint=Known(form(one.text), f"ENTRYPOINT in {at}"))
        case "CMD":
            return replace(facts, command=Known(form(one.text), f"CMD in {at}"))
        case "EXPOSE":
            port = one.text.split()[0].partition("/")[0] if one.text else ""
            if port.isdecimal() and 0 < int(port) < 65536 and facts.port is None:
                return replace(facts, port=Known(int(port), f"EXPOSE in {at}"))
        case "HEALTHCHECK":
            return replace(facts, health=Known(one.text, f"HEALTHCHECK in {at}"))
        case "ENV" if len(facts.env) < _MOST_VARIABLES:
            return replace(facts, env=facts.env + tuple(_env(one)))
    return facts


def form(text: str) -> tuple[str, ...]:
    """The words of a command in exec form, ``["a", "b"]``, or of a shell that executes the text."""
    if text.startswith("["):
        try:
            words = json.loads(text)
        except (ValueError, RecursionError):
            words = None
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            return tuple(words)
    return ("/bin/sh", "-c", text) if text else ()


def _env(one: Instruction) -> list[tuple[str, str]]:
    if one.text and "=" not in one.text.split()[0]:
        name, _, value = one.text.partition(" ")
        return [(name, value.strip())]
    parts = [word.partition("=") for word in split_words(one.text)]
    return [(name, value) for name, equals, value in parts if equals]
