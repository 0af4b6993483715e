import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from facial_service.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "below" / "faces.sqlite3"


def test_what_is_registered_is_there_after_reopening(path: Path) -> None:
    Store(path).register("ann", b"1")

    reopened = Store(path)

    ((version, user),) = reopened.people()
    assert user == "ann"
    assert reopened.encodings([version]) == {version: b"1"}


def test_registering_again_replaces_under_a_new_version(path: Path) -> None:
    store = Store(path)
    store.register("ann", b"1")
    ((first, _),) = store.people()

    store.register("ann", b"2")

    ((second, _),) = store.people()
    assert second > first
    assert store.encodings([first, second]) == {second: b"2"}


def test_version_of_a_deleted_person_is_never_used_again(path: Path) -> None:
    store = Store(path)
    store.register("ann", b"1")
    ((first, _),) = store.people()

    assert store.delete("ann")
    assert not store.delete("ann")
    store.register("ann", b"2")

    assert store.people()[0][0] > first


def test_threads_and_forked_workers_lose_no_registration(path: Path) -> None:
    store = Store(path)

    def register_ten(who: str) -> None:
        for number in range(10):
            store.register(f"{who}{number}", b"x")

    children = []
    for child in range(2):
        if (pid := os.fork()) == 0:
            register_ten(f"child{child}-")
            os._exit(0)
        children.append(pid)
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(register_ten, ["a", "b", "c"]))
    statuses = [os.waitpid(pid, 0)[1] for pid in children]

    assert statuses == [0, 0]
    assert len(store.people()) == 50


def test_commits_are_synced_to_disk(path: Path) -> None:
    with Store(path)._open() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_database_of_a_newer_release_is_left_alone(path: Path) -> None:
    Store(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 2")

    with pytest.raises(sqlite3.DatabaseError, match="newer release"):
        Store(path)
