"""Studies and runs on disk: nothing that was committed is lost, whatever happens."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from memtune.errors import ExitCode, StoreError
from memtune.model import (
    Bias,
    Cause,
    Environment,
    Figure,
    Finding,
    Judged,
    Measurement,
    Outcome,
    Ruling,
    Run,
    Settings,
    Unit,
    Verdict,
)
from memtune.model.stored import Left, Result, Tried
from memtune.store import FORMAT, Store, study_key

OWNER = "1.2.3.4"
ENVIRONMENT = Environment("6.1", "v2", "x86_64", 2, "fake", "host", (("memtune", "0.1.0"),))
VERDICT = Verdict(
    Ruling.FAIL,
    (
        Finding("outcome", Ruling.PASS, "completed", "completed"),
        Finding("faces", Ruling.FAIL, "4", "at least 5", Cause.FUNCTION, "1 too little"),
    ),
)
RUN = Run(
    id="run-1",
    workload="demo",
    settings=Settings((("heap", 128), ("ratio", 0.5), ("whole", 1.0), ("mode", "5"))),
    cap_bytes=512 * 1024**2,
    executor="fake",
    outcome=Outcome.COMPLETED,
    exit_status=0,
    measurement=Measurement(
        need=Figure(123456789, Unit.BYTES, "cgroup", Bias.LOWER_BOUND),
        duration=Figure(0.1, Unit.SECONDS, "clock"),
    ),
    output=(("faces", 5), ("rate", 0.1), ("whole", 2.0), ("word", "7"), ("big", 2**80)),
    stdout_tail="text\nwith \x00 and é and 😀 and \ufffd\n",
    stderr_tail="",
    reason="ended by itself",
    warnings=("one", "two"),
    started_at="2024-01-01T00:00:00+00:00",
)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / ".memtune"


@pytest.fixture
def store(directory: Path) -> Iterator[Store]:
    with closing(Store(directory)) as opened:
        yield opened


def nobody_lives(owner: str) -> bool:
    return False


def begun(store: Store, key: str = "key") -> str:
    return store.open_study(key, "recommend", "demo", ENVIRONMENT, OWNER, nobody_lives)[0]


def run(number: int) -> Run:
    return replace(RUN, id=f"run-{number}")


def kept(directory: Path, key: str = "key") -> list[str]:
    """The ids of the judged runs that a new process would continue with."""
    with closing(Store(directory)) as opened:
        study, runs = opened.open_study(key, "recommend", "demo", ENVIRONMENT, OWNER, nobody_lives)
        found = [judged.run.id for judged in opened.judged(study)]
    assert len(found) == runs
    return found


# What comes back


def test_runs_and_verdicts_come_back_equal_to_the_type(directory: Path) -> None:
    with closing(Store(directory)) as first:
        study = begun(first)
        first.save(study, RUN, VERDICT, "because")

    with closing(Store(directory)) as second:
        again, runs = second.open_study(
            "key", "recommend", "demo", ENVIRONMENT, OWNER, nobody_lives
        )
        earlier = second.judged(again)

    assert (again, runs) == (study, 1)
    assert earlier == [Judged(RUN, VERDICT, "because")]
    values = [value for _, value in (*earlier[0].run.settings, *earlier[0].run.output)]
    assert [type(value) for value in values] == [
        int,
        float,
        float,
        str,
        int,
        float,
        float,
        str,
        int,
    ]
    assert earlier[0].verdict.cause is Cause.FUNCTION


def test_a_study_keeps_the_command_of_the_last_session_that_worked_on_it(directory: Path) -> None:
    with closing(Store(directory)) as store:
        asked = ("key", "recommend", "demo", ENVIRONMENT, OWNER, nobody_lives)
        study, _ = store.open_study(*asked, line="memtune recommend demo")
        first = store.line(study)
        again, _ = store.open_study(*asked, line="memtune recommend ./demo.yaml -j 2")

        assert (first, again) == ("memtune recommend demo", study)
        assert store.line(study) == "memtune recommend ./demo.yaml -j 2"
        assert store.line("another") == ""


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_comes_back(store: Store, outcome: Outcome) -> None:
    study = begun(store)
    bare = Run("run-9", "demo", Settings(), 1, "fake", outcome, None, Measurement())

    store.save(study, bare, Verdict(Ruling.INCONCLUSIVE, ()), "")

    assert store.judged(study)[0].run == bare


def test_every_figure_of_a_measurement_comes_back(store: Store) -> None:
    study = begun(store)
    full: dict[str, Any] = {
        field.name: Figure(position, Unit.BYTES, field.name)
        for position, field in enumerate(fields(Measurement))
        if "Figure" in str(field.type)
    }
    assert len(full) > 5

    store.save(study, replace(RUN, measurement=Measurement(**full)), VERDICT, "")

    assert store.judged(study)[0].run.measurement == Measurement(**full)


def test_runs_come_back_in_the_order_in_which_they_were_saved(store: Store) -> None:
    study = begun(store)

    for number in (5, 3, 9, 1):
        store.save(study, run(number), VERDICT, "")

    assert [judged.run.id for judged in store.judged(study)] == ["run-5", "run-3", "run-9", "run-1"]


def test_runs_without_a_verdict_are_stored_but_decide_nothing(store: Store) -> None:
    study = begun(store)

    store.save(study, run(1), None, "warms the page cache")
    store.save(study, run(2), VERDICT, "")

    assert [judged.run.id for judged in store.judged(study)] == ["run-2"]


def test_a_study_with_another_key_is_another_study(store: Store) -> None:
    first = begun(store, "a")
    store.save(first, RUN, VERDICT, "")

    second, earlier = store.open_study("b", "recommend", "demo", ENVIRONMENT, OWNER, nobody_lives)

    assert second != first
    assert earlier == 0


def test_a_finished_study_is_not_continued(directory: Path) -> None:
    with closing(Store(directory)) as first:
        study = begun(first)
        first.save(study, RUN, VERDICT, "")
        first.finish(study)

    assert kept(directory) == []


def test_a_study_without_a_key_is_continued_by_none(store: Store) -> None:
    first, _ = store.open_study(None, "profile", "demo", ENVIRONMENT, OWNER, nobody_lives)
    store.save(first, RUN, VERDICT, "")

    second, earlier = store.open_study(None, "profile", "demo", ENVIRONMENT, OWNER, nobody_lives)

    assert second != first
    assert earlier == 0


def test_a_result_is_kept_for_all_of_its_studies(directory: Path) -> None:
    result = Result("pass", "needs 1 MiB", '{"text": "é \\ud800"}')
    with closing(Store(directory)) as first:
        studies = [begun(first, "a"), begun(first, "b")]
        third = begun(first, "c")
        first.save(third, RUN, None, "")
        first.finish(*studies, result=result)

    with closing(Store(directory)) as second:
        assert [second.document(study) for study in studies] == [result.document] * 2
        assert second.document(third) is None
        rows = second.studies()

    assert [row.id for row in rows] == [third, *reversed(studies)]
    assert [(row.finished, row.says, row.runs) for row in rows] == [
        (False, "", 1),
        (True, "needs 1 MiB", 0),
        (True, "needs 1 MiB", 0),
    ]


def test_a_result_that_cannot_be_kept_finishes_nothing(directory: Path) -> None:
    with closing(Store(directory)) as store:
        study = begun(store)
        with closing(sqlite3.connect(directory / "memtune.sqlite3")) as db:
            db.execute(
                "create trigger full before update on study"
                " begin select raise(abort, 'disk is full'); end"
            )

        with pytest.raises(StoreError, match="disk is full"):
            store.finish(study, result=Result("pass", "", "{}"))

        # then neither half is there, and the store can be used
        assert store.document(study) is None
        store.save(study, RUN, VERDICT, "")
    with closing(sqlite3.connect(directory / "memtune.sqlite3")) as db:
        assert db.execute("select count(*) from result").fetchone() == (0,)


def test_a_damaged_result_is_told(directory: Path) -> None:
    with closing(Store(directory)) as store:
        study = begun(store)
        store.finish(study, result=Result("pass", "", "{}"))
        with closing(sqlite3.connect(directory / "memtune.sqlite3")) as db:
            db.execute("update result set document = x'00'")
            db.commit()

        with pytest.raises(StoreError, match="cannot be read"):
            store.document(study)


def test_a_run_is_stored_once(store: Store) -> None:
    study = begun(store)
    store.save(study, RUN, VERDICT, "")

    with pytest.raises(StoreError):
        store.save(study, RUN, VERDICT, "")

    assert len(store.judged(study)) == 1


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}, True),
        ({"a": "1"}, {"a": "2"}, False),
        ({"a": "1"}, {"b": "1"}, False),
        ({"a": "1"}, {"a": "1", "b": ""}, False),
        ({"a": "caf\udce9"}, {"a": "caf\udce9"}, True),
    ],
)
def test_a_key_is_equal_for_equal_parts_alone(
    a: dict[str, str], b: dict[str, str], equal: bool
) -> None:
    assert (study_key(a) == study_key(b)) is equal
    study_key(a).encode()


# What was left


def left_behind(store: Store, cap: str, owner: str = OWNER, command: str = "recommend") -> str:
    """An unfinished study with a run."""
    key = study_key({"cap": cap})
    study, _ = store.open_study(key, command, "demo", ENVIRONMENT, owner, nobody_lives)
    store.save(study, replace(RUN, id=f"run of {study}"), VERDICT, "")
    return study


def left(store: Store) -> list[str]:
    return [one.id for one in store.left("recommend", "demo", lambda owner: owner == "alive")]


def test_unfinished_studies_tell_what_they_depend_on(store: Store) -> None:
    first, second = left_behind(store, "1"), left_behind(store, "2")

    found = store.left("recommend", "demo", nobody_lives)

    assert found == [Left(second, {"cap": "2"}, 1), Left(first, {"cap": "1"}, 1)]


def test_a_study_is_not_left_that_lives_has_no_runs_or_is_another_commands(store: Store) -> None:
    left_behind(store, "1", owner="alive")
    left_behind(store, "2", command="floor")
    begun(store, study_key({"cap": "3"}))
    store.open_study(None, "recommend", "demo", ENVIRONMENT, OWNER, nobody_lives)

    assert left(store) == []


def test_what_was_tried_is_told_without_reading_runs(store: Store) -> None:
    study = begun(store)
    passed = Verdict(Ruling.PASS, ())
    other = replace(RUN, settings=Settings.of({"a": 1}), measurement=Measurement())
    for number, (one, verdict) in enumerate(
        [(RUN, VERDICT), (other, passed), (RUN, passed), (RUN, None)]
    ):
        store.save(study, replace(one, id=f"run-{number}"), verdict, "")

    assert store.tried(study) == [
        Tried(str(RUN.settings), 2, 1, 123456789.0, 123456789.0),
        Tried("a=1", 1, 1, None, None),
    ]


def test_nobody_misses_a_study_when_a_later_one_was_finished(store: Store) -> None:
    left_behind(store, "1")
    store.finish(left_behind(store, "2"))
    assert left(store) == []

    third = left_behind(store, "3")

    assert left(store) == [third]


def test_of_two_processes_that_find_a_study_one_continues_it(tmp_path: Path) -> None:
    """The second looks for it while the first makes it its own."""
    with closing(Store(tmp_path)) as one, closing(Store(tmp_path)) as two:
        study = begun(one)
        second: list[str] = []

        def lives(owner: str) -> bool:
            thread = Thread(target=lambda: second.append(theirs()))
            thread.start()
            thread.join(0.2)
            waiting.append(thread)
            return False

        def theirs() -> str:
            with closing(Store(tmp_path)) as own:
                return own.open_study(
                    "key", "recommend", "demo", ENVIRONMENT, "b", lambda owner: owner == "a"
                )[0]

        waiting: list[Thread] = []
        first, _ = two.open_study("key", "recommend", "demo", ENVIRONMENT, "a", lives)
        waiting[0].join(30)

    assert first == study
    assert second
    assert second != [study]


def test_a_study_that_another_living_memtune_works_on_is_left_to_it(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as one, closing(Store(tmp_path)) as two:
        theirs, _ = one.open_study("key", "recommend", "demo", ENVIRONMENT, "them", nobody_lives)

        beside, _ = two.open_study(
            "key", "recommend", "demo", ENVIRONMENT, "us", lambda owner: owner == "them"
        )
        after, _ = two.open_study("key", "recommend", "demo", ENVIRONMENT, "later", nobody_lives)

    assert beside != theirs
    assert after == beside  # the newest that nobody works on any more


# Killed, full, damaged

SAVER = """
import sys
from dataclasses import replace
from pathlib import Path
from memtune.store import Store
sys.path.insert(0, sys.argv[2])
from test_store import ENVIRONMENT, OWNER, RUN, VERDICT, nobody_lives

store = Store(Path(sys.argv[1]))
study, earlier = store.open_study("key", "recommend", "demo", ENVIRONMENT, OWNER, nobody_lives)
for number in range(100_000):
    run = replace(RUN, id=f"{sys.argv[3]}-{number}", stdout_tail="x" * int(sys.argv[4]))
    store.save(study, run, VERDICT, "")
    print(run.id, flush=True)
"""


def saver(directory: Path, name: str = "run", size: int = 60_000) -> subprocess.Popen[str]:
    """A process that saves runs until it is killed, and prints the id of each that is saved."""
    return subprocess.Popen(
        [sys.executable, "-c", SAVER, str(directory), str(Path(__file__).parent), name, str(size)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def heard(process: subprocess.Popen[str], lines: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(lines)]


def killed(process: subprocess.Popen[str]) -> list[str]:
    """Kill it in the middle of whatever it does; return what it had still said."""
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        assert process.stderr.read() == ""
        return process.stdout.read().split("\n")[:-1]  # the last may be cut short


@pytest.mark.parametrize("attempt", range(4))
def test_a_process_killed_while_it_saves_loses_no_committed_run(
    directory: Path, attempt: int
) -> None:
    # Given a process that saves one run after the other
    process = saver(directory)
    said = heard(process, 3)
    time.sleep(0.005 * attempt)

    # When it is killed with SIGKILL, twice
    said += killed(process)
    first = kept(directory)
    again = saver(directory, "again")
    more = heard(again, 2) + killed(again)

    # Then every run that it had told of is there, and the study goes on
    assert first[: len(said)] == said
    assert len(first) <= len(said) + 1  # the last may be saved and not yet told
    assert kept(directory)[: len(first)] == first
    assert set(more) <= set(kept(directory))


def test_two_processes_write_at_once_and_lose_nothing(directory: Path) -> None:
    with closing(Store(directory)) as opened:
        begun(opened)
    processes = [saver(directory, name, size=100) for name in ("a", "b")]

    said = [run for process in processes for run in heard(process, 10)]
    said += [run for process in processes for run in killed(process)]

    ids = kept(directory)
    assert set(said) <= set(ids)
    for name in ("a", "b"):
        mine = [int(run.split("-")[1]) for run in ids if run.startswith(name)]
        assert mine == list(range(len(mine)))


def test_processes_that_find_no_store_make_one_together(directory: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from memtune.store import Store\n"
        "print('ready', flush=True); sys.stdin.read(1); Store(Path(sys.argv[1])).close()"
    )
    for attempt in range(2):
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", code, str(directory / str(attempt))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(4)
        ]
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("!")
            process.stdin.flush()

        assert [process.communicate(timeout=60)[1] for process in processes] == [""] * 4
        assert [process.returncode for process in processes] == [0] * 4


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("no right to mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_is_told_and_the_earlier_runs_are_whole(small_disk: Path) -> None:
    with closing(Store(small_disk / ".memtune")) as store:
        study = begun(store)
        saved: list[str] = []

        with pytest.raises(StoreError) as caught:
            save_until_refused(store, study, saved)

        assert 3 < len(saved) < 1000
        assert "full" in caught.value.message
        assert "disk full" in caught.value.hint
        assert caught.value.exit_code is ExitCode.ENVIRONMENT
        assert [judged.run.id for judged in store.judged(study)] == saved


def save_until_refused(store: Store, study: str, saved: list[str]) -> None:
    for number in range(1000):
        store.save(study, replace(run(number), stdout_tail="x" * 60_000), VERDICT, "")
        saved.append(f"run-{number}")


def test_a_report_that_does_not_fit_leaves_the_old_one_and_no_rest(small_disk: Path) -> None:
    with closing(Store(small_disk / ".memtune")) as store:
        path = store.write_report("study.html", "the old one")

        with pytest.raises(StoreError):
            store.write_report("study.html", "x" * 2_000_000)

        assert path.read_text() == "the old one"
        assert os.listdir(path.parent) == ["study.html"]


LIMITED = """
import resource, sys
from dataclasses import replace
from pathlib import Path
from memtune.errors import StoreError
from memtune.store import Store
sys.path.insert(0, sys.argv[2])
from test_store import ENVIRONMENT, OWNER, RUN, VERDICT, nobody_lives

resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
store = Store(Path(sys.argv[1]))
study, _ = store.open_study("key", "recommend", "demo", ENVIRONMENT, OWNER, nobody_lives)
try:
    for number in range(1000):
        store.save(study, replace(RUN, id=f"run-{number}", stdout_tail="x" * 60_000), VERDICT, "")
        print(number)
except StoreError as error:
    print(error.hint)
"""


def test_a_file_that_may_not_grow_is_told_and_the_earlier_runs_are_whole(directory: Path) -> None:
    """The same without the right to mount: a limit on the size of files."""
    told = subprocess.run(
        [sys.executable, "-c", LIMITED, str(directory), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert "disk full" in told[-1]
    assert len(told) > 2
    assert kept(directory) == [f"run-{number}" for number in told[:-1]]


@pytest.mark.parametrize("content", [b"this is no database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_file_is_told_with_what_to_do(directory: Path, content: bytes) -> None:
    directory.mkdir()
    (directory / "memtune.sqlite3").write_bytes(content)

    with pytest.raises(StoreError) as caught:
        Store(directory)

    assert str(directory) in caught.value.message
    assert "move it away" in caught.value.hint


def test_a_run_that_cannot_be_read_is_told_with_what_to_do(directory: Path, store: Store) -> None:
    study = begun(store)
    store.save(study, RUN, VERDICT, "")
    with closing(sqlite3.connect(directory / "memtune.sqlite3")) as db:
        db.execute("update run set run = '{\"id\": 5}'")
        db.commit()

    with pytest.raises(StoreError) as caught:
        store.judged(study)

    assert "a stored run cannot be read" in caught.value.message
    assert "move the directory away" in caught.value.hint


@pytest.mark.parametrize("found", [FORMAT - 1, FORMAT + 1])
def test_another_format_is_refused_and_not_touched(directory: Path, found: int) -> None:
    Store(directory).close()
    with closing(sqlite3.connect(directory / "memtune.sqlite3")) as db:
        db.execute(f"pragma user_version = {found}")
    before = (directory / "memtune.sqlite3").read_bytes()

    with pytest.raises(StoreError) as caught:
        Store(directory)

    assert f"has format {found}; this memtune reads {FORMAT}" in caught.value.message
    assert caught.value.hint
    assert (directory / "memtune.sqlite3").read_bytes() == before


def test_a_file_in_the_place_of_the_directory_is_told(directory: Path) -> None:
    directory.write_text("in the way")

    with pytest.raises(StoreError) as caught:
        Store(directory)

    assert "File exists" in caught.value.message


READ_ONLY = """
import os, sys
from pathlib import Path
from memtune.errors import StoreError
from memtune.store import Store

if os.geteuid() == 0:
    os.setegid(65534), os.seteuid(65534)
try:
    Store(Path(sys.argv[1]))
except StoreError as error:
    print(error.message, "|", error.hint)
"""


@pytest.mark.parametrize("exists", [True, False])
def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path, exists: bool) -> None:
    project = tmp_path / "project"
    project.mkdir()
    if exists:
        Store(project / ".memtune").close()
        (project / ".memtune").chmod(0o555)
    project.chmod(0o555)
    for parent in [*tmp_path.parents[:2], tmp_path]:
        parent.chmod(0o755)

    told = subprocess.run(
        [sys.executable, "-c", READ_ONLY, str(project / ".memtune")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "Permission denied" in told
    assert "not writable" in told


# Files beside the database


def test_the_store_keeps_itself_out_of_git(directory: Path, store: Store) -> None:
    assert store.directory == directory
    assert (directory / ".gitignore").read_text() == "*\n"


def test_a_report_is_replaced_whole_and_leaves_nothing_beside_it(store: Store) -> None:
    first = store.write_report("study.html", "one é")
    second = store.write_report("study.html", "two")

    assert first == second
    assert second.read_text() == "two"
    assert os.listdir(second.parent) == ["study.html"]


def test_a_report_with_half_a_character_is_written_all_the_same(store: Store) -> None:
    assert store.write_report("study.html", "caf\udce9").read_text() == "caf?"


def test_captures_have_a_directory_of_their_own_that_any_user_can_write(store: Store) -> None:
    first, second = store.captures("study"), store.captures("study")

    assert first != second
    for path in (first, second):
        assert path.is_absolute()
        assert path.stat().st_mode & 0o777 == 0o777
