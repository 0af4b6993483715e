"""What may stand in the files: pydantic models, their JSON schema, and their
translation into the model; reads no file."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from memtune.errors import UsageError
from memtune.model import Scalar
from memtune.units import parse_bytes, parse_duration, parse_share


def _size(text: str) -> int:
    try:
        return parse_bytes(text)
    except UsageError as error:
        raise ValueError(f"{error.message}; {error.hint}") from error


def _duration(text: str) -> float:
    try:
        return parse_duration(text)
    except UsageError as error:
        raise ValueError(f"{error.message}; {error.hint}") from error


def _share(text: str) -> float:
    try:
        return parse_share(text)
    except UsageError as error:
        raise ValueError(f"{error.message}; {error.hint}") from error


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _unique(values: list[Scalar]) -> list[Scalar]:
    if len(set(values)) < len(values):
        raise ValueError("a value stands twice")
    return values


SizeText = Annotated[str, AfterValidator(_size)]
DurationText = Annotated[str, AfterValidator(_duration)]
ShareText = Annotated[str, AfterValidator(_share)]
Values = Annotated[
    list[int | float | str], Field(min_length=1, max_length=64), AfterValidator(_unique)
]
Names = Annotated[list[str], BeforeValidator(_listed)]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class KnobPart(_Part):
    """A knob: its values, the conservative end first, and how one reaches the process."""

    values: Values
    env: dict[VariableName, str] | Names = []
    """Variables that carry the value, or a mapping of variables to templates with {value}."""
    args: Names = []
    """Arguments that carry the value: templates with {value}."""
    unset: int | float | str | None = None
    """The value at which nothing is passed."""
    factor: int = Field(default=1, ge=1)
    """What {value} is multiplied by on its way to the process."""


class BoundPart(_Part):
    """Limits of one figure of the workload's output."""

    min: int | float | None = None
    max: int | float | None = None


class ChecksPart(_Part):
    """What must hold for a run to pass."""

    exit_status: int = Field(default=0, ge=0, le=255)
    headroom: ShareText = "0%"
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
    timeout: DurationText = "300s"
    cap: SizeText | None = None
    checks: ChecksPart = ChecksPart()
    space: dict[str, KnobPart] = {}


class ProfileFile(_Part):
    """A profile: named settings and a cap; may extend another."""

    version: Literal[1]
    description: str = ""
    extends: str | None = None
    workload: str | None = None
    cap: SizeText | None = None
    settings: dict[str, int | float | str] = {}
