"""What may stand in the files: pydantic models, their JSON schema, and their
translation into the model; reads no file."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

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


_TEXT = WithJsonSchema({"type": "string"})
SizeBytes = Annotated[int, BeforeValidator(_size), _TEXT]
DurationSeconds = Annotated[float, BeforeValidator(_duration), _TEXT]
Share = Annotated[float, BeforeValidator(_share), WithJsonSchema({"type": ["string", "number"]})]
Values = Annotated[
    list[int | float | str], Field(min_length=1, max_length=64), AfterValidator(_unique)
]
Names = Annotated[list[str], BeforeValidator(_listed)]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Carriers = Annotated[
    dict[VariableName, str],
    BeforeValidator(_carriers),
    WithJsonSchema({"type": ["string", "array", "object"]}),
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class KnobPart(_Part):
    """A knob: its values, the conservative end first, and how one reaches the process."""

    values: Values
    env: Carriers = {}
    """Variables that carry the value, or a mapping of variables to templates with {value}."""
    args: Names = []
    """Arguments that carry the value: templates with {value}."""
    unset: int | float | str | None = None
    """The value at which nothing is passed."""
    factor: int = Field(default=1, ge=1)
    """What {value} is multiplied by on its way to the process."""
    role: Literal["size", "limit"] = "size"
    """size: more takes more memory; limit: it stops the program at an amount of memory."""
    search: list[int | float | str] | None = None
    """Those of the values that `recommend` tries; all when left out, none when empty."""


class BoundPart(_Part):
    """Limits of one figure of the workload's output."""

    min: int | float | None = None
    max: int | float | None = None

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("neither min nor max is given", "write {min: 1} or {max: 0}")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"nothing is at least {self.min} and at most {self.max}")
        return self


class ChecksPart(_Part):
    """What must hold for a run to pass."""

    exit_status: int = Field(default=0, ge=0, le=255)
    headroom: Share | None = None
    output: dict[str, BoundPart] = {}


class WorkloadFile(_Part):
    """A workload file."""

    version: Literal[1]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)
    description: str = ""
    kind: Literal["pipeline"]
    image: str | None = None
    build: str | None = None
    command: list[str] = Field(min_length=1)
    env: dict[VariableName, str | int | float] = {}
    timeout: DurationSeconds = 300.0
    cap: SizeBytes | None = None
    checks: ChecksPart = ChecksPart()
    space: dict[str, KnobPart] = {}


class ProfileFile(_Part):
    """A profile: named settings and a cap; may extend another."""

    version: Literal[1]
    description: str = ""
    extends: str | None = None
    workload: str | None = None
    cap: SizeBytes | None = None
    settings: dict[str, int | float | str] = {}
