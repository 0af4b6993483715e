"""Workload and settings -> what an executor is asked to execute; executes nothing."""

from dataclasses import dataclass, replace
from pathlib import Path

from memtune.model import Image, Knob, Scalar, Settings, Workload

PIDS_LIMIT = 512
"""Processes and threads that a run may have at the same time."""


@dataclass(frozen=True)
class Request:
    """One run, as asked for."""

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


def request(workload: Workload, settings: Settings, cap_bytes: int) -> Request:
    """Apply each knob's value to the environment and the command line."""
    env = dict(workload.env)
    command = list(workload.command)
    values = settings.as_dict()
    for knob in workload.space.knobs:
        if knob.name in values:
            variables, arguments = reach(knob, values[knob.name])
            env.update(variables)
            command += arguments
    return Request(
        workload=workload.name,
        settings=settings,
        image=workload.image,
        command=tuple(command),
        directory=workload.directory,
        env=tuple(env.items()),
        cap_bytes=cap_bytes,
        timeout_s=workload.timeout_s,
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


def explaining(decisive: Request, captures: Path, ceiling_bytes: int) -> Request:
    """Return the same request for a run under memray.

    Its cap is four times as high and at least 1 GiB, as far as this machine's
    ``ceiling_bytes`` allow: memray's own memory must not decide.
    """
    cap_bytes = min(max(4 * decisive.cap_bytes, 1024**3), ceiling_bytes)
    return replace(decisive, captures=captures, cap_bytes=max(cap_bytes, decisive.cap_bytes))
