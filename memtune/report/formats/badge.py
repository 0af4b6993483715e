"""A badge, as an endpoint of shields.io, which draws it as the page's other badges are drawn.

https://shields.io/badges/endpoint-badge
"""

import json

from memtune.model import GateResult, Ruling

_COLOR = {Ruling.PASS: "brightgreen", Ruling.FAIL: "red", Ruling.INCONCLUSIVE: "yellow"}


def render(result: GateResult) -> str:
    """Return the ruling over all scenarios; no foreign text is in it."""
    number = len(result.scenarios)
    shown = {
        "schemaVersion": 1,
        "label": "memory budget",
        "message": f"{result.ruling}, {number} scenario{'s' * (number != 1)}",
        "color": _COLOR[result.ruling],
    }
    return json.dumps(shown, indent=2) + "\n"
