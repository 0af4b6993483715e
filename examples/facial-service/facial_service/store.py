"""The people that are registered, in SQLite: what was acknowledged is on disk.

Not for finding who somebody is, and not for photographs, which are not kept.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SCHEMA_VERSION = 1

SCHEMA = """
CREATE TABLE IF NOT EXISTS people (
    version INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    encoding BLOB NOT NULL,
    registered_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
"""
"""A new registration of the same id gets a new version, and no version is used twice: whoever
keeps an encoding under its version never keeps one that is out of date."""

BUSY_S = 5.0
"""How long a writer waits for the writer of another worker."""


class Store:
    """One connection a process, opened after the fork, used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Make the database if it is not there; sqlite3.Error if it cannot be used."""
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._pid = 0
        with self._open() as connection:
            _migrate(connection, path)
        self.close()

    def close(self) -> None:
        """Close the connection: one that is inherited through a fork must not be used."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def register(self, user: str, encoding: bytes) -> None:
        """Keep the encoding, in place of an earlier one; on disk when this returns."""
        with self._open() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO people (id, encoding) VALUES (?, ?)", (user, encoding)
            )

    def delete(self, user: str) -> bool:
        """Forget the person; return whether there was one."""
        with self._open() as connection:
            return connection.execute("DELETE FROM people WHERE id = ?", (user,)).rowcount > 0

    def people(self) -> list[tuple[int, str]]:
        """Return version and id of everybody."""
        with self._open() as connection:
            return connection.execute("SELECT version, id FROM people").fetchall()

    def encodings(self, versions: Sequence[int]) -> dict[int, bytes]:
        """Return the encodings of those that are still there, by version."""
        marks = ",".join("?" * len(versions))
        query = f"SELECT version, encoding FROM people WHERE version IN ({marks})"
        with self._open() as connection:
            return dict(connection.execute(query, versions).fetchall())

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection; each statement is a transaction, committed when it returns."""
        with self._lock:
            if self._connection is None or self._pid != os.getpid():
                self._connection = _connect(self._path)
                self._pid = os.getpid()
            yield self._connection


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, BUSY_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    # FULL: the log is synced at each commit, so that a power cut loses nothing either.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -512")
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found > SCHEMA_VERSION:
        raise sqlite3.DatabaseError(
            f"{path} has version {found}, made by a newer release than this one"
        )
    connection.executescript(SCHEMA)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
