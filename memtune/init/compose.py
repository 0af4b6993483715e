"""A compose file -> its services that are built from the project, and what else they name."""

import posixpath
import re
import shlex
from dataclasses import dataclass
from typing import Any

from memtune.config.document import Document
from memtune.config.foreign import read_text
from memtune.init.found import Known
from memtune.lint.facts import SourceFile
from memtune.lint.sizes import binary_size

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""In docker compose's order."""
_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?::?([-?+])([^}]{0,500}))?\}|(\w+))")
_NO_NAME = re.compile(r"[^a-z0-9]+")
_NO_START = re.compile(r"^[^a-z]+")


@dataclass(frozen=True)
class Composed:
    """One service of a compose file, as it stands there."""

    name: str
    """As it is in the file."""
    context: str
    """Below the project's directory; empty for itself."""
    dockerfile: str
    """Relative to the context."""
    entrypoint: Known[tuple[str, ...]] | None
    command: Known[tuple[str, ...]] | None
    env: tuple[tuple[str, str], ...]
    unset: tuple[Known[str], ...]
    port: Known[int] | None
    health: Known[str] | None
    """The test of its healthcheck, as text."""
    cap_bytes: Known[int] | None


def compose_file(files: list[SourceFile]) -> SourceFile | None:
    """Return the compose file at the top of a project."""
    tops = {source.path: source for source in files}
    return next((tops[name] for name in NAMES if name in tops), None)


def read_services(source: SourceFile) -> tuple[list[Composed], list[str]]:
    """Return the services of a compose file that are built here, and what is to be said of it.

    Raises ConfigError where it is no YAML.
    """
    document = read_text(source.text, source.path)
    services = document.data.get("services")
    found: list[Composed] = []
    notes: list[str] = []
    for name, data in services.items() if isinstance(services, dict) else ():
        if not isinstance(data, dict):
            continue
        if "build" not in data:
            image = data.get("image", "no image")
            notes.append(
                f"{name} ({image}) is left out, since only services that are built here are "
                "measured; a stub of it can be a service of its own"
            )
            continue
        found.append(_Service(document, name, data).composed())
        for key, why in (("volumes", "mounts nothing"), ("env_file", "does not read it")):
            if key in data:
                notes.append(f"{name} has {key} in {source.path}; memtune {why}")
    return found, notes


def plain_name(name: str) -> str:
    """Return a name as memtune spells names: ``Face_API`` -> ``face-api``; may be empty."""
    return _NO_START.sub("", _NO_NAME.sub("-", name.lower()))[:32].strip("-")


class _Service:
    def __init__(self, document: Document, name: str, data: dict[str, Any]) -> None:
        self._document = document
        self._name = name
        self._data = data

    def composed(self) -> Composed:
        build = self._data["build"]
        build = build if isinstance(build, dict) else {"context": build}
        env, unset = self._environment()
        return Composed(
            name=self._name,
            context=_inside(interpolated(_text(build.get("context")) or ".")),
            dockerfile=interpolated(_text(build.get("dockerfile"))) or "Dockerfile",
            entrypoint=self._words("entrypoint"),
            command=self._words("command"),
            env=env,
            unset=unset,
            port=self._port(),
            health=self._health(),
            cap_bytes=self._cap(),
        )

    def _at(self, *keys: str | int) -> str:
        place = self._document.place(("services", self._name, *keys))
        return f"{keys[0]} in {place.file}:{place.line}"

    def _words(self, key: str) -> Known[tuple[str, ...]] | None:
        value = self._data.get(key)
        if isinstance(value, list):
            return Known(tuple(interpolated(_text(word)) for word in value), self._at(key))
        if not isinstance(value, str):
            return None
        try:
            return Known(tuple(shlex.split(interpolated(value))), self._at(key))
        except ValueError:
            return None

    def _environment(self) -> tuple[tuple[tuple[str, str], ...], tuple[Known[str], ...]]:
        given = self._data.get("environment")
        if isinstance(given, list):
            words = [_text(word).partition("=") for word in given]
            pairs = [(name, value if equals else None) for name, equals, value in words]
        else:
            pairs = list(given.items()) if isinstance(given, dict) else []
        env, unset = [], []
        for name, value in pairs:
            if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
                continue
            text = value if isinstance(value, str) else None
            if text is None or _takes_from_shell(text):
                unset.append(Known(name, self._at("environment")))
            else:
                env.append((name, interpolated(text)))
        return tuple(env), tuple(unset)

    def _port(self) -> Known[int] | None:
        for key in ("ports", "expose"):
            given = self._data.get(key)
            for one in given if isinstance(given, list) else ():
                text = _text(one.get("target")) if isinstance(one, dict) else _text(one)
                number = interpolated(text).partition("/")[0].rpartition(":")[2].partition("-")[0]
                if number.isdecimal() and 0 < int(number) < 65536:
                    return Known(int(number), self._at(key))
        return None

    def _health(self) -> Known[str] | None:
        check = self._data.get("healthcheck")
        test = check.get("test") if isinstance(check, dict) else None
        text = " ".join(map(_text, test)) if isinstance(test, list) else _text(test)
        return Known(interpolated(text), self._at("healthcheck")) if text else None

    def _cap(self) -> Known[int] | None:
        for keys in (("mem_limit",), ("deploy", "resources", "limits", "memory")):
            value: Any = self._data
            for key in keys:
                value = value.get(key) if isinstance(value, dict) else None
            size = binary_size(_text(value))
            if size:
                return Known(size, self._at(*keys).replace(keys[0], keys[-1], 1))
        return None


def interpolated(text: str) -> str:
    """Return a text as compose reads it where none of its variables is set."""

    def value(match: re.Match[str]) -> str:
        return "$" if match[1] else (match[4] or "" if match[3] == "-" else "")

    return _VARIABLE.sub(value, text)


def _takes_from_shell(text: str) -> bool:
    """Whether a variable stands in a text for which it has no default; ``KEY:`` has no value."""
    found = list(_VARIABLE.finditer(text))
    return not text or any(not match[1] and match[3] not in ("-", "+") for match in found)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _inside(context: str) -> str:
    path = posixpath.normpath(context)
    return "" if path == "." else path
