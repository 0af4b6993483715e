"""Results as JSON with a versioned schema; nothing is left out."""

import json
from typing import Any, TypeVar

from pydantic import TypeAdapter

from memtune import __version__
from memtune.model import Probe
from memtune.report.neutral import json_text

Result = TypeVar("Result")

SCHEMA = 1
"""Raised when a field changes its meaning or goes away."""


def dump(command: str, result: object, **more: Any) -> str:
    """Return ``{"memtune": VERSION, "schema": 1, "command": ..., "result": ...}``.

    The result is a dataclass of the model, or a list of probes.
    """
    return text(document(command, result, **more))


def document(command: str, result: object, **more: Any) -> dict[str, Any]:
    """Return what ``dump`` writes."""
    adapter: TypeAdapter[Any] = TypeAdapter(
        type(result) if not isinstance(result, list) else list[Probe]
    )
    return {
        "memtune": __version__,
        "schema": SCHEMA,
        "command": command,
        "result": adapter.dump_python(result, mode="json"),
        **more,
    }


def text(document: dict[str, Any]) -> str:
    """Return a document as ``dump`` writes it."""
    return json_text(json.dumps(document, indent=2))


def loaded(kind: type[Result], document: dict[str, Any]) -> Result:
    """Return the result of a document. Raises ValueError where it is none of this schema."""
    if document["schema"] != SCHEMA:
        raise ValueError(f"schema {document['schema']}")
    return TypeAdapter(kind).validate_python(document["result"])
