"""Everything that the gate found, as ``--json`` prints it."""

from memtune.model import GateResult
from memtune.report.json import dump


def render(result: GateResult) -> str:
    """Return the result as versioned JSON."""
    return dump("check", result) + "\n"
