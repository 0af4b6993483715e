"""The formats by name."""

from collections.abc import Callable

from memtune.errors import UsageError, did_you_mean
from memtune.export import (
    compose,
    dockerfile,
    env,
    fly,
    gunicorn,
    kubernetes,
    package_json,
    render,
)
from memtune.model.export import Deployment, Written

Write = Callable[[Deployment, str | None], Written]
"""Makes the whole file of a deployment and of what the file holds: nothing where it is new, and
None where the text goes to stdout."""

FORMATS: dict[str, Write] = {
    "env": env.write,
    "dockerfile": dockerfile.write,
    "compose": compose.write,
    "render": render.write,
    "fly": fly.write,
    "kubernetes": kubernetes.write,
    "gunicorn": gunicorn.write,
    "package-json": package_json.write,
}


def writer(name: str) -> Write:
    """Return what writes a format. Raises UsageError for one that does not exist."""
    if name not in FORMATS:
        raise UsageError(f"there is no format {name!r}", hint=did_you_mean(name, FORMATS))
    return FORMATS[name]
