"""JSON schemas as tables: one section for each kind of object, linked to one another."""

from collections.abc import Mapping
from typing import Any

from docs.made.markdown import code, sentence, table, text

Schema = Mapping[str, Any]

_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "{} or more",
    "maxItems": "at most {}",
    "minProperties": "{} or more",
    "maxProperties": "at most {}",
}


def fields(schema: Schema, about: Mapping[str, str] | None = None) -> str:
    """Return the members of an object as a table.

    ``about`` says what a member means where the schema does not.
    """
    required = schema.get("required", ())
    rows = [
        (
            code(name) + (" (required)" if name in required and about is None else ""),
            shape(member),
            _meaning(member, (about or {}).get(name, "")),
        )
        for name, member in schema.get("properties", {}).items()
    ]
    return table(("key", "what stands there", "meaning"), rows)


def shape(schema: Schema) -> str:
    """Return in words what a value is, as Markdown."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{title(name)}](#{anchor(name)})"
    if "const" in schema:
        return code(schema["const"])
    if "enum" in schema:
        return ", ".join(code(value) for value in schema["enum"])
    for together in ("anyOf", "oneOf"):
        if together in schema:
            shapes = dict.fromkeys(shape(one) for one in schema[together])
            return " or ".join(shapes)
    return _plain(schema)


def title(name: str) -> str:
    """Return the name of a kind of object as people say it."""
    *_, module, name = ["", *name.split("__")]  # of several classes with one name
    if module:
        return f"{name} of {module}"
    if name.endswith("File"):
        return f"{name.removesuffix('File')} workload"
    return name.removesuffix("Part") or name


def anchor(name: str) -> str:
    """Return where a kind of object is explained on its page."""
    return title(name).lower().replace(" ", "-")


def _plain(schema: Schema) -> str:
    kind = schema.get("type", "anything")
    if isinstance(kind, list):
        kind = " or ".join(kind)
    if kind == "array":
        return _array(schema)
    if kind == "object":
        inside = schema.get("additionalProperties") or next(
            iter(schema.get("patternProperties", {}).values()), None
        )
        return f"mapping of names to {shape(inside)}" if isinstance(inside, Mapping) else "mapping"
    if examples := schema.get("examples"):
        return "such as " + ", ".join(code(one) for one in examples)
    bounds = [words.format(schema[key]) for key, words in _BOUNDS.items() if key in schema]
    return f"{kind}, {' and '.join(bounds)}" if bounds else str(kind)


def _array(schema: Schema) -> str:
    if "prefixItems" in schema:
        return "list of " + " and ".join(shape(one) for one in schema["prefixItems"])
    return f"list of {shape(schema.get('items', {}))}"


def _meaning(schema: Schema, about: str) -> str:
    said = about or schema.get("description", "")
    if "$ref" in schema:
        said = about or ""
    parts = [text(sentence(" ".join(said.split())))] if said else []
    default = schema.get("default")
    if default not in (None, "", [], {}):
        parts.append(f"Default: {code(default)}.")
    return " ".join(parts)
