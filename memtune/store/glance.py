"""The ids of studies and runs, told at a glance for a shell that waits: nothing is written, made or
waited for, and a store that cannot be read has none. Nothing here raises."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memtune.store.tables import FILE, FORMAT

MOST = 200
"""Ids, the latest, that are told."""
DEADLINE_S = 0.1
_STEPS = 1000
"""Of SQLite's machine, between two looks at the clock."""
_LAST = "\U0010ffff"


@dataclass(frozen=True)
class Known:
    """A study or a run, and what it was."""

    id: str
    command: str
    workload: str
    ruling: str
    """Empty where there is no result."""
    says: str
    """The decisive figure of a study, in words; the study of a run."""


def studies(directory: Path) -> list[Known]:
    """Return the studies of a store, the latest first."""
    return _known(
        directory,
        "select study.id, command, workload, coalesce(ruling, ''), coalesce(says, '')"
        " from study left join result on study.result = result.id"
        " order by study.rowid desc limit ?",
        (MOST,),
    )


def runs(directory: Path, beginning: str) -> list[Known]:
    """Return the runs of a store that decide and whose ids begin so, the latest first."""
    return _known(
        directory,
        "select run.id, command, workload, ruling, run.study"
        " from run join lesson using (number) join study on study.id = run.study"
        " where run.id >= ? and run.id < ? order by number desc limit ?",
        (beginning, beginning + _LAST, MOST),
    )


def _known(directory: Path, query: str, values: Sequence[Any]) -> list[Known]:
    path = directory.absolute() / FILE
    if not path.is_file():
        return []
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=DEADLINE_S)) as db,
    ):
        end = time.monotonic() + DEADLINE_S
        db.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        if db.execute("pragma user_version").fetchone() == (FORMAT,):
            return [Known(*map(str, row)) for row in db.execute(query, values)]
    return []
