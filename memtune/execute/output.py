"""What a workload printed -> its figures; judges none of them."""

import json
import sys

from memtune.model import Scalar


def printed(stdout: bytes) -> tuple[tuple[str, Scalar], ...]:
    """Return the scalars of the JSON object on the last line of the output, if there is one."""
    last = stdout.decode("utf-8", "replace").strip().rpartition("\n")[2]
    try:
        data = json.loads(last)
    except (ValueError, RecursionError):  # RecursionError: ten thousand brackets
        return ()
    if not isinstance(data, dict):
        return ()
    return tuple(
        (_storable(key), _scalar(value))
        for key, value in data.items()
        if isinstance(value, int | float | str)
    )


def _scalar(value: float | str) -> Scalar:
    """A number that can be computed with, or a word: NaN, Infinity and true are no numbers."""
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, bool) or not abs(value) <= sys.float_info.max:
        return json.dumps(value)
    return value


def _storable(text: str) -> str:
    """JSON can spell half of a character, which no file and no terminal takes."""
    return text.encode("utf-8", "replace").decode()
