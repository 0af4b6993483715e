"""Results as JSON with a versioned schema; nothing is left out."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import to_json

from memtune import __version__
from memtune.model import Probe
from memtune.report.neutral import json_text

Result = TypeVar("Result")
Runs = Callable[[str, int], Iterable[str]]
"""From a study and its cap to its judged runs, each as JSON of model.Judged."""

SCHEMA = 1
"""Raised when a field changes its meaning or goes away."""
_RUNS = '\n    "judged": ['
"""Where the runs stand in an indented document: a line does not begin within a string."""


def dump(command: str, result: object, **more: Any) -> str:
    """Return ``{"memtune": VERSION, "schema": 1, "command": ..., "result": ...}``.

    The result is a dataclass of the model, but no search, or a list of probes.
    """
    return _indented(document(command, result, **more))


def document(command: str, result: object, **more: Any) -> dict[str, Any]:
    """Return what ``dump`` writes; of a search, with what it tried in place of its runs."""
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


def kept(document: dict[str, Any]) -> str:
    """Return a document in as little text as can be."""
    return json.dumps(document, separators=(",", ":"))


def line(command: str, result: object) -> str:
    """Return what ``dump`` writes on one line, for streams."""
    return json_text(kept(document(command, result))) + "\n"


def printed(document: dict[str, Any], runs: Runs) -> Iterator[str]:
    """Yield the text of a document; of a search run by run, a line for each, for there may be very
    many."""
    result = document["result"]
    if document["command"] != "recommend" or "tried" not in result:
        yield _indented(document)
        return
    whole = {
        "judged" if name == "tried" else name: [] if name == "tried" else value
        for name, value in result.items()
    }
    before, _, after = _indented({**document, "result": whole}).partition(_RUNS + "]")
    yield before + _RUNS
    separator = ""
    for run in runs(result["id"], result["cap_bytes"]):
        yield f"{separator}\n      {json_text(run)}"
        separator = ","
    yield "\n    ]" + after


def loaded(kind: type[Result], document: dict[str, Any]) -> Result:
    """Return the result of a document. Raises ValueError where it is none of this schema."""
    if document["schema"] != SCHEMA:
        raise ValueError(f"schema {document['schema']}")
    return TypeAdapter(kind).validate_python(document["result"])


def _indented(value: object) -> str:
    try:
        text = to_json(value, indent=2, ensure_ascii=True).decode()
    except ValueError:  # half a character, as names of files can have
        text = json.dumps(value, indent=2)
    return json_text(text)
