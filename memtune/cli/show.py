"""``memtune show``: the result of an earlier session, as it was printed."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.cli.options import JsonOption
from memtune.cli.words import studies
from memtune.errors import StoreError

if TYPE_CHECKING:
    from rich.console import Console

    Screen = tuple[type[Any], Callable[[Console, Any, dict[str, Any]], None]]


@app.command(
    short_help="The result of an earlier study, as it was printed.",
    epilog=examples(
        "memtune show",
        "memtune show 20260101-120000-abcdef --json",
    ),
)
def show(
    study: Annotated[
        str | None,
        typer.Argument(
            metavar="STUDY",
            help="As `memtune studies` lists it; the last, if none.",
            autocompletion=studies,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the result of a study again, as its command did; of one without a result, what it has
    tried.

    Ends with 0, whatever the result says.
    """
    from memtune.cli.output import emit, emit_json, look, present, screen
    from memtune.cli.studies import document, printed, unfinished
    from memtune.report.console.unfinished import render as render_unfinished

    if (begun := unfinished(study)) is not None:
        present("show", begun, lambda console: render_unfinished(console, begun), as_json=as_json)
        return
    if as_json:
        emit_json(json.loads(document(study)))
        return
    if (shown := printed(study, look())) is not None:
        emit(shown)
        return
    kept = json.loads(document(study))
    result, render = read(kept)
    emit(screen(lambda console: render(console, result, kept)))


def read(kept: dict[str, Any]) -> "tuple[Any, Callable[[Console, Any, dict[str, Any]], None]]":
    """Return a result that was kept, and what shows it. Raises StoreError for another form."""
    from memtune.report.json import loaded

    kind, render = screens()[kept["command"]]
    try:
        return loaded(kind, kept), render
    except ValueError as error:
        raise StoreError(
            f"memtune {kept['memtune']} wrote this result; this one reads it otherwise",
            hint="`memtune show --json` prints it as it is",
        ) from error


def screens() -> "dict[str, Screen]":
    """What each command shows, and how."""
    from memtune.export.deployment import lines_of
    from memtune.model import (
        BaselineResult,
        Floor,
        GateResult,
        Preflight,
        ProfileResult,
        Study,
    )
    from memtune.model.bill import BillResult
    from memtune.model.comparison import Comparison
    from memtune.model.soak import SoakResult
    from memtune.report.console import (
        baseline,
        bill,
        check,
        compare,
        floor,
        preflight,
        profile,
        recommend,
        soak,
    )

    def recommended(console: "Console", study: Study, kept: dict[str, Any]) -> None:
        recommend.render(console, study, lines_of(study), report=kept["report"])

    return {
        "baseline": (BaselineResult, _plainly(baseline.render)),
        "bill": (BillResult, _plainly(bill.render)),
        "check": (GateResult, _plainly(check.render)),
        "compare": (Comparison, _plainly(compare.render)),
        "floor": (Floor, _plainly(floor.render)),
        "preflight": (Preflight, _plainly(preflight.render)),
        "profile": (ProfileResult, _plainly(profile.render)),
        "recommend": (Study, recommended),
        "soak": (SoakResult, _plainly(soak.render)),
    }


def _plainly(
    render: "Callable[[Console, Any], None]",
) -> "Callable[[Console, Any, dict[str, Any]], None]":
    return lambda console, result, kept: render(console, result)
