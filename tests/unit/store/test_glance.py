"""The ids that a shell is offered: those of the store, which is only looked at."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from memtune.model import (
    Environment,
    Measurement,
    Outcome,
    Ruling,
    Run,
    Settings,
    Verdict,
)
from memtune.model.stored import Result
from memtune.store import Store, glance
from memtune.store.glance import Known
from memtune.store.tables import FILE

ENVIRONMENT = Environment("6.1", "v2", "x86_64", 2, "fake", "host", ())


def stored(directory: Path) -> tuple[str, str]:
    """A finished study with two runs that decide and one that does not, and an unfinished one."""
    with closing(Store(directory)) as store:
        first, second = (
            store.open_study(None, command, "demo", ENVIRONMENT, "1.2.3.4", lambda owner: False)[0]
            for command in ("profile", "recommend")
        )
        store.save(first, run("run-ab1"), Verdict(Ruling.PASS, ()), "decides")
        store.save(first, run("run-ab2"), Verdict(Ruling.FAIL, ()), "decides")
        store.save(first, run("run-cd3"), None, "warms the page cache")
        store.finish(first, result=Result("pass", "needs 98.8 MiB", "{}"))
    return first, second


def run(identity: str) -> Run:
    return Run(
        id=identity,
        workload="demo",
        settings=Settings.of({"workers": 1}),
        cap_bytes=2**29,
        executor="fake",
        outcome=Outcome.COMPLETED,
        exit_status=0,
        measurement=Measurement(),
        output=(),
        stdout_tail="",
        stderr_tail="",
        reason="ended by itself",
        warnings=(),
        started_at="2024-01-01T00:00:00+00:00",
    )


def test_studies_and_runs_are_told_with_what_they_were(tmp_path: Path) -> None:
    first, second = stored(tmp_path)

    assert glance.studies(tmp_path) == [
        Known(second, "recommend", "demo", "", ""),
        Known(first, "profile", "demo", "pass", "needs 98.8 MiB"),
    ]
    assert glance.runs(tmp_path, "") == [
        Known("run-ab2", "profile", "demo", "fail", first),
        Known("run-ab1", "profile", "demo", "pass", first),
    ]
    assert [one.id for one in glance.runs(tmp_path, "run-ab1")] == ["run-ab1"]


def test_a_glance_makes_and_changes_nothing(tmp_path: Path) -> None:
    assert glance.studies(tmp_path / "nowhere") == []
    assert list(tmp_path.iterdir()) == []

    stored(tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert glance.studies(tmp_path)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_store_has_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)

    assert glance.studies(tmp_path) == []
    assert glance.runs(tmp_path, "") == []


def test_a_store_of_another_format_has_none(tmp_path: Path) -> None:
    stored(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("pragma user_version = 99")

    assert glance.studies(tmp_path) == []


def test_a_pipe_in_its_place_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE)

    assert glance.studies(tmp_path) == []


def test_a_store_that_another_process_writes_is_not_waited_for(tmp_path: Path) -> None:
    stored(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("begin exclusive")
        begun = time.monotonic()

        found = glance.studies(tmp_path)

    assert found == []
    assert time.monotonic() - begun < 2


def test_a_store_that_never_ends_is_left(tmp_path: Path) -> None:
    stored(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.executescript(
            "drop table result; create view result as with recursive endless(id) as"
            " (select 1 union all select id + 1 from endless)"
            " select id, '' as ruling, '' as says from endless;"
        )
    begun = time.monotonic()

    assert glance.studies(tmp_path) == []
    assert time.monotonic() - begun < 2
