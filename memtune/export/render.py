"""render.yaml: services of a blueprint with variables, plan and command."""

import shlex

from memtune.export.plans import rounded_note, smallest
from memtune.export.text import about_cap, comments, quoted, require_own, unset_note
from memtune.model import Kind
from memtune.model.export import Deployed, Deployment, Written

_TYPES = {Kind.SERVICE: "web", Kind.PIPELINE: "worker"}


def write(deployment: Deployment, before: str | None) -> Written:
    """Return the blueprint. Raises UsageError for a file that is somebody's own, and where no
    plan has enough memory."""
    require_own(before, "render")
    lines = [*comments(deployment), "services:"]
    notes: list[str] = []
    for program in deployment.programs:
        lines += _service(program)
        notes += unset_note(program)
        if program.cap_bytes is not None:
            plan = smallest("render", program.cap_bytes)
            spelled = plan.name.partition(":")[2].replace("-", " ")  # a blueprint has "pro plus"
            lines.append(f"    plan: {spelled}")
            notes += rounded_note(program.cap_bytes, plan.ram_bytes, f"the plan {plan.name}")
        if program.env:
            lines.append("    envVars:")
        for name, value in program.env:
            lines += [f"      - key: {name}", f"        value: {quoted(value)}"]
    notes.append("runtime is docker here: another one has startCommand for dockerCommand")
    return Written("\n".join(lines) + "\n", (*notes, *about_cap(deployment)))


def _service(program: Deployed) -> list[str]:
    lines = [
        f"  - type: {_TYPES[program.kind]}",
        f"    name: {quoted(program.name)}",
        "    runtime: docker",
    ]
    if program.args:
        lines.append(f"    dockerCommand: {quoted(shlex.join(program.command))}")
    return lines
