"""Kubernetes: a strategic merge patch for a service's Deployment, or a pipeline's Job."""

from memtune.export.text import (
    about_cap,
    comments,
    one_program,
    quoted,
    require_own,
    size,
    words,
)
from memtune.model import Kind
from memtune.model.export import Deployed, Deployment, Written
from memtune.units import MIB

_KINDS = {Kind.SERVICE: ("apps/v1", "Deployment"), Kind.PIPELINE: ("batch/v1", "Job")}


def write(deployment: Deployment, before: str | None) -> Written:
    """Return the patch. Raises UsageError for several services, for kubectl reads one patch of a
    file and puts it on every Deployment there, and for a file that is somebody's own.

    The limit is the cap; requested is what was needed, with the headroom that was asked for.
    """
    require_own(before, "kubernetes")
    program = one_program(deployment, "kubernetes")
    head = comments(deployment, "kubectl patch -f deployment.yaml --patch-file THIS")
    text = "\n".join(head) + "\n" + _patch(program, deployment.headroom or 0)
    kind = _KINDS[program.kind][1]
    notes = [f"{kind} and container are called {program.name}, as in the workload"]
    return Written(text, (*notes, *about_cap(deployment)))


def _patch(program: Deployed, headroom: float) -> str:
    version, kind = _KINDS[program.kind]
    container = _container(program, headroom)
    lines = [
        f"apiVersion: {version}",
        f"kind: {kind}",
        "metadata:",
        f"  name: {quoted(program.name)}",
        "spec:",
        "  template:",
        "    spec:",
        "      containers:",
        f"        - name: {quoted(program.name)}",
        *(f"          {line}" for line in container),
    ]
    return "\n".join(lines) + "\n"


def _container(program: Deployed, headroom: float) -> list[str]:
    lines = ["env:"] if program.env or program.unset else []
    for name, value in program.env:
        lines += [f"  - name: {quoted(name)}", f"    value: {quoted(_doubled(value))}"]
    for name in program.unset:
        lines += [f"  - name: {quoted(name)}", "    $patch: delete"]
    if program.args:
        lines.append(f"command: {words(_doubled(word) for word in program.command)}")
        lines.append("args: []")
    if program.cap_bytes is not None:
        cap = program.cap_bytes
        needed = cap if program.need_bytes is None else program.need_bytes / (1 - headroom)
        requested = min(cap, -(-int(needed) // MIB) * MIB)
        lines += ["resources:"]
        lines += ["  requests:", f"    memory: {_quantity(requested)}"]
        lines += ["  limits:", f"    memory: {_quantity(cap)}"]
    return lines


def _quantity(size_bytes: int) -> str:
    return quoted(size(size_bytes, mib="Mi", kib="Ki", unit=""))


def _doubled(text: str) -> str:
    """https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/."""
    return text.replace("$", "$$")
