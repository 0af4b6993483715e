"""package.json, Procfile, requirements.txt, pyproject.toml and shell scripts -> facts."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from memtune.errors import ConfigError, Place
from memtune.lint.command import commands_of
from memtune.lint.facts import Command, Fact, Facts, Kind, Setting, SourceFile

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*([^#;]*)")
_PROCESS = re.compile(r"([\w-]+):\s*(.+)")
_SHELL_WORTH = re.compile(r"\b(gunicorn|node|nodejs)\b")
_EXPORT = re.compile(r"\s*(?:export\s+)?([A-Z_][A-Z0-9_]*)=(\S+)\s*")
_WEB_PACKAGES_WORDS = """
    flask fastapi django gunicorn uvicorn hypercorn waitress aiohttp tornado sanic starlette quart
    express fastify koa @hapi/hapi @nestjs/core next
"""
WEB_PACKAGES = frozenset(_WEB_PACKAGES_WORDS.split())


def read_package_json(source: SourceFile) -> Facts:
    """Return the commands and dependencies of a package.json.

    Raises ConfigError where it is no JSON object.
    """
    try:
        data = json.loads(source.text)
    except (ValueError, RecursionError) as error:
        raise ConfigError("no valid JSON", where=Place(source.path)) from error
    if not isinstance(data, dict):
        raise ConfigError("no JSON object", where=Place(source.path))
    commands: list[Command] = []
    scripts = _mapping(data, "scripts")
    for name, line in scripts.items():
        if isinstance(line, str) and name not in (
            "test",
            "lint",
            "build",
            "prebuild",
            "postinstall",
        ):
            commands += commands_of(
                line, Place(source.path, _line_of(source.text, "scripts", name))
            )
    packages = [
        Setting(
            name.lower(), str(version), Place(source.path, _line_of(source.text, "depend", name))
        )
        for name, version in _mapping(data, "dependencies").items()
    ]
    return Facts(
        commands=tuple(commands),
        packages=tuple(packages),
        facts=tuple(_answers(packages)),
        languages=frozenset({"node"}) if commands or packages else frozenset(),
    )


def _mapping(data: dict[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _line_of(text: str, section: str, key: str) -> int:
    """The line on which a key of a section stands, found in the text: json keeps no lines."""
    start = max(text.find(f'"{section}'), 0)
    match = re.compile(re.escape(json.dumps(key, ensure_ascii=False)) + r"\s*:").search(text, start)
    return text.count("\n", 0, match.start() if match else start) + 1


def read_procfile(source: SourceFile) -> Facts:
    """Return the processes of a Procfile."""
    commands: list[Command] = []
    facts: list[Fact] = []
    for number, line in enumerate(source.text.split("\n"), 1):
        match = _PROCESS.fullmatch(line.strip())
        if match:
            at = Place(source.path, number)
            commands += commands_of(match[2], at)
            if match[1] == "web":
                facts.append(Fact(Kind.ANSWERS, at, "web"))
    return Facts(commands=tuple(commands), facts=tuple(facts))


def read_requirements(source: SourceFile) -> Facts:
    """Return the packages of a requirements.txt."""
    packages = []
    for number, line in enumerate(source.text.split("\n"), 1):
        match = _REQUIREMENT.match(line)
        if match and not line.lstrip().startswith(("#", "-")):
            packages.append(_package(match[1], match[2], Place(source.path, number)))
    return Facts(
        packages=tuple(packages),
        facts=tuple(_answers(packages)),
        languages=frozenset({"python"}),
    )


def read_pyproject(source: SourceFile) -> Facts:
    """Return the packages that a pyproject.toml requires, of the project itself or of Poetry.

    Raises ConfigError where it is no TOML.
    """
    try:
        data = tomllib.loads(source.text)
    except (ValueError, RecursionError) as error:
        raise ConfigError("no valid TOML", where=Place(source.path)) from error
    named = _mapping(data, "project").get("dependencies")
    words = [word for word in named if isinstance(word, str)] if isinstance(named, list) else []
    words += list(_mapping(_mapping(_mapping(data, "tool"), "poetry"), "dependencies"))
    packages = []
    for word in words:
        match = _REQUIREMENT.match(word)
        if match:
            line = source.text.count("\n", 0, max(source.text.find(word), 0)) + 1
            packages.append(_package(match[1], match[2], Place(source.path, line)))
    return Facts(
        packages=tuple(packages),
        facts=tuple(_answers(packages)),
        languages=frozenset({"python"}) if packages else frozenset(),
    )


def _package(name: str, rest: str, at: Place) -> Setting:
    return Setting(name.lower().replace("_", "-").replace(".", "-"), rest.strip(), at)


def _answers(packages: list[Setting]) -> Iterator[Fact]:
    for one in packages:
        if one.name in WEB_PACKAGES:
            yield Fact(Kind.ANSWERS, one.at, one.name)


def read_shell(source: SourceFile) -> Facts:
    """Return the variables that a shell script sets and the services that it starts."""
    if not _SHELL_WORTH.search(source.text):
        return Facts()
    commands: list[Command] = []
    settings: list[Setting] = []
    for number, line in _logical_lines(source.text):
        at = Place(source.path, number)
        export = _EXPORT.fullmatch(line)
        if export:
            settings.append(Setting(export[1], export[2].strip("'\""), at))
        elif _SHELL_WORTH.search(line) and not line.lstrip().startswith("#"):
            commands += commands_of(line, at)
    return Facts(commands=tuple(commands), settings=tuple(settings))


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; continued ones are put together."""
    parts: list[str] = []
    start = 1
    for number, line in enumerate(text.split("\n"), 1):
        parts.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            yield start, " ".join(parts)
            parts, start = [], number + 1
