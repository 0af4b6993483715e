"""memtune.lock.json: the raw samples of accepted trials, committed and written for review."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from memtune.errors import ConfigError, Place, StoreError
from memtune.files import write_whole
from memtune.model import Baseline

FILE = "memtune.lock.json"
FORMAT = 1
MAX_NUMBER = 2**63
_BASELINES: TypeAdapter[dict[str, Baseline]] = TypeAdapter(dict[str, Baseline])


def load_baselines(file: Path) -> dict[str, Baseline]:
    """Return the baselines of a lock file by scenario; none where there is no file.

    Raises ConfigError for a file that memtune did not write.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the file: {error}", where=Place(str(file))) from error
    return parse_baselines(text, str(file))


def parse_baselines(text: str, file: str) -> dict[str, Baseline]:
    """Return the baselines in the text of a lock file; ``file`` is for messages.

    Raises ConfigError for a text that memtune did not write.
    """
    try:
        data = json.loads(text)
        found = data["format"]
        if found == FORMAT:
            return _checked(_BASELINES.validate_python(data["scenarios"]))
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise ConfigError(
            f"not a lock file of memtune: {_first_line(error)}",
            where=Place(file, getattr(error, "lineno", None)),
            hint="conflict markers? Take one side, then `memtune baseline update`",
        ) from error
    raise ConfigError(
        f"has format {found!r}; this memtune reads {FORMAT}",
        where=Place(file),
        hint="use the memtune that wrote it, or `memtune baseline update` after removing it",
    )


def _checked(baselines: dict[str, Baseline]) -> dict[str, Baseline]:
    for name, baseline in baselines.items():
        samples = baseline.need_bytes
        if len(samples) < 2 or not all(0 < sample < MAX_NUMBER for sample in samples):
            raise ValueError(f"{name}.need_bytes: two or more sizes in bytes are needed")
    return baselines


def save_baselines(file: Path, baselines: dict[str, Baseline]) -> None:
    """Write a lock file whole or not at all: scenarios by name, samples in one line each.

    Raises StoreError when that cannot be done.
    """
    try:
        write_whole(file, _text(baselines).encode())
    except OSError as error:
        raise StoreError(
            f"{file}: {error.strerror}", hint="is the disk full, or the directory not writable?"
        ) from error


def _text(baselines: dict[str, Baseline]) -> str:
    data = _BASELINES.dump_python(dict(sorted(baselines.items())), mode="json")
    return _indented({"format": FORMAT, "scenarios": data}, "") + "\n"


def _indented(value: Any, indent: str) -> str:
    """JSON with a line for each key of an object and for each whole list: a list of samples
    changes as one line."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value)
    inner = indent + "  "
    lines = [f"{inner}{json.dumps(key)}: {_indented(one, inner)}" for key, one in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        mistake = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, mistake['loc']))}: {mistake['msg']}"
    return str(error).split("\n", 1)[0] or type(error).__name__
