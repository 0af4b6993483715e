"""Results as JSON with a versioned schema; nothing is left out."""

import json
from typing import Any

from pydantic import TypeAdapter

from memtune import __version__
from memtune.model import Probe
from memtune.report.neutral import json_text

SCHEMA = 1
"""Raised when a field changes its meaning or goes away."""


def dump(command: str, result: object, **more: Any) -> str:
    """Return ``{"memtune": VERSION, "schema": 1, "command": ..., "result": ...}``.

    The result is a dataclass of the model, or a list of probes.
    """
    adapter: TypeAdapter[Any] = TypeAdapter(
        type(result) if not isinstance(result, list) else list[Probe]
    )
    text = json.dumps(
        {
            "memtune": __version__,
            "schema": SCHEMA,
            "command": command,
            "result": adapter.dump_python(result, mode="json"),
            **more,
        },
        indent=2,
    )
    return json_text(text)
