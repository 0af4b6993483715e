"""Whole screens, compared literally at 80 and 120 columns.

After a change that is meant, look at what ``MEMTUNE_GOLDEN=write pytest tests/unit/report``
makes of tests/golden.
"""

import io
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console, Group

from memtune.model.watch import Look
from memtune.report.console import (
    bill,
    check,
    compare,
    diagnose,
    doctor,
    floor,
    lint,
    platforms,
    preflight,
    profile,
    recommend,
    soak,
    watch,
)
from tests.unit.report import (
    samples,
    samples_bill,
    samples_compare,
    samples_gate,
    samples_lint,
    samples_platforms,
    samples_soak,
    samples_watch,
)

GOLDEN = Path(__file__).parents[2] / "golden"
WHOLE = re.compile(r"\S+:\d+: |    memtune ")
"""FILE:LINE, which is followed, and commands, which are copied: neither is folded."""
APPLY = ("WORKERS=1", "SIDE=800")


def watched(look: Look) -> Group:
    """What happened, above the tables."""
    return Group(*watch.notes(look), watch.tables(look, samples_watch.PLAN))


SCREENS: dict[str, Callable[[Console], None]] = {
    "profile": lambda console: profile.render(console, samples.profile_result()),
    "profile-oom": lambda console: profile.render(console, samples.profile_result(oom=True)),
    "profile-services": lambda console: profile.render(console, samples.service_profile()),
    "profile-services-oom": lambda console: profile.render(
        console, samples.service_profile(oom=True)
    ),
    "preflight": lambda console: preflight.render(console, samples.preflight()),
    "diagnose": lambda console: diagnose.render(console, samples.diagnosis()),
    "bill": lambda console: bill.render(console, samples_bill.result()),
    "bill-wrong": lambda console: bill.render(console, samples_bill.result(holds=False)),
    "compare": lambda console: compare.render(console, samples_compare.commits()),
    "compare-impact": lambda console: compare.render(console, samples_compare.impact()),
    "compare-stored": lambda console: compare.render(
        console, samples_compare.settings_beside_a_stored_run()
    ),
    "soak": lambda console: soak.render(console, samples_soak.result()),
    "soak-pipeline": lambda console: soak.render(console, samples_soak.pipeline()),
    "soak-killed": lambda console: soak.render(console, samples_soak.pipeline(killed=True)),
    "soak-vague": lambda console: soak.render(console, samples_soak.vague()),
    "soak-short": lambda console: soak.render(console, samples_soak.short()),
    "check": lambda console: check.render(console, samples_gate.result()),
    "check-pass": lambda console: check.render(
        console, samples_gate.result(samples_gate.passed(), commit="")
    ),
    "recommend": lambda console: recommend.render(console, samples.study(), APPLY),
    "recommend-bill": lambda console: recommend.render(
        console, replace(samples.study(), bill=samples_bill.bill()), APPLY
    ),
    "recommend-infeasible": lambda console: recommend.render(
        console, samples.study(feasible=False), ()
    ),
    "floor": lambda console: floor.render(console, samples.floor()),
    "lint": lambda console: lint.render(console, samples_lint.result()),
    "lint-clean": lambda console: lint.render(console, samples_lint.result(clean=True)),
    "doctor": lambda console: doctor.render(console, samples.probes()),
    "platforms": lambda console: platforms.render(console, samples_platforms.platforms()),
    "watch": lambda console: console.print(watched(samples_watch.growing())),
    "watch-killed": lambda console: console.print(watched(samples_watch.killed())),
    "watch-project": lambda console: console.print(watched(samples_watch.project())),
    "watch-process": lambda console: console.print(watched(samples_watch.process())),
}


def screen(render: Callable[[Console], None], width: int) -> str:
    output = io.StringIO()
    render(Console(file=output, width=width, highlight=False))
    return "\n".join(line.rstrip() for line in output.getvalue().splitlines()) + "\n"


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_as_it_was_last_looked_at(name: str, width: int) -> None:
    file = GOLDEN / f"{name}-{width}.txt"

    shown = screen(SCREENS[name], width)

    if os.environ.get("MEMTUNE_GOLDEN") == "write":
        file.write_text(shown)
    assert shown == file.read_text()


@pytest.mark.parametrize("name", SCREENS)
def test_no_line_is_wider_than_the_terminal(name: str) -> None:
    for width in (80, 100, 120):
        lines = screen(SCREENS[name], width).splitlines()
        assert all(len(line) <= width or WHOLE.match(line) for line in lines)


def test_foreign_text_is_never_markup() -> None:
    shown = screen(SCREENS["profile-oom"], 120)

    assert "MemoryError: [red]not markup[/red]" in shown
    assert "[not markup]" in shown
