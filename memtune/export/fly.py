"""fly.toml: variables, the machine's memory, and the command as a process."""

import shlex

from memtune.errors import UsageError
from memtune.export.plans import rounded_note
from memtune.export.text import (
    about_cap,
    comments,
    one_program,
    quoted,
    require_own,
    unset_note,
)
from memtune.model.export import Deployment, Written
from memtune.units import MIB, format_bytes

STEP_BYTES = 256 * MIB
"""https://fly.io/docs/machines/guides-examples/machine-sizing: of machines with shared CPUs. As
much is the least for each CPU, which holds wherever fewer CPUs are not enough."""
CPU_BYTES = 2048 * MIB
"""The most for each shared CPU, as told there."""
CPUS = (1, 2, 4, 8)


def write(deployment: Deployment, before: str | None) -> Written:
    """Return the sections. Raises UsageError for several services, which are an app each, for a
    file that is somebody's own, and where no machine has enough memory."""
    require_own(before, "fly")
    program = one_program(deployment, "fly")
    lines = comments(deployment)
    notes = list(unset_note(program))
    if program.env:
        lines += ["", "[env]", *(f"{name} = {quoted(value)}" for name, value in program.env)]
    if program.args:
        lines += ["", "[processes]", f"app = {quoted(shlex.join(program.command))}"]
    if program.cap_bytes is not None:
        sold = -(-program.cap_bytes // STEP_BYTES) * STEP_BYTES
        lines += ["", "[[vm]]", f'memory = "{sold // MIB}mb"']
        lines += ['cpu_kind = "shared"', f"cpus = {_cpus(sold)}"]
        lines += ['processes = ["app"]'] if program.args else []
        notes += rounded_note(program.cap_bytes, sold, "the machine")
    notes.append("these are sections of a fly.toml, which also names the app")
    return Written("\n".join(lines) + "\n", (*notes, *about_cap(deployment)))


def _cpus(sold_bytes: int) -> int:
    """Return the least number of shared CPUs that may have this much memory."""
    for cpus in CPUS:
        if sold_bytes <= cpus * CPU_BYTES:
            return cpus
    most = format_bytes(CPUS[-1] * CPU_BYTES)
    raise UsageError(
        f"no machine of Fly.io with shared CPUs has {format_bytes(sold_bytes)}; the largest "
        f"has {most}",
        hint="size one with performance CPUs by hand, and export the variables with --to env",
    )
