"""Hostile YAML -> plain data with the line of every key; knows no schema.

YAML itself lets the last of two equal keys win, reads ``0512`` as 330 and ``no`` as
False, expands aliases without bound and nests until the stack ends: all refused here.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from memtune.errors import ConfigError, Place

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")
_MERGE_TAG = "tag:yaml.org,2002:merge"

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A parsed file."""

    file: str
    data: dict[str, Any]
    lines: dict[Path_, int]
    """1-based line of every key and list item, by its path."""

    def place(self, path: Path_) -> Place:
        """Return where a path stands, or the nearest enclosing one that has a line."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        key = ".".join(str(part) for part in path)
        return Place(self.file, self.lines.get(known, 1), key or None)


def read(path: Path) -> Document:
    """Read a YAML file whose top level is a mapping.

    Raises ConfigError with file, line and key for anything that is not plain, finite,
    unambiguous data of a sane size.
    """
    file = str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(
            f"cannot read the file: {reason}", where=Place(file), hint="check the path"
        ) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"larger than {MAX_BYTES // 1024} KiB", where=Place(file))
    try:
        text = raw.decode("utf-8")
        _check_events(text, file)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        raise ConfigError("not UTF-8 text", where=Place(file)) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(f"not valid YAML: {error.problem}", where=Place(file, line)) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"not valid YAML: {error}".split("\n")[0], where=Place(file)) from error
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError("the top level is not a mapping of keys", where=Place(file, 1))
    lines: dict[Path_, int] = {}
    return Document(file, _mapping(node, (), file, lines), lines)


def _check_events(text: str, file: str) -> None:
    """Refuse aliases and deep nesting before anything recursive sees the file."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ConfigError(
                "anchors and aliases are not allowed",
                where=Place(file, line),
                hint="write the value out",
            )
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ConfigError(f"nested deeper than {MAX_DEPTH}", where=Place(file, line))


def _mapping(
    node: yaml.MappingNode, path: Path_, file: str, lines: dict[Path_, int]
) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        if key is None or key_node.tag == _MERGE_TAG:
            raise ConfigError("a key must be a plain word", where=Place(file, line))
        if key in data:
            first = lines[(*path, key)]
            raise ConfigError(
                f"the key {key!r} stands twice",
                where=Place(file, line, ".".join(map(str, (*path, key)))),
                hint=f"it stands first in line {first}; remove one",
            )
        lines[(*path, key)] = line
        data[key] = _value(value_node, (*path, key), file, lines)
    return data


def _value(node: yaml.Node, path: Path_, file: str, lines: dict[Path_, int]) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, file, lines)
    if isinstance(node, yaml.SequenceNode):
        items = []
        for position, item in enumerate(node.value):
            lines[(*path, position)] = item.start_mark.line + 1
            items.append(_value(item, (*path, position), file, lines))
        return items
    return _scalar(node, path, file)


def _scalar(node: yaml.Node, path: Path_, file: str) -> Any:
    where = Place(file, node.start_mark.line + 1, ".".join(map(str, path)))
    try:
        value = yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{node.value!r} cannot be read as a value", where=where) from error
    if isinstance(value, int) and _LEADING_ZERO.fullmatch(node.value):
        raise ConfigError(
            f"{node.value} would be read as the octal number {value}",
            where=where,
            hint="leave the leading zero out, or quote it",
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{node.value} is not a finite number", where=where)
    if value is not None and not isinstance(value, int | float | str):
        raise ConfigError(
            f"{node.value!r} is read as a {type(value).__name__}", where=where, hint="quote it"
        )
    if isinstance(value, bool):
        raise ConfigError(
            f"{node.value!r} is read as {value}",
            where=where,
            hint="no key takes a boolean; quote it if a word is meant",
        )
    return value
