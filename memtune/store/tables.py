"""The tables, made once and refused where another memtune made them, and what SQLite says where
they cannot be read or written."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from memtune.errors import StoreError

FORMAT = 6
DIRECTORY = ".memtune"
FILE = "memtune.sqlite3"
_TABLES = (
    """
create table study (
    id text primary key,
    key text,                   -- JSON of named parts, equal for sessions that may continue each
                                -- other; null: none may
    command text not null,
    line text not null,         -- the command with all its words, as it was typed; empty where
                                -- nobody typed one
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
    document blob not null,     -- JSON of report.json.kept, compressed
    screen blob not null,       -- as it was printed, compressed; empty where that was JSON
    look text not null          -- columns and colours of the screen
)""",
    """
create table run (
    number integer primary key, -- in the order in which they were saved
    id text not null unique,
    study text not null references study(id),
    reason text not null,
    run text not null,          -- JSON of model.Run
    verdict text                -- JSON of model.Verdict; null for runs that do not decide
)""",
    "create index run_by_study on run(study)",
    """
create table lesson (           -- what lists and the search need of each run that decides, so that
    study text not null,        -- a long study is opened without its runs
    number integer not null references run(number),
    settings text not null,     -- JSON of model.Settings
    cap_bytes integer not null,
    ruling text not null,
    cause text,                 -- null where it passed
    need real,                  -- bytes; null where it was not measured
    speed real,                 -- work per second; null where it did not complete
    primary key (study, number)
) without rowid""",
    # `show --json` reads the runs of a finished study again: they have to be those of its result
    """
create trigger finished before insert on run
when (select finished_at from study where id = new.study) is not null
begin select raise(abort, 'a finished study takes no more runs'); end""",
)


def connected(directory: Path) -> sqlite3.Connection:
    """Open or make the database of a directory. Raises StoreError for another format, and what
    ``translated`` translates."""
    db = sqlite3.connect(directory / FILE, timeout=30, isolation_level=None)
    try:
        _make(db, directory)
    except BaseException:
        db.close()
        raise
    return db


def _make(db: sqlite3.Connection, directory: Path) -> None:
    """Make the tables in a new file; of two processes that find it new, one makes them.

    SQLite's default journal is kept: the change to another one does not wait for locks.
    """
    db.execute("pragma synchronous=full")
    db.execute("begin immediate")
    (found,) = db.execute("pragma user_version").fetchone()
    if found == 0:
        for statement in _TABLES:
            db.execute(statement)
        db.execute(f"pragma user_version = {FORMAT}")
    db.execute("commit")
    if found not in (0, FORMAT):
        raise StoreError(
            f"{directory / FILE} has format {found}; this memtune reads {FORMAT}",
            hint="use the memtune that wrote it, or move the file away",
        )


@contextmanager
def translated(directory: Path) -> Iterator[None]:
    """Raise StoreError for what the disk, the database or a damaged row raises."""
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
