"""Words of the formats: comments, scalars, sizes; and whose file it is that stands there."""

import json
from collections.abc import Iterable

from memtune.errors import UsageError
from memtune.model.export import Deployed, Deployment
from memtune.units import KIB, MIB, format_bytes

MARK = "Written by `memtune export`"
"""Begins each file that may be written again."""
SETTINGS = "Settings: "


def comments(deployment: Deployment, *more: str, sign: str = "#") -> list[str]:
    """Return the lines that say where a file comes from."""
    lines = [
        f"{MARK}: {deployment.source} of {deployment.workload}.",
        f"{SETTINGS}{deployment.settings}" if deployment.settings.items else "",
        *more,
    ]
    return [f"{sign} {plain(line)}" for line in lines if line]


def plain(text: str) -> str:
    """Return the text as one that stays within its line: names of files may hold anything."""
    return "".join(character if character.isprintable() else "?" for character in text)


def one_program(deployment: Deployment, format_: str) -> Deployed:
    """Return the only program. Raises UsageError where there are several."""
    if len(deployment.programs) > 1:
        names = " or ".join(f"--service {one.name}" for one in deployment.programs)
        raise UsageError(
            f"{format_} is for one service, and {deployment.workload} has several",
            hint=f"add {names}",
        )
    return deployment.programs[0]


def quoted(text: str) -> str:
    """Return a text in double quotes as YAML, TOML and JSON read it; it holds no control
    characters."""
    return json.dumps(text, ensure_ascii=False)


def words(texts: Iterable[str]) -> str:
    """Return texts as a list that YAML, TOML and JSON read."""
    return f"[{', '.join(map(quoted, texts))}]"


def size(size_bytes: int, *, mib: str, kib: str, unit: str) -> str:
    """Return a size in the largest of three units that tells it exactly."""
    if size_bytes % MIB == 0:
        return f"{size_bytes // MIB}{mib}"
    return f"{size_bytes // KIB}{kib}" if size_bytes % KIB == 0 else f"{size_bytes}{unit}"


def require_own(before: str | None, format_: str) -> None:
    """Refuse to replace a file that memtune did not write.

    Raises UsageError with a hint.
    """
    if before is not None and before.strip() and MARK not in before.partition("\n")[0]:
        raise UsageError(
            f"the file is somebody's own, and {format_} cannot be merged into it",
            hint="print it without a path and put the lines in by hand, or give another path",
        )


def unset_note(program: Deployed) -> tuple[str, ...]:
    """What to say of variables that must not be set, where a format cannot say it."""
    if not program.unset:
        return ()
    return (f"not set in the runs, and not to be set elsewhere: {', '.join(program.unset)}",)


def args_note(program: Deployed, where: str = "command") -> tuple[str, ...]:
    """What to say of arguments, where a format has no command."""
    if not program.args:
        return ()
    return (f"not carried: {' '.join(program.args)}; add it to the {where}",)


def cap_note(program: Deployed) -> tuple[str, ...]:
    """What to say of the cap, where a format has none."""
    if program.cap_bytes is None:
        return ()
    cap = size(program.cap_bytes, mib="m", kib="k", unit="b")
    return (f"not carried: the cap of {format_bytes(program.cap_bytes)}; "
            f"such as docker run --memory {cap} --memory-swap {cap}",)  # fmt: skip


def about_cap(deployment: Deployment) -> tuple[str, ...]:
    """What to say of the cap, where a format has one: whose it is."""
    cap = format_bytes(deployment.cap_bytes)
    if any(program.cap_bytes is None for program in deployment.programs):
        return (f"not carried: the cap of {cap} is for all services together",)
    return (f"the cap of {cap} is {deployment.why_cap}",)
