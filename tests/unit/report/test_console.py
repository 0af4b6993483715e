"""Whole screens, compared literally at 80 and 120 columns.

After a change that is meant, look at what ``MEMTUNE_GOLDEN=write pytest tests/unit/report``
makes of tests/golden.
"""

import io
import os
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, Group

from memtune.model import BaselineResult, FigureSummary, Knob, Recorded, Settings, Study
from memtune.model.stored import Listed, State, Studies, Unfinished
from memtune.model.watch import Look
from memtune.report.console import (
    baseline,
    bill,
    check,
    compare,
    diagnose,
    doctor,
    floor,
    history,
    lint,
    platforms,
    preflight,
    profile,
    recommend,
    soak,
    studies,
    unfinished,
    watch,
)
from memtune.report.console.common import literal
from tests.unit.report import (
    samples,
    samples_bill,
    samples_compare,
    samples_gate,
    samples_history,
    samples_lint,
    samples_platforms,
    samples_soak,
    samples_watch,
)

GOLDEN = Path(__file__).parents[2] / "golden"
WHOLE = re.compile(r"\S+:\d+: |    memtune ")
"""FILE:LINE, which is followed, and commands, which are copied: neither is folded."""
NAMED = ("check", "label", "service", "knob", "workload", "profile", "scenario", "target", "probe")
"""Fields with a name that a user gives."""
APPLY = ("WORKERS=1", "SIDE=800")


def recommended(console: Console, study: Study) -> None:
    recommend.render(console, study, APPLY if study.recommendation else ())


def watching(console: Console, look: Look) -> None:
    """What happened, above the tables."""
    console.print(Group(*watch.notes(look), watch.tables(look, samples_watch.PLAN)))


RENDERED: dict[str, tuple[Callable[[Console, Any], None], Any]] = {
    "profile": (profile.render, samples.profile_result()),
    "profile-oom": (profile.render, samples.profile_result(oom=True)),
    "profile-services": (profile.render, samples.service_profile()),
    "profile-services-oom": (profile.render, samples.service_profile(oom=True)),
    "preflight": (preflight.render, samples.preflight()),
    "diagnose": (diagnose.render, samples.diagnosis()),
    "bill": (bill.render, samples_bill.result()),
    "bill-wrong": (bill.render, samples_bill.result(holds=False)),
    "compare": (compare.render, samples_compare.commits()),
    "compare-impact": (compare.render, samples_compare.impact()),
    "compare-stored": (compare.render, samples_compare.settings_beside_a_stored_run()),
    "soak": (soak.render, samples_soak.result()),
    "soak-pipeline": (soak.render, samples_soak.pipeline()),
    "soak-killed": (soak.render, samples_soak.pipeline(killed=True)),
    "soak-vague": (soak.render, samples_soak.vague()),
    "soak-short": (soak.render, samples_soak.short()),
    "check": (check.render, samples_gate.result()),
    "check-pass": (check.render, samples_gate.result(samples_gate.passed(), commit="")),
    "recommend": (recommended, samples.study()),
    "recommend-bill": (recommended, replace(samples.study(), bill=samples_bill.bill())),
    "recommend-infeasible": (recommended, samples.study(feasible=False)),
    "floor": (floor.render, samples.floor()),
    "lint": (lint.render, samples_lint.result()),
    "lint-clean": (lint.render, samples_lint.result(clean=True)),
    "doctor": (doctor.render, samples.probes()),
    "platforms": (platforms.render, samples_platforms.platforms()),
    "watch": (watching, samples_watch.growing()),
    "watch-killed": (watching, samples_watch.killed()),
    "watch-project": (watching, samples_watch.project()),
    "watch-process": (watching, samples_watch.process()),
}
"""What shows a result, and the result."""


REFUSED = Recorded("thumbnails", None, None, samples_gate.failed())
LISTED = Listed("20260101-120000-abcde1", "profile", "shop", "", State.RESUMABLE, 1, "", "")
NAMED_BY_USERS = {
    name: rendered
    for name, rendered in RENDERED.items()
    if name not in ("diagnose", "doctor", "lint", "lint-clean", "platforms")
} | {
    "baseline": (baseline.render, BaselineResult("memtune.lock.json", (REFUSED,))),
    "history": (history.render, samples_history.history()),
    "studies": (studies.render, Studies((LISTED,))),
    "unfinished": (unfinished.render, Unfinished(LISTED, ())),
}
"""Screens with names that are not memtune's."""


def show(render: Callable[[Console, Any], None], result: Any, console: Console) -> None:
    render(console, result)


SCREENS: dict[str, Callable[[Console], None]] = {
    name: partial(show, *rendered) for name, rendered in RENDERED.items()
}


def screen(render: Callable[[Console], None], width: int) -> str:
    output = io.StringIO()
    render(literal(file=output, width=width))
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


@pytest.mark.parametrize("text", ["\u0175[db]", "\u0175[/x]", "\u0175:b:", "\u0175[red]a:warning:"])
@pytest.mark.parametrize("name", NAMED_BY_USERS)
def test_what_users_have_named_is_shown_as_it_is(name: str, text: str) -> None:
    render, result = NAMED_BY_USERS[name]

    shown = screen(lambda console: render(console, called(result, text)), 1000)

    assert shown.count("\u0175") == shown.count(text)
    assert text in shown


def called(what: Any, text: str) -> Any:
    """The same, where whatever a user may name begins so: checks, settings, services, sides."""
    if isinstance(what, Settings):
        return Settings(tuple((text + name, f"{text}{value}") for name, value in what))
    if isinstance(what, tuple | list):
        return type(what)(called(one, text) for one in what)
    if not is_dataclass(what) or isinstance(what, type):
        return what
    changed = {}
    for field in fields(what):
        value = getattr(what, field.name)
        named = field.name in NAMED and isinstance(value, str) and value != ""
        changed[field.name] = f"{text}{value}" if named else called(value, text)
    if isinstance(what, FigureSummary):
        changed["name"] = what.name.replace("need ", f"need {text}")
    if isinstance(what, Knob):
        changed["name"] = text + what.name
        for kind in ("values", "searched"):
            changed[kind] = tuple(f"{text}{value}" for value in getattr(what, kind))
    return replace(what, **changed)
