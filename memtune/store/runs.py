"""Runs as rows: whole, as JSON of their types, and beside it what is read of very many."""

import gc
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import TypeAdapter

from memtune.model import Cause, Judged, Ruling, Run, Settings, SettingsTried, Verdict
from memtune.model.stored import Lesson, Tried

_RUN = TypeAdapter(Run)
_VERDICT = TypeAdapter(Verdict)
_SETTINGS = TypeAdapter(Settings)
_AT_ONCE = 500
"""Rows that are read at once: who waits between two reads keeps no other process from writing."""


def save(
    db: sqlite3.Connection, study: str, run: Run, verdict: Verdict | None, reason: str
) -> None:
    """Insert one run, and what it taught if it decides; in the caller's transaction."""
    number = db.execute(
        "insert into run (id, study, reason, run, verdict) values (?, ?, ?, ?, ?)",
        (
            run.id,
            study,
            reason,
            _RUN.dump_json(run).decode(),
            None if verdict is None else _VERDICT.dump_json(verdict).decode(),
        ),
    ).lastrowid
    if verdict is None:
        return
    need = run.measurement.need
    db.execute(
        "insert into lesson values (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            study,
            number,
            _text(run.settings),
            run.cap_bytes,
            verdict.ruling,
            verdict.cause,
            None if need is None else need.value,
            None if run.speed is None else run.speed.value,
        ),
    )


def judged(
    db: sqlite3.Connection,
    study: str,
    settings: Settings | None = None,
    cap_bytes: int | None = None,
) -> list[Judged]:
    """Return the judged runs of a study, in order; of one settings or cap, if it is named."""
    asked = {"settings": None if settings is None else _text(settings), "cap_bytes": cap_bytes}
    named = {column: value for column, value in asked.items() if value is not None}
    where = "".join(f" and lesson.{column} = ?" for column in named)
    rows = db.execute(
        "select run, verdict, reason from lesson join run using (number)"
        f" where lesson.study = ?{where} order by number",
        (study, *named.values()),
    ).fetchall()
    with _not_collecting():
        return [_judged(*row) for row in rows]


def one(db: sqlite3.Connection, identity: str) -> tuple[str, Judged | None] | None:
    """Return a run with the id of its study; see ``Store.run``."""
    row = db.execute(
        "select study, run, verdict, reason from run where id = ?", (identity,)
    ).fetchone()
    if row is None:
        return None
    study, run, verdict, reason = row
    return study, None if verdict is None else _judged(run, verdict, reason)


def lessons(db: sqlite3.Connection, study: str, cap_bytes: int) -> list[Lesson]:
    """Return what each judged run under this cap taught, in order."""
    rows = db.execute(
        "select settings, cause, need, speed from lesson where study = ? and cap_bytes = ?"
        " order by number",
        (study, cap_bytes),
    ).fetchall()
    with _not_collecting():
        known = {text: _SETTINGS.validate_json(text) for text in {text for text, *_ in rows}}
        return [
            Lesson(known[text], cause and Cause(cause), need, speed)
            for text, cause, need, speed in rows
        ]


def searched(db: sqlite3.Connection, study: str, cap_bytes: int) -> tuple[SettingsTried, ...]:
    """Return the settings that were tried under this cap, in the order in which they were begun."""
    rows = db.execute(
        "with tried as (select count(*) as runs, min(number) as first,"
        " min(case when ruling <> ? then number end) as missed"
        " from lesson where study = ? and cap_bytes = ? group by settings)"
        " select settings, runs, first.reason, lesson.ruling, need, worst.verdict from tried"
        " join run as first on first.number = tried.first"
        " join run as worst on worst.number = coalesce(missed, tried.first)"
        " join lesson on lesson.study = ? and lesson.number = worst.number"
        " order by tried.first",
        (Ruling.PASS, study, cap_bytes, study),
    ).fetchall()
    return tuple(
        SettingsTried(
            settings=_SETTINGS.validate_json(settings),
            runs=runs,
            reason=reason,
            ruling=Ruling(ruling),
            need_bytes=need,
            decisive=_VERDICT.validate_json(verdict).decisive,
        )
        for settings, runs, reason, ruling, need, verdict in rows
    )


def tried(db: sqlite3.Connection, study: str) -> list[Tried]:
    """Return what a study has tried so far under any cap."""
    rows = db.execute(
        "select settings, count(*), sum(ruling = ?), min(need), max(need) from lesson"
        " where study = ? group by settings order by min(number)",
        (Ruling.PASS, study),
    ).fetchall()
    return [Tried(str(_SETTINGS.validate_json(settings)), *more) for settings, *more in rows]


def told(db: sqlite3.Connection, study: str, cap_bytes: int) -> Iterator[str]:
    """Yield each judged run under this cap as JSON of model.Judged, in order."""
    last = 0
    while rows := db.execute(
        "select number, run, verdict, reason from lesson join run using (number)"
        " where lesson.study = ? and cap_bytes = ? and number > ? order by number limit ?",
        (study, cap_bytes, last, _AT_ONCE),
    ).fetchall():
        last = rows[-1][0]
        for _, run, verdict, reason in rows:
            yield f'{{"run": {run}, "verdict": {verdict}, "reason": {json.dumps(reason)}}}'


def _text(settings: Settings) -> str:
    return _SETTINGS.dump_json(settings).decode()


def _judged(run: str, verdict: str, reason: str) -> Judged:
    return Judged(_RUN.validate_json(run), _VERDICT.validate_json(verdict), reason)


@contextmanager
def _not_collecting() -> Iterator[None]:
    """Where much is made and nothing thrown away, the collector looks through all of it again and
    again: more than half of the time for 100,000 runs."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
