"""The formats that ``memtune check`` reports in besides the screen, by their names."""

from collections.abc import Callable
from importlib import import_module

from memtune.model import GateResult

FORMATS = {
    "json": "everything, versioned",
    "junit": "test reports: Jenkins, GitLab, Azure Pipelines",
    "markdown": "a comment on a pull request",
    "github": "annotations, and the step summary: github:$GITHUB_STEP_SUMMARY",
    "gitlab": "Code Quality report",
    "csv": "one row per run, for spreadsheets",
    "openmetrics": "Prometheus, GitLab's metrics report",
    "badge": "endpoint of shields.io",
}
"""Names and what they are for."""


def renderer(name: str) -> Callable[[GateResult], str]:
    """Return what makes the text of a format; only then its libraries are loaded."""
    render: Callable[[GateResult], str] = import_module(f"{__name__}.{name}").render
    return render
