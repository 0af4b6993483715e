"""Results to stdout, as a screen or as JSON, and into the store; a reader that went away changes
no exit code."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memtune.errors import HostError

if TYPE_CHECKING:
    from rich.console import Console


def present(
    command: str,
    result: Any,
    render: "Callable[[Console], None]",
    *,
    as_json: bool,
    studies: Sequence[str] = (),
    **more: str,
) -> None:
    """Print a result whole: with ``render``, or as JSON with what else is to be said. Then these
    studies are finished, and ``memtune show`` prints it again.

    Raises HostError when stdout cannot take it, such as a full disk, and StoreError.
    """
    from memtune.report.json import document

    found = document(command, result, **more) if as_json or studies else {}
    shown = "" if as_json else screen(render)
    try:
        if as_json:
            emit_json(found)
        else:
            emit(shown)
    finally:
        if studies:
            _keep(result, studies, found, shown)


def screen(render: "Callable[[Console], None]") -> str:
    """Return what ``render`` prints."""
    from memtune.report.console.common import console

    stdout = console()
    with stdout.capture() as captured:
        render(stdout)
    return captured.get()


def look() -> str:
    """Return what a screen depends on beside its result: stdout's columns, colours, encoding."""
    from memtune.report.console.common import console

    stdout = console()
    colours = "" if stdout.no_color else stdout.color_system
    return f"{stdout.width} {colours} {stdout.encoding}"


def _keep(result: Any, studies: Sequence[str], document: dict[str, Any], shown: str) -> None:
    from memtune.model.stored import Result
    from memtune.report.headline import headline
    from memtune.report.json import kept as text
    from memtune.store import DIRECTORY, Store

    ruling, says = headline(result)
    kept = Result(ruling, says, text(document), shown, look() if shown else "")
    with closing(Store(Path(DIRECTORY))) as store:
        store.finish(*studies, result=kept)


def emit_json(document: dict[str, Any]) -> None:
    """Write a result's document to stdout, with the runs of a search from the store.

    Raises HostError as ``emit`` does, and StoreError.
    """
    from memtune.report.json import printed
    from memtune.store import DIRECTORY, Store

    def runs(study: str, cap_bytes: int) -> Iterator[str]:
        with closing(Store(Path(DIRECTORY))) as store:
            yield from store.told(study, cap_bytes)

    emit(chain(printed(document, runs), ["\n"]))


def emit(text: str | Iterable[str], otherwise: str = "`memtune show` prints it again") -> bool:
    """Write text, or piece after piece of it, to stdout; return whether somebody still reads it.

    Raises HostError when stdout cannot take it, such as a full disk; its hint says ``otherwise``.
    """
    try:
        sys.stdout.writelines([text] if isinstance(text, str) else text)
        sys.stdout.flush()
        return True
    except BrokenPipeError:
        # Whoever read it has seen enough; Python must not complain again at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise HostError(
            f"the result cannot be written to stdout: {error.strerror}",
            hint=f"is the disk full? {otherwise}",
        ) from error
