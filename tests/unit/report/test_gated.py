"""Words of the gate's reports that no golden file holds."""

import io
from dataclasses import replace

from memtune.model import GateResult
from memtune.report.console.check import render
from memtune.report.console.common import literal
from memtune.report.formats import markdown
from tests.unit.report import samples_gate


def noted(note: str) -> GateResult:
    """One scenario that passed, of which there is something to be said."""
    return samples_gate.result(replace(samples_gate.passed(), notes=(note,)))


def test_what_a_scenario_that_passed_was_compared_with_instead_is_told() -> None:
    result = noted("its baseline is not that of v1")
    stream = io.StringIO()

    render(literal(file=stream, width=120), result)

    assert "its baseline is not that of v1" in stream.getvalue()
    assert "its baseline is not that of v1" in markdown.render(result)


def test_a_note_never_makes_a_summary_too_long() -> None:
    assert len(markdown.render(noted("x" * 100_000))) < markdown.LIMIT + 200
