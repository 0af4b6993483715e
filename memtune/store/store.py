"""The studies of a project directory, their runs and results, and the files beside them."""

import json
import secrets
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from memtune.files import write_whole
from memtune.model import Environment, Judged, Run, Settings, SettingsTried, Verdict
from memtune.model.stored import Left, Lesson, Result, Row, Tried
from memtune.store import runs
from memtune.store.tables import FILE, connected, translated

_ENVIRONMENT = TypeAdapter(Environment)


class Store:
    """The studies of one project directory."""

    def __init__(self, directory: Path) -> None:
        """Open or create the store. Raises StoreError when that cannot be done."""
        self.directory = directory
        with translated(directory):
            directory.mkdir(parents=True, exist_ok=True)
            (directory / ".gitignore").write_text("*\n")
            self._db = connected(directory)

    @classmethod
    def exists(cls, directory: Path) -> bool:
        """Whether there is anything to open."""
        return (directory / FILE).exists()

    def open_study(
        self,
        key: str | None,
        command: str,
        workload: str,
        environment: Environment,
        owner: str,
        lives: Callable[[str], bool],
        line: str = "",
    ) -> tuple[str, int]:
        """Return the id of the unfinished study with this key, and how many runs that decide it
        has; or a new one, which without a key no other session continues.

        ``owner`` names this process; a study whose owner still ``lives`` is left to it. ``line`` is
        the command as it was typed, of the last session that worked on it.
        """
        with translated(self.directory):
            if (theirs := self._taken_over(key, owner, lives, line)) is not None:
                (decisive,) = self._db.execute(
                    "select count(*) from lesson where study = ?", (theirs,)
                ).fetchone()
                return theirs, decisive
            created = datetime.now(UTC)
            identity = f"{created:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
            self._db.execute(
                "insert into study values (?, ?, ?, ?, ?, ?, ?, ?, null, null)",
                (
                    identity,
                    key,
                    command,
                    line,
                    workload,
                    _ENVIRONMENT.dump_json(environment).decode(),
                    owner,
                    created.isoformat(timespec="seconds"),
                ),
            )
        return identity, 0

    def _taken_over(
        self, key: str | None, owner: str, lives: Callable[[str], bool], line: str
    ) -> str | None:
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
                    self._db.execute(
                        "update study set owner = ?, line = ? where id = ?",
                        (owner, line, identity),
                    )
                    return str(identity)
        return None

    def left(self, command: str, workload: str, lives: Callable[[str], bool]) -> list[Left]:
        """Return the unfinished studies with runs that nobody works on, the latest first; none
        from before one of the same command and workload was finished."""
        with translated(self.directory):
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
        """Commit one run; it is on disk when this returns. A finished study takes none."""
        with translated(self.directory), self._db:
            self._db.execute("begin immediate")
            runs.save(self._db, study, run, verdict, reason)

    def judged(
        self, study: str, settings: Settings | None = None, cap_bytes: int | None = None
    ) -> list[Judged]:
        """Return the judged runs of a study, in order; of one settings or cap, if it is named."""
        with translated(self.directory):
            return runs.judged(self._db, study, settings, cap_bytes)

    def lessons(self, study: str, cap_bytes: int) -> list[Lesson]:
        """Return what each judged run under this cap taught, in order, without reading the runs."""
        with translated(self.directory):
            return runs.lessons(self._db, study, cap_bytes)

    def searched(self, study: str, cap_bytes: int) -> tuple[SettingsTried, ...]:
        """Return the settings that a search has tried under this cap, in the order in which they
        were begun."""
        with translated(self.directory):
            return runs.searched(self._db, study, cap_bytes)

    def tried(self, study: str) -> list[Tried]:
        """Return what a study has tried so far, without reading its runs."""
        with translated(self.directory):
            return runs.tried(self._db, study)

    def told(self, study: str, cap_bytes: int) -> Iterator[str]:
        """Yield the judged runs under this cap as JSON of model.Judged, in order, few at a time."""
        with translated(self.directory):
            yield from runs.told(self._db, study, cap_bytes)

    def run(self, identity: str) -> tuple[str, Judged | None] | None:
        """Return a run with the id of its study; None where there is none of this id. One that
        does not decide is not judged."""
        with translated(self.directory):
            return runs.one(self._db, identity)

    def environment(self, study: str) -> Environment:
        """Return where the runs of a study that exists were made."""
        with translated(self.directory):
            (found,) = self._db.execute(
                "select environment from study where id = ?", (study,)
            ).fetchone()
            return _ENVIRONMENT.validate_json(found)

    def line(self, study: str) -> str:
        """Return the command of a study as it was typed; empty where that is not known."""
        with translated(self.directory):
            found = self._db.execute("select line from study where id = ?", (study,)).fetchone()
            return "" if found is None else str(found[0])

    def finish(self, *studies: str, result: Result | None = None) -> None:
        """Mark studies as complete: they will not be resumed. They share what was found."""
        with translated(self.directory), self._db:
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
        with translated(self.directory):
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
        with translated(self.directory):
            row = self._db.execute(
                f"select {column} from result join study on study.result = result.id where {where}",
                values,
            ).fetchone()
            return None if row is None else zlib.decompress(row[0]).decode("utf-8", "surrogatepass")

    def captures(self, study: str) -> Path:
        """Make and return a directory for memray captures, writable from any container."""
        with translated(self.directory):
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
        with translated(self.directory):
            path = self.reports / name
            path.parent.mkdir(exist_ok=True)
            write_whole(path, text.encode("utf-8", "replace"))
            return path

    def close(self) -> None:
        """Close the database."""
        self._db.close()


def study_key(parts: Mapping[str, str]) -> str:
    """Return a text that is equal for equal parts, each with its name."""
    return json.dumps(parts, sort_keys=True)
