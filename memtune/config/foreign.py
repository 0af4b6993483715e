"""YAML that was not written for memtune (compose, render.yaml) -> plain data with lines.

Such files use booleans, anchors and tags with good reason, so all of them are accepted; size,
depth and the expansion of aliases are bounded, because the file may still be hostile.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml

from memtune.config.document import Document, Path_
from memtune.errors import ConfigError, Place

MAX_BYTES = 256 * 1024
MAX_DEPTH = 50
MAX_NODES = 20_000
"""After aliases are expanded; a page of nine aliases can mean billions."""


def read_text(text: str, file: str) -> Document:
    """Return the first YAML document of a text; scalars stay the text that was written.

    Raises ConfigError for what is no YAML, has no mapping at its top, or is too large.
    """
    if len(text) > MAX_BYTES:
        raise ConfigError(f"larger than {MAX_BYTES // 1024} KiB", where=Place(file))
    try:
        _check_depth(text, file)
        node = next(iter(yaml.compose_all(text, Loader=yaml.SafeLoader)), None)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        raise ConfigError("not valid YAML", where=Place(file, line)) from error
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError("the top level is not a mapping of keys", where=Place(file, 1))
    builder = _Builder(file)
    data = builder.value(node, (), 0)
    return Document(file, data, builder.lines)


def _check_depth(text: str, file: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ConfigError(f"nested deeper than {MAX_DEPTH}", where=Place(file))


@dataclass
class _Builder:
    file: str
    lines: dict[Path_, int] = field(default_factory=dict)
    nodes: int = 0

    def value(self, node: yaml.Node, path: Path_, depth: int) -> Any:
        """Plain data of a node; aliases are expanded within the limits."""
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise ConfigError("its aliases expand without end", where=Place(self.file))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            items = []
            for position, item in enumerate(node.value):
                self.lines[(*path, position)] = item.start_mark.line + 1
                items.append(self.value(item, (*path, position), depth + 1))
            return items
        return str(node.value)

    def _mapping(self, node: yaml.MappingNode, path: Path_, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue
            key = str(key_node.value)
            if key == "<<":
                merged |= self._merge(value_node, path, depth)
                continue
            self.lines[(*path, key)] = key_node.start_mark.line + 1
            data[key] = self.value(value_node, (*path, key), depth + 1)
        return merged | data

    def _merge(self, node: yaml.Node, path: Path_, depth: int) -> dict[str, Any]:
        """The keys of ``<<:``; the line of a merged key is where the anchor stands."""
        found = self.value(node, path, depth + 1)
        parts = found if isinstance(found, list) else [found]
        merged: dict[str, Any] = {}
        for part in reversed(parts):
            merged |= part if isinstance(part, dict) else {}
        return merged
