"""fly.toml: variables, the machine's memory, and the command as a process."""

import shlex

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
from memtune.units import MIB

STEP_BYTES = 256 * MIB
"""https://fly.io/docs/machines/guides-examples/machine-sizing: of machines with shared CPUs."""


def write(deployment: Deployment, before: str | None) -> Written:
    """Return the sections. Raises UsageError for several services, which are an app each, and for
    a file that is somebody's own."""
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
        lines += ['processes = ["app"]'] if program.args else []
        notes += rounded_note(program.cap_bytes, sold, "the machine")
    notes.append("these are sections of a fly.toml, which also names the app")
    return Written("\n".join(lines) + "\n", (*notes, *about_cap(deployment)))
