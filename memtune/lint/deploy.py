"""docker compose and render.yaml -> facts of each service they deploy."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from memtune.config.document import Document, Path_
from memtune.config.foreign import read_text
from memtune.config.platforms import platforms
from memtune.errors import Place
from memtune.lint.command import commands_of
from memtune.lint.facts import Cap, Command, Fact, Facts, Kind, Setting, SourceFile
from memtune.lint.sizes import binary_size

RENDER_DEFAULT = "starter"
"""What a service of render.yaml without ``plan`` gets."""


@dataclass(frozen=True)
class Deployed:
    """One service of a deployment file."""

    directory: str
    """Of its sources, below the directory that is read."""
    dockerfile: str
    """Path of its Dockerfile, which may lie elsewhere."""
    facts: Facts


def read_compose(source: SourceFile) -> list[Deployed]:
    """Return the services of a compose file that are built from this project.

    Raises ConfigError where it is no YAML.
    """
    document = read_text(source.text, source.path)
    services = document.data.get("services")
    if not isinstance(services, dict):
        return []
    found = []
    for name, service in services.items():
        if isinstance(service, dict) and "build" in service:
            directory = _inside(source.directory, _context(service["build"]))
            dockerfile = _text(_dig(service, "build", "dockerfile")) or "Dockerfile"
            facts = _Service(document, ("services", name), service).compose(f"service {name}")
            found.append(Deployed(directory, _inside(directory, dockerfile), facts))
    return found


def read_render(source: SourceFile) -> list[Deployed]:
    """Return the services of a render.yaml.

    Raises ConfigError where it is no YAML.
    """
    document = read_text(source.text, source.path)
    services = document.data.get("services")
    found = []
    for position, service in enumerate(services if isinstance(services, list) else []):
        if isinstance(service, dict):
            dockerfile = _inside(source.directory, _text(service.get("dockerfilePath")))
            root = _text(service.get("rootDir") or service.get("dockerContext"))
            directory = _inside(source.directory, root) if root else posixpath.dirname(dockerfile)
            facts = _Service(document, ("services", position), service).render()
            found.append(Deployed(directory, dockerfile, facts))
    return found


def _inside(directory: str, relative: str) -> str:
    path = posixpath.normpath(posixpath.join(directory, relative)).removeprefix("./")
    return "" if path in (".", "/") or path.startswith("..") else path.strip("/")


def _context(build: Any) -> str:
    return _text(build.get("context")) if isinstance(build, dict) else _text(build)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _dig(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


class _Service:
    def __init__(self, document: Document, path: Path_, data: dict[str, Any]) -> None:
        self._document = document
        self._path = path
        self._data = data

    def compose(self, shown: str) -> Facts:
        """Facts of a service of a compose file."""
        facts: list[Fact] = []
        cap = self._compose_cap()
        if cap is None:
            facts.append(Fact(Kind.UNLIMITED, self._at(), f"{shown} without a memory limit"))
        check = self._data.get("healthcheck")
        if isinstance(check, dict) and _text(check.get("disable")).lower() != "true":
            facts.append(Fact(Kind.HEALTH, self._at("healthcheck"), "healthcheck"))
        if "ports" in self._data:
            facts.append(Fact(Kind.ANSWERS, self._at("ports"), "ports"))
        return Facts(
            settings=tuple(self._environment()),
            commands=tuple(self._commands("command", "entrypoint")),
            facts=tuple(facts),
            caps=(cap,) if cap else (),
        )

    def render(self) -> Facts:
        """Facts of a service of a render.yaml."""
        kind = _text(self._data.get("type"))
        facts = []
        if kind == "web" and _text(self._data.get("runtime") or self._data.get("env")) != "static":
            facts.append(Fact(Kind.ANSWERS, self._at("type"), "type: web"))
            if "healthCheckPath" in self._data:
                facts.append(Fact(Kind.HEALTH, self._at("healthCheckPath"), "healthCheckPath"))
            else:
                what = "a web service without healthCheckPath"
                facts.append(Fact(Kind.DEPLOYED, self._at("name", "type"), what))
        cap = self._render_cap() if kind in ("web", "worker", "pserv", "cron") else None
        return Facts(
            settings=tuple(self._render_variables()),
            commands=tuple(self._commands("startCommand", "dockerCommand")),
            facts=tuple(facts),
            caps=(cap,) if cap else (),
        )

    def _at(self, *keys: str) -> Place:
        """The line of the first of some keys that is there, else of the service itself."""
        for key in keys:
            if (*self._path, key) in self._document.lines:
                return Place(self._document.file, self._document.lines[(*self._path, key)])
        return Place(self._document.file, self._document.place(self._path).line)

    def _line(self, *path: str | int) -> Place:
        return Place(self._document.file, self._document.place((*self._path, *path)).line)

    def _compose_cap(self) -> Cap | None:
        for keys in (("mem_limit",), ("deploy", "resources", "limits", "memory")):
            size = binary_size(_text(_dig(self._data, *keys)))
            if size:
                at = self._line(*keys)
                return Cap(size, at, f"{at}: {keys[-1]}")
        return None

    def _render_cap(self) -> Cap | None:
        plan = _text(self._data.get("plan")) or RENDER_DEFAULT
        name = f"render:{plan.lower().replace(' ', '-').replace('_', '-')}"
        at = self._at("plan", "name", "type")
        sizes = (known.ram_bytes for known in platforms() if known.name == name)
        return next((Cap(size, at, f"{at}: plan {plan}") for size in sizes), None)

    def _environment(self) -> Iterator[Setting]:
        environment = self._data.get("environment")
        if isinstance(environment, dict):
            for name, value in environment.items():
                yield Setting(name, _text(value), self._line("environment", name))
        for position, word in enumerate(environment if isinstance(environment, list) else []):
            name, _, value = _text(word).partition("=")
            yield Setting(name, value, self._line("environment", position))

    def _render_variables(self) -> Iterator[Setting]:
        variables = self._data.get("envVars")
        for position, one in enumerate(variables if isinstance(variables, list) else []):
            if isinstance(one, dict) and "key" in one:
                at = self._line("envVars", position)
                yield Setting(_text(one["key"]), _text(one.get("value")), at)

    def _commands(self, *keys: str) -> Iterator[Command]:
        for key in keys:
            value = self._data.get(key)
            if isinstance(value, str):
                yield from commands_of(value, self._line(key))
            elif isinstance(value, list):
                yield from commands_of([_text(word) for word in value], self._line(key))
