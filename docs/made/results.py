"""The JSON that commands print with --json, from the dataclasses that are printed."""

from collections.abc import Iterator
from enum import Enum
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from docs.made.docstrings import attributes, first_line
from docs.made.markdown import code, sentence, table, text
from docs.made.schemas import fields, shape, title
from memtune.cli.show import screens
from memtune.model import Probe
from memtune.model.diagnosis import Diagnosis
from memtune.model.export import ExportResult, ReportResult
from memtune.model.history import History
from memtune.model.lint import LintResult
from memtune.model.platform import Platforms
from memtune.model.stored import Studies
from memtune.model.watch import Look
from memtune.validate import Validation

_OTHERS: dict[str, Any] = {
    "diagnose": Diagnosis,
    "doctor": list[Probe],
    "export": ExportResult,
    "history": History,
    "lint": LintResult,
    "platforms": Platforms,
    "report": ReportResult,
    "studies": Studies,
    "validate": Validation,
    "watch": Look,
}
"""Commands whose results are not shown again."""
_CLASS = "made from"


def kinds() -> dict[str, Any]:
    """Return what each command prints: those whose results can be shown again, and others."""
    kept = {name: kind for name, (kind, *_) in screens().items()}
    return dict(sorted((kept | _OTHERS).items()))


def results() -> str:
    """Return what each command prints, and every kind of object in it."""
    schemas, parts = _schemas()
    rows = [(code(name), shape(schema)) for name, schema in schemas.items()]
    head = table(("command", "its result"), rows)
    return "\n".join([head, *_sections(parts)])


class _WithClasses(GenerateJsonSchema):
    """Leaves in each definition what it was made from, whose docstrings tell more."""

    def dataclass_schema(self, schema: Any) -> dict[str, Any]:
        return super().dataclass_schema(schema) | {_CLASS: schema["cls"]}

    def enum_schema(self, schema: Any) -> dict[str, Any]:
        return super().enum_schema(schema) | {_CLASS: schema["cls"]}


@cache
def _schemas() -> tuple[dict[str, Any], dict[str, Any]]:
    inputs: list[tuple[str, Any, TypeAdapter[Any]]] = [
        (name, "serialization", TypeAdapter(kind)) for name, kind in kinds().items()
    ]
    found, whole = TypeAdapter.json_schemas(inputs, schema_generator=_WithClasses)
    by_command = {str(name): schema for (name, _), schema in found.items()}
    return by_command, whole["$defs"]


def _sections(parts: dict[str, Any]) -> Iterator[str]:
    for name in sorted(parts, key=title):
        schema = parts[name]
        kind = schema[_CLASS]
        yield f"## {title(name)}\n"
        yield text(sentence(first_line(kind))) + "\n"
        yield _values(kind) if issubclass(kind, Enum) else fields(schema, attributes(kind))


def _values(kind: type[Enum]) -> str:
    about = attributes(kind)
    rows = [(code(one.value), text(about.get(one.name, ""))) for one in kind if one.value]
    return table(("value", "meaning"), rows)
