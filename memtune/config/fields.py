"""The sorts of values that stand in the files, as pydantic types: read from text, and described
for editors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from memtune.errors import UsageError
from memtune.model import Scalar
from memtune.units import parse_bytes, parse_duration, parse_share


def _size(given: object) -> int:
    with _told():
        return parse_bytes(_written(given))


def _duration(given: object) -> float:
    with _told():
        return parse_duration(_written(given))


def _share(given: object) -> float:
    with _told():
        return parse_share(_written(given))


def _written(given: object) -> str:
    """A bare number as text: ``headroom: 0.2`` is a share, and ``cap: 512`` lacks its unit."""
    if isinstance(given, int | float | str):
        return str(given)
    raise ValueError("a number with its unit is needed, such as 512MiB, 90s or 20%")


@contextmanager
def _told() -> Iterator[None]:
    """Hand a message and its hint on through pydantic, as the arguments of a ValueError."""
    try:
        yield
    except UsageError as error:
        raise ValueError(error.message, error.hint) from error


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _carriers(given: object) -> object:
    """One variable's name or a list of them as a mapping of variables to templates."""
    names = _listed(given)
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return dict.fromkeys(names, "{value}")
    if isinstance(given, dict):
        return given
    raise ValueError("a variable's name is needed, or several, or a mapping to templates")


def _unique(values: list[Scalar]) -> list[Scalar]:
    """Refuse values that are equal (1 and 1.0) or reach the process as the same text."""
    for position, value in enumerate(values):
        if any(value == other or str(value) == str(other) for other in values[:position]):
            raise ValueError(f"the value {value!r} stands twice", "remove one")
    return values


# The patterns are for editors and say what units.py accepts; there, case does not matter.
_SIZE_TEXT = {
    "type": "string",
    "pattern": r"^\s*\d+(\.\d+)?\s*([bB]|[kKmMgG]([iI]?[bB])?)\s*$",
    "examples": ["512MiB", "64MiB", "1GiB"],
}
_DURATION_TEXT = {
    "type": "string",
    "pattern": r"^\s*\d+(\.\d+)?\s*([mM][sS]|[sS]|[mM]([iI][nN])?|[hH])\s*$",
    "examples": ["90s", "250ms", "5m"],
}
_SHARE_TEXT = {
    "type": ["string", "number"],
    "pattern": r"^\s*(\d{1,2}(\.\d+)?\s*%|0(\.\d+)?)\s*$",
    "minimum": 0,
    "exclusiveMaximum": 1,
    "examples": ["5%", "20%"],
}
SizeBytes = Annotated[int, BeforeValidator(_size), WithJsonSchema(_SIZE_TEXT)]
DurationSeconds = Annotated[float, BeforeValidator(_duration), WithJsonSchema(_DURATION_TEXT)]
Share = Annotated[float, BeforeValidator(_share), WithJsonSchema(_SHARE_TEXT)]
Values = Annotated[
    list[int | float | str], Field(min_length=1, max_length=64), AfterValidator(_unique)
]
Positive = Annotated[
    float | int, Field(gt=0), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})
]
Names = Annotated[list[str], BeforeValidator(_listed, json_schema_input_type=str | list[str])]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
ScenarioName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=64)]
ServiceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=32)]
Carriers = Annotated[
    dict[VariableName, str],
    BeforeValidator(
        _carriers,
        json_schema_input_type=VariableName | list[VariableName] | dict[VariableName, str],
    ),
]
