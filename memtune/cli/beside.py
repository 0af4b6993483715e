"""What a page shows beside its result: runs of the store, flame graphs, and the command that does
it again."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from memtune.cli.sides import Form, parse
from memtune.compare import differences
from memtune.config.names import BUILT_IN
from memtune.export.deployment import lines_of
from memtune.measure.timeline import thinned
from memtune.model import Judged, OnFront, ProfileResult, Study
from memtune.model.comparison import Compared, Comparison
from memtune.model.soak import SoakResult
from memtune.report.html.page import Result, shown
from memtune.report.html.sections import Beside
from memtune.report.html.timelines import wanted
from memtune.search.front import passing
from memtune.search.step import Tried
from memtune.trial import as_trial
from memtune.units import MIB

if TYPE_CHECKING:
    from memtune.store import Store

MOST_MOMENTS = 600
"""Of one line: more than a screen has columns to tell apart."""
OF_A_WORKLOAD = (Form.SETTINGS, Form.IMAGE, Form.COMMIT, Form.HERE)
"""Sides that are nothing without a workload."""


def beside(result: Result, store: "Store", directory: Path) -> Beside:
    """Return what the page of a result shows, where it stands in that directory.

    Raises StoreError.
    """
    found = Beside(command=_command(result))
    runs: list[Judged] = []
    if isinstance(result, Study):
        for settings in wanted(result):
            runs += store.judged(result.id, settings, result.cap_bytes)
        found = replace(
            found,
            passed=tuple(_passed(result, store)),
            present=_present(result, store),
            apply=lines_of(result),
        )
    elif isinstance(result, ProfileResult) and result.explanation is not None:
        found = replace(found, flames=_seen_from(directory, result.explanation.flames))
    lines = (
        replace(one, moments=thinned(one.moments, MOST_MOMENTS)) for one in shown(result, runs)
    )
    return replace(found, lines=tuple(lines))


def _passed(study: Study, store: "Store") -> list[OnFront]:
    lessons = store.lessons(study.id, study.cap_bytes)
    return passing(
        Tried(one.settings, one.cause, one.need_bytes, one.speed_per_s) for one in lessons
    )


def _present(study: Study, store: "Store") -> Comparison | None:
    """The settings that the ladder began with, beside the pick; None where they are the pick."""
    chosen = study.recommendation
    if chosen is None or not study.ladder or study.ladder[0].settings == chosen.settings:
        return None
    start = study.ladder[0].settings
    before = as_trial(start, store.judged(study.id, start, study.cap_bytes))
    pick = chosen.evidence
    where = (study.cap_bytes, study.environment, study.page_cache)
    sides = (
        Compared("present", "", *where, before),
        Compared("pick", "", *where, pick, differences=differences(before, pick)),
    )
    return Comparison(study.id, study.workload, sides, explained=False)


def _seen_from(directory: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Paths as a page in that directory links them."""
    return tuple(
        Path(os.path.relpath(Path(path).absolute(), directory)).as_posix() for path in paths
    )


def _command(result: Result) -> str:
    """What to execute to get the same again, where the workload file is FILE."""
    match result:
        case Study():
            words = ["recommend", *_capped(result)]
            if result.checks.headroom is not None:
                words += ["--headroom", f"{100 * result.checks.headroom:g}%"]
            if result.objective != "conservative":
                words += ["--objective", result.objective]
            words += ["--explain-ladder"] if result.ladder else []
            page_cache = result.page_cache
        case ProfileResult():
            words = ["profile", *_capped(result), *_set(result.trial.settings.items)]
            words += ["--runs", str(len(result.trial.runs))]
            words += ["--explain"] if result.explanation is not None else []
            page_cache = result.page_cache
        case SoakResult():
            words = ["profile", *_capped(result), *_set(result.settings.items)]
            words += ["--soak", f"{result.soak_s:g}s"]
            page_cache = result.judged.run.page_cache
        case Comparison():
            words = _comparing(result)
            page_cache = result.sides[0].page_cache
        case _:
            words = ["bill", _named(result.bill.workload)]
            page_cache = result.page_cache
    words += ["--page-cache", "cold"] if page_cache == "cold" else []
    return f"memtune {shlex.join(words)}"


def _capped(result: Study | ProfileResult | SoakResult) -> list[str]:
    return [_named(result.workload), "--cap", _exactly(result.cap_bytes)]


def _set(items: Sequence[tuple[str, object]]) -> list[str]:
    return [word for name, value in items for word in ("--set", f"{name}={value}")]


def _comparing(result: Comparison) -> list[str]:
    labels = [one.label for one in result.sides]
    forms = {word.form for word in parse(labels)}
    words = ["compare", *labels]
    words += ["--workload", _named(result.workload)] if forms & {*OF_A_WORKLOAD} else []
    if all(form.is_stored for form in forms):
        return words
    caps = {one.cap_bytes for one in result.sides}
    words += ["--cap", _exactly(caps.pop())] if len(caps) == 1 else []
    words += ["--runs", str(len(result.sides[-1].trial.runs))]
    words += ["--explain"] if result.explained else []
    return words + (["--impact"] if result.reductions else [])


def _named(workload: str) -> str:
    return workload if workload in BUILT_IN else "FILE"


def _exactly(cap_bytes: int) -> str:
    return f"{cap_bytes // MIB}MiB" if cap_bytes % MIB == 0 else f"{cap_bytes}B"
