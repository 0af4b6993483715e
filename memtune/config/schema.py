"""What may stand in the files: pydantic models, which also make the JSON schema; reads no file."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from memtune.config.fields import (
    Carriers,
    DurationSeconds,
    Names,
    Positive,
    ScenarioName,
    ServiceName,
    Share,
    SizeBytes,
    Values,
    VariableName,
)
from memtune.units import MIB


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )


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
    role: Literal["size", "quality", "limit", "category"] = "size"
    """size: more takes more memory, and the work is done no worse and no slower; quality: more
    takes more memory and time, and does it no worse; limit: it stops the program at an amount of
    memory; category: its values have no order, as allocators have none."""
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
    """That a pipeline has to end with."""
    headroom: Share | None = None
    """Share of the cap that must stay free at the peak."""
    output: dict[str, BoundPart] = {}
    """Limits of the figures of the JSON object that the workload prints last, or of the load."""


class BuildPart(_Part):
    """What an image is built from."""

    context: str
    """Directory, relative to the file, within the same repository."""
    dockerfile: str = "Dockerfile"
    """Relative to the context."""


class ProgramPart(_Part):
    """What is executed in one container, and its knobs."""

    image: str | None = None
    """`host` for this machine's own file system and Python, or the name of an image."""
    build: BuildPart | None = None
    """Directory with a Dockerfile, or {context: DIRECTORY, dockerfile: PATH}."""
    command: list[str] = Field(min_length=1)
    """Words of the command; in place of the image's own."""
    env: dict[VariableName, str | int | float] = {}
    """Environment variables."""
    space: dict[str, KnobPart] = {}
    """Knobs, in order of priority."""

    @field_validator("build", mode="before", json_schema_input_type=str | BuildPart)
    @classmethod
    def _context_alone(cls, given: object) -> object:
        return {"context": given} if isinstance(given, str) else given


class ServicePart(ProgramPart):
    """One of the services that talk to each other."""

    port: int = Field(ge=1, le=65535)
    """Where it listens, on loopback: all services of a run share one network."""
    health: str = Field(default="/health", pattern=r"^/\S*$")
    """Path that answers 2xx once the service is ready, and under load."""
    cap: SizeBytes | None = None
    """Of its own, whatever the cap of the run; with `cap_for: each` only."""


class CallPart(_Part):
    """One HTTP request, or one for each file of a glob; exactly one method is given.

    `{file}`, `{name}` (of the file, without suffix) and `{person}` (up to the first
    underscore) stand for texts; a value that begins with @ for the content of a file.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_ -]*$", max_length=48)
    get: str | None = None
    post: str | None = None
    put: str | None = None
    patch: str | None = None
    delete: str | None = None
    each: str = ""
    """Glob of files, relative to this file: one request for each."""
    headers: dict[str, str] = {}
    json_: dict[str, bool | int | float | str] = Field(default={}, alias="json")
    """Members of a JSON body; @{file} stands for a file as base64 text."""
    form: dict[str, str] = {}
    """Fields of a multipart body; @{file} stands for a file as an upload."""
    body: str = ""
    """A body as it is."""
    pad: SizeBytes = 0
    """Size that the content of files is filled up to, with zero bytes."""
    status: int = Field(default=200, ge=100, le=599)
    """That the answer must have."""
    answer: dict[str, bool | int | float | str] = {}
    """Members that the JSON answer must have."""

    @model_validator(mode="after")
    def _one_method_and_one_body(self) -> Self:
        if sum(target is not None for target in self.targets.values()) != 1:
            raise ValueError("exactly one method is needed", "write post: SERVICE/PATH")
        if sum(map(bool, (self.json_, self.form, self.body))) > 1:
            raise ValueError("a request has one body", "keep one of json, form and body")
        return self

    @property
    def targets(self) -> dict[str, str | None]:
        """Return methods and where they go."""
        return {
            method: getattr(self, method) for method in ("get", "post", "put", "patch", "delete")
        }


class LoadPart(_Part):
    """What services are exercised with."""

    boot_limit: DurationSeconds = 60.0
    """Within this time each service has to be ready."""
    before: list[CallPart] = []
    """Made once before the load; each has to succeed."""
    calls: list[CallPart] = []
    """Made in turn, again and again, by `concurrency` clients."""
    command: list[str] = []
    """Or this program is the load, and its exit status counts."""
    after: list[CallPart] = []
    """Made once when the load is over; each has to succeed."""
    concurrency: int = Field(default=1, ge=1, le=1000)
    """Most requests in flight at the same time."""
    rate: Positive | None = None
    """Requests a second of an open loop; a closed loop when left out."""
    requests: int | None = Field(default=None, ge=1)
    """How many are measured; this or duration."""
    duration: DurationSeconds | None = None
    """How long is measured; this or requests."""
    warm_up: int = Field(default=0, ge=0)
    """Requests made before, and not measured."""
    health_interval: DurationSeconds = 1.0
    """How often each service is asked for its health."""

    @model_validator(mode="after")
    def _calls_or_command(self) -> Self:
        if bool(self.calls) == bool(self.command):
            raise ValueError("exactly one of calls and command is needed")
        if self.calls and (self.requests is None) == (self.duration is None):
            raise ValueError("exactly one of requests and duration is needed")
        return self


class _WorkloadPart(_Part):
    version: Literal[1]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)
    description: str = ""
    timeout: DurationSeconds = 300.0
    """Within this time a run has to end."""
    cap: SizeBytes | None = None
    """Hard memory limit of the container, where nothing else names one."""
    cpus: Positive | None = None
    """That each container may use; all when left out."""
    checks: ChecksPart = ChecksPart()


class PipelineFile(_WorkloadPart, ProgramPart):
    """A workload that ends by itself."""

    kind: Literal["pipeline"]


class ServiceFile(_WorkloadPart):
    """A workload of one or several services and what exercises them."""

    kind: Literal["service"]
    cap_for: Literal["each", "all"] = "each"
    """Whether the cap limits each service, or all together as on one machine."""
    services: dict[ServiceName, ServicePart] = Field(min_length=1, max_length=16)
    load: LoadPart


class ProfileFile(_Part):
    """A profile: named settings and a cap; may extend another."""

    version: Literal[1]
    description: str = ""
    extends: str | None = None
    """Profile, by name or path, whose keys hold where this one has none."""
    workload: str | None = None
    """A built-in workload or the path of a workload file."""
    cap: SizeBytes | None = None
    """Hard memory limit of the container."""
    cap_for: Literal["each", "all"] | None = None
    """In place of the workload's."""
    settings: dict[str, int | float | str] = {}
    """Knobs and their values."""


class GrowthPart(_Part):
    """How much more than its baseline a scenario may need."""

    fail: Share = 0.05
    """This much more fails."""
    warn: Share = 0.03
    """This much more passes with a warning."""
    floor: SizeBytes = 4 * MIB
    """Less than this is never a failure, however large a share it is."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.fail <= 0:
            raise ValueError("no growth at all cannot be measured", "write fail: 5%")
        if self.warn > self.fail:
            raise ValueError("warn lies above fail", "write a smaller one, such as warn: 3%")
        return self


class ScenarioPart(_Part):
    """One settings of one workload under one cap, with its budget."""

    workload: str | None = None
    """A built-in workload or the path of a workload file; the profile's when left out."""
    profile: str | None = None
    """A shipped profile or the path of a profile file."""
    settings: dict[str, int | float | str] = {}
    """In place of the profile's."""
    cap: SizeBytes | None = Field(default=None)
    """In place of the profile's and the workload's."""
    max: SizeBytes | None = None
    """Ceiling of the need of every run."""
    growth: GrowthPart | None = None
    """Allowed growth over the baseline in memtune.lock.json; {} for 5 %, at least 4 MiB."""

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.workload is None and self.profile is None:
            raise ValueError("neither workload nor profile is given", "write workload: PATH")
        if self.max is None and self.growth is None:
            raise ValueError(
                "neither max nor growth is given, so nothing can fail",
                "write max: 420MiB, or growth: {fail: 5%}, or both",
            )
        return self


class BudgetFile(_Part):
    """The scenarios that ``memtune check`` executes, each with its budget."""

    version: Literal[1]
    scenarios: dict[ScenarioName, ScenarioPart] = Field(min_length=1, max_length=64)
