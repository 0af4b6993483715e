"""GitLab's Code Quality report: an issue per scenario that failed, is inconclusive or warned.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

import hashlib
import json
from typing import Any

from memtune.model import Gated, GateResult, Ruling
from memtune.report import gated as words
from memtune.report.neutral import plain

_SEVERITY = {Ruling.FAIL: "major", Ruling.INCONCLUSIVE: "minor", Ruling.PASS: "info"}


def render(result: GateResult) -> str:
    """Return the issues; none where every scenario passed without a warning."""
    return json.dumps([_issue(one) for one in words.telling(result)], indent=2) + "\n"


def _issue(one: Gated) -> dict[str, Any]:
    path = plain(one.place.file)
    check = f"memtune/{one.ruling if not one.warned else 'warning'}"
    # Of what the issue is, not of its figures: GitLab calls an issue new by its fingerprint.
    identity = "\0".join((check, path, plain(one.scenario)))
    return {
        "description": plain(f"{one.scenario}: {words.word(one)}, {words.headline(one)}"),
        "check_name": check,
        "fingerprint": hashlib.sha256(identity.encode()).hexdigest(),
        "severity": _SEVERITY[one.ruling],
        "location": {"path": path, "lines": {"begin": one.place.line or 1}},
    }
