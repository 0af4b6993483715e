"""Studies, runs and captures on disk: SQLite under ``.memtune/``, every run committed
before the next one starts; the only file that knows the format."""

import gc
import json
import secrets
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from memtune.errors import StoreError
from memtune.files import write_whole
from memtune.model import Environment, Judged, Ruling, Run, Verdict
from memtune.model.stored import Left, Result, Row, Tried

FORMAT = 4
DIRECTORY = ".memtune"
_FILE = "memtune.sqlite3"
_RUN = TypeAdapter(Run)
_VERDICT = TypeAdapter(Verdict)
_ENVIRONMENT = TypeAdapter(Environment)
_TABLES = (
    """
create table study (
    id text primary key,
    key text,                   -- JSON of named parts, equal for sessions that may continue each
                                -- other; null: none may
    command text not null,
    workload text not null,
    environment text not null,  -- JSON of model.Environment
    owner text not null,        -- the process that works on it, or last did
    created_at text not null,
    finished_at text,           -- null while it may be resumed
    result integer references result(id)
)""",
    """
create table result (           -- of one command, for one study or for several
    id integer primary key,
    ruling text not null,
    says text not null,         -- the decisive figure, in words
    document blob not null,     -- JSON of report.json, compressed: it tells runs again
    screen blob not null,       -- as it was printed, compressed; empty where that was JSON
    look text not null          -- columns and colours of the screen
)""",
    """
create table run (
    id text primary key,
    study text not null references study(id),
    position integer not null,
    reason text not null,
    settings text not null,     -- these three are the run's and its verdict's, for lists
    ruling text,
    need real,
    run text not null,          -- JSON of model.Run
    verdict text                -- JSON of model.Verdict; null for runs that do not decide
)""",
    "create index run_by_study on run(study, position)",
    "create index run_by_settings on run(study, settings, ruling, need)",
)


class Store:
    """The studies of one project directory."""

    def __init__(self, directory: Path) -> None:
        """Open or create the store. Raises StoreError when that cannot be done."""
        self.directory = directory
        with _translated(directory):
            directory.mkdir(parents=True, exist_ok=True)
            (directory / ".gitignore").write_text("*\n")
            self._db = sqlite3.connect(directory / _FILE, timeout=30, isolation_level=None)
            try:
                self._migrate()
            except BaseException:
                self._db.close()
                raise

    @classmethod
    def exists(cls, directory: Path) -> bool:
        """Whether there is anything to open."""
        return (directory / _FILE).exists()

    def open_study(
        self,
        key: str | None,
        command: str,
        workload: str,
        environment: Environment,
        owner: str,
        lives: Callable[[str], bool],
    ) -> tuple[str, list[Judged]]:
        """Return the id and the judged runs of the unfinished study with this key, or a new one,
        which without a key no other session continues.

        ``owner`` names this process; a study whose owner still ``lives`` is left to it.
        """
        with _translated(self.directory):
            if (theirs := self._taken_over(key, owner, lives)) is not None:
                return theirs, self.judged(theirs)
            created = datetime.now(UTC)
            identity = f"{created:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
            self._db.execute(
                "insert into study values (?, ?, ?, ?, ?, ?, ?, null, null)",
                (
                    identity,
                    key,
                    command,
                    workload,
                    _ENVIRONMENT.dump_json(environment).decode(),
                    owner,
                    created.isoformat(timespec="seconds"),
                ),
            )
        return identity, []

    def _taken_over(self, key: str | None, owner: str, lives: Callable[[str], bool]) -> str | None:
        """Make the newest unfinished study with this key that nobody works on the owner's; of two
        processes one gets it."""
        with self._db:
            self._db.execute("begin immediate")
            rows = self._db.execute(
                "select id, owner from study where key = ? and finished_at is null"
                " order by rowid desc",
                (key,),
            ).fetchall()
            for identity, other in rows:
                if other == owner or not lives(other):
                    self._db.execute("update study set owner = ? where id = ?", (owner, identity))
                    return str(identity)
        return None

    def left(self, command: str, workload: str, lives: Callable[[str], bool]) -> list[Left]:
        """Return the unfinished studies with runs that nobody works on, the latest first; none
        from before one of the same command and workload was finished."""
        with _translated(self.directory):
            rows = self._db.execute(
                "select id, key, owner, (select count(*) from run where study = study.id) as runs"
                " from study where command = ?1 and workload = ?2 and key is not null"
                " and finished_at is null and runs > 0 and rowid > coalesce((select max(rowid)"
                " from study where command = ?1 and workload = ?2 and finished_at is not null), 0)"
                " order by rowid desc",
                (command, workload),
            ).fetchall()
            return [
                Left(identity, json.loads(key), runs)
                for identity, key, owner, runs in rows
                if not lives(owner)
            ]

    def save(self, study: str, run: Run, verdict: Verdict | None, reason: str) -> None:
        """Commit one run; it is on disk when this returns."""
        with _translated(self.directory):
            need = run.measurement.need
            self._db.execute(
                "insert into run select ?, ?, coalesce(max(position) + 1, 0), ?, ?, ?, ?, ?, ?"
                " from run where study = ?",
                (
                    run.id,
                    study,
                    reason,
                    str(run.settings),
                    None if verdict is None else verdict.ruling,
                    None if need is None else need.value,
                    _RUN.dump_json(run).decode(),
                    None if verdict is None else _VERDICT.dump_json(verdict).decode(),
                    study,
                ),
            )

    def judged(self, study: str) -> list[Judged]:
        """Return the judged runs of a study, in order."""
        with _translated(self.directory):
            rows = self._db.execute(
                "select run, verdict, reason from run"
                " where study = ? and verdict is not null order by position",
                (study,),
            ).fetchall()
            with _not_collecting():
                return [
                    Judged(_RUN.validate_json(run), _VERDICT.validate_json(verdict), reason)
                    for run, verdict, reason in rows
                ]

    def tried(self, study: str) -> list[Tried]:
        """Return what a study has tried so far, without reading its runs."""
        with _translated(self.directory):
            rows = self._db.execute(
                "select settings, count(*), sum(ruling = ?), min(need), max(need) from run"
                " where study = ? and ruling is not null group by settings order by min(rowid)",
                (Ruling.PASS, study),
            ).fetchall()
        return [Tried(*row) for row in rows]

    def run(self, identity: str) -> tuple[str, Judged | None] | None:
        """Return a run with the id of its study; None where there is none of this id. One that
        does not decide is not judged."""
        with _translated(self.directory):
            row = self._db.execute(
                "select study, run, verdict, reason from run where id = ?", (identity,)
            ).fetchone()
            if row is None or row[2] is None:
                return None if row is None else (row[0], None)
            study, run, verdict, reason = row
            judged = Judged(_RUN.validate_json(run), _VERDICT.validate_json(verdict), reason)
            return study, judged

    def environment(self, study: str) -> Environment:
        """Return where the runs of a study that exists were made."""
        with _translated(self.directory):
            (found,) = self._db.execute(
                "select environment from study where id = ?", (study,)
            ).fetchone()
            return _ENVIRONMENT.validate_json(found)

    def finish(self, *studies: str, result: Result | None = None) -> None:
        """Mark studies as complete: they will not be resumed. They share what was found."""
        with _translated(self.directory), self._db:
            self._db.execute("begin immediate")
            row = None
            if result is not None:
                document, screen = (
                    zlib.compress(text.encode("utf-8", "surrogatepass"))
                    for text in (result.document, result.screen)
                )
                row = self._db.execute(
                    "insert into result (ruling, says, document, screen, look)"
                    " values (?, ?, ?, ?, ?)",
                    (result.ruling, result.says, document, screen, result.look),
                ).lastrowid
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self._db.executemany(
                "update study set finished_at = ?, result = ? where id = ?",
                [(now, row, study) for study in studies],
            )

    def studies(self) -> list[Row]:
        """Return all studies, the latest first."""
        with _translated(self.directory):
            rows = self._db.execute(
                "select study.id, command, workload, created_at, owner, key is not null,"
                " finished_at is not null, (select count(*) from run where study = study.id),"
                " coalesce(ruling, ''), coalesce(says, '')"
                " from study left join result on study.result = result.id"
                " order by study.rowid desc"
            ).fetchall()
        return [Row(*row) for row in rows]

    def document(self, study: str) -> str | None:
        """Return what the command of a study found, as JSON; None where it found nothing."""
        return self._text("document", "study.id = ?", study)

    def screen(self, study: str, look: str) -> str | None:
        """Return what the command of a study printed; None where it printed otherwise."""
        return self._text("screen", "study.id = ? and look = ?", study, look)

    def _text(self, column: str, where: str, *values: str) -> str | None:
        with _translated(self.directory):
            row = self._db.execute(
                f"select {column} from result join study on study.result = result.id where {where}",
                values,
            ).fetchone()
            return None if row is None else zlib.decompress(row[0]).decode("utf-8", "surrogatepass")

    def captures(self, study: str) -> Path:
        """Make and return a directory for memray captures, writable from any container."""
        with _translated(self.directory):
            path = self.directory / "captures" / f"{study}-{secrets.token_hex(3)}"
            path.mkdir(parents=True)
            path.chmod(0o777)
            return path.absolute()

    def discard(self, captures: Path) -> None:
        """Remove a directory of captures that has been read."""
        shutil.rmtree(captures, ignore_errors=True)

    @property
    def reports(self) -> Path:
        """Directory of the reports."""
        return self.directory / "reports"

    def write_report(self, name: str, text: str) -> Path:
        """Write a report whole or not at all, and return its path."""
        with _translated(self.directory):
            path = self.reports / name
            path.parent.mkdir(exist_ok=True)
            write_whole(path, text.encode("utf-8", "replace"))
            return path

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def _migrate(self) -> None:
        """Make the tables in a new file; of two processes that find it new, one makes them.

        SQLite's default journal is kept: the change to another one does not wait for locks.
        """
        self._db.execute("pragma synchronous=full")
        self._db.execute("begin immediate")
        (found,) = self._db.execute("pragma user_version").fetchone()
        if found == 0:
            for statement in _TABLES:
                self._db.execute(statement)
            self._db.execute(f"pragma user_version = {FORMAT}")
        self._db.execute("commit")
        if found not in (0, FORMAT):
            raise StoreError(
                f"{self.directory / _FILE} has format {found}; this memtune reads {FORMAT}",
                hint="use the memtune that wrote it, or move the file away",
            )


def study_key(parts: Mapping[str, str]) -> str:
    """Return a text that is equal for equal parts, each with its name."""
    return json.dumps(parts, sort_keys=True)


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


@contextmanager
def _translated(directory: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"{directory}: {error}",
            hint="is the disk full, or the directory not writable? "
            "If the file is damaged, move it away",
        ) from error
    except (ValueError, zlib.error) as error:
        raise StoreError(
            f"{directory}: a stored run cannot be read: {str(error).splitlines()[0]}",
            hint="it was written by another memtune; move the directory away",
        ) from error
