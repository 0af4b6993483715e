"""docker compose: an override file, to be named beside the project's own."""

from memtune.export.text import (
    about_cap,
    comments,
    quoted,
    require_own,
    size,
    unset_note,
    words,
)
from memtune.model.export import Deployed, Deployment, Written


def write(deployment: Deployment, before: str | None) -> Written:
    """Return the override file. Raises UsageError for a file that is somebody's own."""
    require_own(before, "compose")
    lines = [*comments(deployment, "docker compose -f compose.yaml -f THIS config"), "services:"]
    for program in deployment.programs:
        lines += [f"  {program.name}:", *(f"    {line}" for line in _service(program))]
    notes = [note for program in deployment.programs for note in unset_note(program)]
    return Written("\n".join(lines) + "\n", (*notes, *about_cap(deployment)))


def _service(program: Deployed) -> list[str]:
    lines = []
    if program.env:
        lines += ["environment:", *(f"  {name}: {_text(value)}" for name, value in program.env)]
    if program.args:
        lines.append(f"command: {words(_doubled(word) for word in program.command)}")
    if program.cap_bytes is not None:
        cap = size(program.cap_bytes, mib="m", kib="k", unit="b")
        lines += [f"mem_limit: {cap}", f"memswap_limit: {cap} # as in the runs: no swap"]
    return lines or ["{}"]


def _text(value: str) -> str:
    return quoted(_doubled(value))


def _doubled(text: str) -> str:
    """https://docs.docker.com/reference/compose-file/interpolation/."""
    return text.replace("$", "$$")
