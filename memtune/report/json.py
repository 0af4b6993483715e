"""Results as JSON with a versioned schema; nothing is left out."""

import json
from typing import Any

from pydantic import TypeAdapter

from memtune import __version__
from memtune.model import Floor, Probe, ProfileResult, Study

SCHEMA = 1
"""Raised when a field changes its meaning or goes away."""


def dump(command: str, result: ProfileResult | Study | Floor | list[Probe], **more: Any) -> str:
    """Return ``{"memtune": VERSION, "schema": 1, "command": ..., "result": ...}``."""
    adapter: TypeAdapter[Any] = TypeAdapter(
        type(result) if not isinstance(result, list) else list[Probe]
    )
    return json.dumps(
        {
            "memtune": __version__,
            "schema": SCHEMA,
            "command": command,
            "result": adapter.dump_python(result, mode="json"),
            **more,
        },
        indent=2,
    )
