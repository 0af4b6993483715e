"""Whether figures of two environments may be compared; pure."""

from memtune.model import Environment

_IRRELEVANT = {"memray"}
"""Takes no part in runs that decide."""


def unlike(one: Environment, other: Environment) -> tuple[str, ...]:
    """Return in what two environments differ, in words; the image is what may change."""
    pairs = [
        (name, str(getattr(one, name)), str(getattr(other, name)))
        for name in ("kernel", "cgroup", "architecture", "cpus", "executor")
    ]
    ours, theirs = dict(one.tools), dict(other.tools)
    names = sorted((ours.keys() | theirs.keys()) - _IRRELEVANT)
    pairs += [(name, ours.get(name, "none"), theirs.get(name, "none")) for name in names]
    return tuple(f"{name} {left}, here {right}" for name, left, right in pairs if left != right)
