"""Hostile YAML -> plain data with the line of every key; knows no schema.

YAML itself lets the last of two equal keys win, reads ``0512`` as 330, ``1:30`` as 90 and
``no`` as False, expands aliases without bound, obeys tags and nests until the stack ends:
all refused here.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from memtune.errors import ConfigError, Place

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20
MAX_NUMBER = 2**63
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")
_MERGE_TAG = "tag:yaml.org,2002:merge"

_loader = yaml.SafeLoader("")

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
        with path.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(
            f"cannot read the file: {reason}", where=Place(file), hint="check the path"
        ) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"larger than {MAX_BYTES // 1024} KiB", where=Place(file))
    node = _composed(raw, file)
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError("the top level is not a mapping of keys", where=Place(file, 1))
    lines: dict[Path_, int] = {}
    return Document(file, _mapping(node, (), file, lines), lines)


def _composed(raw: bytes, file: str) -> yaml.Node | None:
    """Return the file's one tree; every way in which it can fail to be YAML ends here."""
    try:
        text = raw.decode("utf-8")
        _check_events(text, file)
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError("not UTF-8 text", where=Place(file, line)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"not valid YAML: the character {chr(error.character)!r} is not allowed",
            where=Place(file, line),
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = ", ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError(
            f"not valid YAML: {words}",
            where=Place(file, mark.line + 1 if mark else None),
            hint="indent with spaces, not tabs" if "'\\t'" in words else "",
        ) from error


def _check_events(text: str, file: str) -> None:
    """Refuse aliases, tags and deep nesting before anything recursive sees the file."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ConfigError(
                "anchors and aliases are not allowed",
                where=Place(file, line),
                hint="write the value out",
            )
        tag = getattr(event, "tag", None)
        if tag:
            raise ConfigError(
                f"tags such as {tag.replace('tag:yaml.org,2002:', '!!')} are not allowed",
                where=Place(file, line),
                hint="leave the tag out, or quote the value",
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
        if key is None or key_node.tag == _MERGE_TAG or not _is_text(key):
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


def _value(node: Any, path: Path_, file: str, lines: dict[Path_, int]) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, file, lines)
    if isinstance(node, yaml.SequenceNode):
        items = []
        for position, item in enumerate(node.value):
            lines[(*path, position)] = item.start_mark.line + 1
            items.append(_value(item, (*path, position), file, lines))
        return items
    return _scalar(node, path, file)


def _scalar(node: yaml.ScalarNode, path: Path_, file: str) -> Any:
    where = Place(file, node.start_mark.line + 1, ".".join(map(str, path)))
    written = node.value if len(node.value) <= 40 else f"{node.value[:40]}..."
    try:
        value = _loader.construct_document(node)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise ConfigError(f"{written!r} cannot be read as a value", where=where) from error
    if isinstance(value, bool) and written not in ("true", "false"):
        raise ConfigError(
            f"{written!r} is read as {value}",
            where=where,
            hint="quote it if a word is meant; write true or false if not",
        )
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value, written, where)
    if isinstance(value, str) and not _is_text(value):
        raise ConfigError(f"{written!r} holds characters that are not text", where=where)
    if value is not None and not isinstance(value, str):
        raise ConfigError(
            f"{written!r} is read as a {type(value).__name__}", where=where, hint="quote it"
        )
    return value


def _number(value: int | float, written: str, where: Place) -> int | float:
    if isinstance(value, int) and _LEADING_ZERO.fullmatch(written):
        raise ConfigError(
            f"{written} would be read as the octal number {value}",
            where=where,
            hint="leave the leading zero out, or quote it",
        )
    if ":" in written:
        raise ConfigError(
            f"{written} would be read as the number {value}, in base 60",
            where=where,
            hint="quote it",
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{written} is not a finite number", where=where)
    if abs(value) >= MAX_NUMBER:
        raise ConfigError(f"{written} is too large a number", where=where)
    return value


def _is_text(text: str) -> bool:
    """Whether it can be printed, stored and passed to a process."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
