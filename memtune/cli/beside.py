"""What a page shows beside its result: runs of the store, flame graphs, and the command as it was
typed."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from memtune.compare import differences
from memtune.export.deployment import lines_of
from memtune.measure.timeline import thinned
from memtune.model import Judged, OnFront, ProfileResult, Study
from memtune.model.comparison import Compared, Comparison
from memtune.report.html.page import Result, shown
from memtune.report.html.sections import Beside
from memtune.report.html.timelines import wanted
from memtune.search.front import passing
from memtune.search.step import Tried
from memtune.trial import as_trial

if TYPE_CHECKING:
    from memtune.store import Store

MOST_MOMENTS = 600
"""Of one line: more than a screen has columns to tell apart."""


def beside(result: Result, store: "Store", directory: Path) -> Beside:
    """Return what the page of a result shows, where it stands in that directory.

    Raises StoreError.
    """
    found = Beside(command=store.line(_study(result)))
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


def _study(result: Result) -> str:
    return result.id if isinstance(result, Study) else result.study


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
