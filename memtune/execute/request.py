"""Workload and settings -> what an executor is asked to execute; executes nothing."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import overload

from memtune.model import (
    PLAN_VARIABLE,
    CapFor,
    Image,
    ImageKind,
    Knob,
    Plan,
    Program,
    Scalar,
    Settings,
    Workload,
)
from memtune.units import MIB

PIDS_LIMIT = 512
"""Processes and threads that a container may have at the same time."""
LOAD_CAP_BYTES = 1024 * MIB
"""Of the container that the load is made in; it is none of the services'."""
PROGRAM = "program"
"""Directory of a container's captures below that of its run, or of its service."""
SLOWER = 4
"""How many times as long a run under memray may take."""
STARTS_S = 60.0
"""How much longer services may go on than their load."""


@dataclass(frozen=True)
class Place:
    """Where the containers of one run meet."""

    network: str
    """Network mode that they share: they reach each other by name, on loopback."""
    parent: str = ""
    """Control group that holds them all under one cap; empty where each has its own."""
    watchers: int = 1
    """How many groups are watched at the same time; they share what one may cost."""


@dataclass(frozen=True)
class Request:
    """One container, as asked for."""

    workload: str
    settings: Settings
    image: Image
    command: tuple[str, ...]
    directory: str
    """Project directory, read-only in the run, and its working directory; may be empty."""
    env: tuple[tuple[str, str], ...]
    cap_bytes: int
    timeout_s: float
    expected_exit: int = 0
    captures: Path | None = None
    """Host directory that memray captures go to; absent for a run that decides."""
    native: bool = False
    """Whether memray shall capture the frames of C code too."""
    cpus: float | None = None
    """CPUs that it may use; None for all."""
    ends_after_s: float | None = None
    """After so long it is asked to end, which is no failure."""
    place: Place | None = None
    """Where several containers meet; absent for a container of its own."""
    alone: bool = False
    """Whether no other run may go on beside it, for its time is judged."""

    @property
    def memory_bytes(self) -> int:
        """Return what the run can take of this machine's memory."""
        return self.cap_bytes


@dataclass(frozen=True)
class ServiceRequest:
    """One run of services under a load, as asked for."""

    workload: str
    settings: Settings
    services: tuple[tuple[str, Request], ...]
    """Name and container of each."""
    load: Request
    cap_bytes: int
    cap_for: CapFor
    timeout_s: float
    """For the load, boot included."""
    alone: bool = False
    """As of one container."""

    @property
    def memory_bytes(self) -> int:
        """Return what the run can take of this machine's memory, load included."""
        caps = [container.cap_bytes for _, container in self.services]
        services = sum(caps) if self.cap_for is CapFor.EACH else self.cap_bytes
        return services + self.load.cap_bytes


def request(
    workload: Workload,
    settings: Settings,
    cap_bytes: int,
    timeout_s: float | None = None,
) -> Request | ServiceRequest:
    """Return what an executor is asked for; ``timeout_s`` in place of the workload's own."""
    if workload.plan is None:
        return container(workload, workload.programs[0], settings, cap_bytes, timeout_s)
    timeout_s = timeout_s or workload.timeout_s
    longest_s = timeout_s + STARTS_S  # services wait for the load, never the other way round
    return ServiceRequest(
        workload=workload.name,
        settings=settings,
        services=tuple(
            (program.name, container(workload, program, settings, cap_bytes, longest_s))
            for program in workload.programs
        ),
        load=Request(
            workload=workload.name,
            settings=settings,
            image=Image(ImageKind.HOST),
            command=("python", "-P", "-m", "memtune.load"),
            directory=workload.directory,
            env=((PLAN_VARIABLE, plan_json(workload.plan)),),
            cap_bytes=LOAD_CAP_BYTES,
            timeout_s=timeout_s,
        ),
        cap_bytes=cap_bytes,
        cap_for=workload.cap_for,
        timeout_s=timeout_s,
    )


def plan_json(plan: Plan) -> str:
    """Return a plan as the text that ``memtune.load`` reads back to an equal one."""
    return json.dumps(asdict(plan))


def container(
    workload: Workload,
    program: Program,
    settings: Settings,
    cap_bytes: int,
    timeout_s: float | None = None,
) -> Request:
    """Apply the value of each of the program's knobs to its environment and command line."""
    env = dict(program.env)
    command = list(program.command)
    values = settings.as_dict()
    for knob in workload.space.knobs:
        if knob.service == program.name and knob.name in values:
            variables, arguments = reach(knob, values[knob.name])
            env.update(variables)
            command += arguments
    return Request(
        workload=workload.name,
        settings=settings,
        image=program.image,
        command=tuple(command),
        directory=workload.directory,
        env=tuple(env.items()),
        cap_bytes=program.cap_bytes or cap_bytes,
        timeout_s=timeout_s or workload.timeout_s,
        cpus=workload.cpus,
        ends_after_s=workload.ends_after_s,
        expected_exit=workload.checks.exit_status,
    )


def reach(knob: Knob, value: Scalar) -> tuple[dict[str, str], list[str]]:
    """Return the environment variables and arguments that carry the value; none when unset."""
    if value == knob.unset:
        return {}, []
    text = str(value if isinstance(value, str) else _times(value, knob.factor))
    env = {name: template.replace("{value}", text) for name, template in knob.env}
    return env, [template.replace("{value}", text) for template in knob.args]


def _times(value: float, factor: int) -> float:
    """0.5 GiB in MiB is 512: a whole product stays whole, for a process that takes no fractions."""
    product = value * factor
    return int(product) if factor > 1 and product == int(product) else product


@overload
def explaining(
    decisive: Request, captures: Path, ceiling_bytes: int, *, native: bool = False
) -> Request: ...
@overload
def explaining(
    decisive: Request | ServiceRequest, captures: Path, ceiling_bytes: int, *, native: bool = False
) -> Request | ServiceRequest: ...
def explaining(
    decisive: Request | ServiceRequest, captures: Path, ceiling_bytes: int, *, native: bool = False
) -> Request | ServiceRequest:
    """Return the same request for a run under memray; each container has a directory of its own
    below ``captures``.

    Caps are four times as high and at least 1 GiB, as far as this machine's ``ceiling_bytes``
    allow: memray's own memory must not decide. Nor must the time that it takes.
    """
    if isinstance(decisive, Request):
        return replace(
            decisive,
            captures=captures / PROGRAM,
            native=native,
            cap_bytes=_roomy(decisive.cap_bytes, ceiling_bytes),
            timeout_s=SLOWER * decisive.timeout_s,
        )
    room = ceiling_bytes - decisive.load.cap_bytes
    each = room // len(decisive.services) if decisive.cap_for is CapFor.EACH else room
    return replace(
        decisive,
        services=tuple(
            (name, explaining(one, captures / name, each, native=native))
            for name, one in decisive.services
        ),
        load=replace(decisive.load, timeout_s=SLOWER * decisive.load.timeout_s),
        cap_bytes=_roomy(decisive.cap_bytes, room),
        timeout_s=SLOWER * decisive.timeout_s,
    )


def _roomy(cap_bytes: int, ceiling_bytes: int) -> int:
    return max(cap_bytes, min(max(4 * cap_bytes, 1024 * MIB), ceiling_bytes))


def capture_folders(asked: Request | ServiceRequest) -> dict[str, Path]:
    """Make the directories of a run's captures where they are missing, open to whoever an image
    executes as; return them by service, the only one under no name."""
    containers = [("", asked)] if isinstance(asked, Request) else list(asked.services)
    folders = {name: one.captures for name, one in containers if one.captures is not None}
    for path in folders.values():
        path.mkdir(exist_ok=True, parents=True)
        path.chmod(0o777)
    return folders if len(folders) > 1 else dict.fromkeys([""], *folders.values())
