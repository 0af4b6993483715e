"""``memtune studies``: what is kept of earlier sessions."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.options import JsonOption
from memtune.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memtune.model.stored import Listed, Unfinished

NONE_YET = "`memtune recommend WORKLOAD` makes one; studies lie in .memtune where it is executed"


@app.command(
    short_help="What was executed in this directory.",
    epilog=examples(
        "memtune studies",
        "memtune studies --json",
    ),
)
def studies(as_json: JsonOption = False) -> None:
    """List the studies of this directory, the latest first.

    `memtune show STUDY` prints the result of one again; one that can be resumed is continued by
    the command that began it.
    """
    from memtune.cli.output import present
    from memtune.model.stored import Studies
    from memtune.report.console.studies import render

    found = Studies(tuple(listed()))
    present("studies", found, lambda console: render(console, found), as_json=as_json)


def listed() -> "list[Listed]":
    """Return the studies of this directory, the latest first. Raises StoreError."""
    from memtune.execute.owner import lives
    from memtune.model.stored import Listed, Row, State
    from memtune.store import DIRECTORY, Store

    def state(row: Row) -> State:
        if row.finished:
            return State.FINISHED
        if lives(row.owner):
            return State.RUNNING
        return State.RESUMABLE if row.continues else State.INTERRUPTED

    if not Store.exists(Path(DIRECTORY)):
        return []
    with closing(Store(Path(DIRECTORY))) as store:
        rows = store.studies()
    return [
        Listed(
            id=row.id,
            command=row.command,
            workload=row.workload,
            started_at=row.created_at,
            state=state(row),
            runs=row.runs,
            ruling=row.ruling,
            says=row.says,
        )
        for row in rows
    ]


def document(study: str | None, command: str = "") -> str:
    """Return the JSON of a study's result: of the last one, where none is named. ``command`` is
    the only one whose studies are meant.

    Raises UsageError where there is none, and StoreError.
    """
    from memtune.store import DIRECTORY, Store

    one = chosen(study, command)
    with closing(Store(Path(DIRECTORY))) as store:
        text = store.document(one.id)
    if text is None:
        raise _no_result(one)
    return text


def chosen(study: str | None, command: str = "") -> "Listed":
    """Return the study of that name, or the last one; see ``document``."""
    known = listed()
    return _last(known, command) if study is None else _named(study, known)


def printed(study: str | None, look: str) -> str | None:
    """Return the screen of a study's result, where it was printed with this look.

    Raises UsageError where there is no such study, and StoreError.
    """
    from memtune.store import DIRECTORY, Store

    one = chosen(study)
    with closing(Store(Path(DIRECTORY))) as store:
        return store.screen(one.id, look)


def unfinished(study: str | None) -> "Unfinished | None":
    """Return what a study without a result has tried; None where it has a result or no runs.

    Raises UsageError where there is no such study, and StoreError.
    """
    from memtune.model.stored import Unfinished
    from memtune.store import DIRECTORY, Store

    one = chosen(study)
    if one.ruling:
        return None
    with closing(Store(Path(DIRECTORY))) as store:
        tried = store.tried(one.id)
    return Unfinished(one, tuple(tried)) if tried else None


def _last(known: "Sequence[Listed]", command: str) -> "Listed":
    found = [one for one in known if one.ruling and command in ("", one.command)]
    if not found:
        what = f"no finished {command}" if command else "no finished study"
        raise UsageError(f"there is {what} in .memtune", hint=NONE_YET)
    return found[0]


def _named(study: str, known: "Sequence[Listed]") -> "Listed":
    for one in known:
        if one.id == study:
            return one
    close = did_you_mean(study, [one.id for one in known])
    hint = close if close.startswith("did") else "`memtune studies` lists them"
    raise UsageError(f"there is no study {study!r} in .memtune", hint=hint if known else NONE_YET)


def _no_result(one: "Listed") -> UsageError:
    from memtune.model.stored import State

    hints = {
        State.FINISHED: f"`memtune {one.command}` leaves nothing to be printed again",
        State.RUNNING: "wait until it is finished",
        State.RESUMABLE: f"execute the same `memtune {one.command}` again: it continues",
        State.INTERRUPTED: f"execute the same `memtune {one.command}` again",
    }
    runs = f"{one.runs} run{'s' * (one.runs != 1)}"
    return UsageError(
        f"the {one.command} {one.id} has no result: {one.state}, {runs}", hint=hints[one.state]
    )
