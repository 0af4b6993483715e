"""The keys of the files that are written by hand, from the models that check them."""

from collections.abc import Iterator

from docs.made.markdown import sentence, text
from docs.made.schemas import Schema, fields, title
from memtune.config.json_schema import FileKind, json_schema

_MAIN = {
    FileKind.WORKLOAD: ("PipelineFile", "ServiceFile"),
    FileKind.PROFILE: (),
    FileKind.BUDGETS: (),
}
"""Kinds of object that are the whole file, where there are several."""


def keys_of(kind: FileKind) -> str:
    """Return the keys of one kind of file, and of every object in it."""
    schema = json_schema(kind)
    parts: dict[str, Schema] = dict(schema.get("$defs", {}))
    return "\n".join(_sections(schema, parts, _MAIN[kind]))


def _sections(schema: Schema, parts: dict[str, Schema], main: tuple[str, ...]) -> Iterator[str]:
    if not main:
        yield fields(schema)
    for name in (*main, *sorted(set(parts) - set(main))):
        yield f"## {title(name)}\n"
        if about := parts[name].get("description", ""):
            yield text(sentence(about)) + "\n"
        yield fields(parts[name])
