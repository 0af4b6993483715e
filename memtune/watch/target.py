"""What a word means: a process, a container or a compose project; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from memtune.errors import UsageError, did_you_mean
from memtune.execute.running import Listed

PID_DIGITS = 7
"""Linux numbers processes up to 4,194,304; longer numbers are ids of containers."""
ID_LETTERS = 4
"""An id may be cut down to so many."""


@dataclass(frozen=True)
class Found:
    """The containers that a word means."""

    containers: tuple[Listed, ...]
    project: str = ""
    """Its name, where the word is one of a compose project."""


def is_pid(target: str) -> bool:
    """Return whether the word is the number of a process."""
    return target.isascii() and target.isdigit() and len(target) <= PID_DIGITS


def find(target: str, listed: Sequence[Listed]) -> Found:
    """Return the running containers of that name, id or compose project; a name wins.

    Raises UsageError where there is none, where it does not run, and where an id fits several.
    """
    named = [one for one in listed if one.name == target.removeprefix("/")]
    members = [one for one in listed if one.project == target]
    if not named and members:
        running = tuple(one for one in members if one.running)
        if not running:
            raise UsageError(
                f"no container of the compose project {target!r} runs",
                hint=f"start it: docker compose -p {target} up -d",
            )
        return Found(running, target)
    found = named or _by_id(target, listed)
    if not found:
        raise _unknown(target, listed)
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise UsageError(f"the id {target} fits several containers", hint=f"name one: {names}")
    return Found(tuple(found))


def _by_id(target: str, listed: Sequence[Listed]) -> list[Listed]:
    if len(target) < ID_LETTERS:
        return []
    return [one for one in listed if one.id.startswith(target.lower())]


def _unknown(target: str, listed: Sequence[Listed]) -> UsageError:
    running = [one for one in listed if one.running]
    names = {one.name for one in running} | {one.project for one in running if one.project}
    # Of what does not run only what looks alike: all of it would be long, and cannot be watched.
    close = did_you_mean(target, {one.name for one in listed})
    hint = close if close.startswith("did") else did_you_mean(target, names)
    return UsageError(
        f"there is no container, compose project or process {target!r}",
        hint=hint or "no container runs; a process is named by its number",
    )
