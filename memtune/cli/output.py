"""Results to stdout, as a screen or as JSON, and into the store; a reader that went away changes
no exit code."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
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
    try:
        if as_json:
            from memtune.report.json import dump

            emit(dump(command, result, **more) + "\n")
        else:
            emit(screen(render))
    finally:
        if studies:
            _keep(command, result, studies, more)


def screen(render: "Callable[[Console], None]") -> str:
    """Return what ``render`` prints."""
    from memtune.report.console.common import console

    stdout = console()
    with stdout.capture() as captured:
        render(stdout)
    return captured.get()


def _keep(command: str, result: Any, studies: Sequence[str], more: dict[str, str]) -> None:
    from memtune.model.stored import Result
    from memtune.report.headline import headline
    from memtune.report.json import document
    from memtune.store import DIRECTORY, Store

    ruling, says = headline(result)
    text = json.dumps(document(command, result, **more))
    with closing(Store(Path(DIRECTORY))) as store:
        store.finish(*studies, result=Result(ruling, says, text))


def emit(text: str) -> None:
    """Write text to stdout.

    Raises HostError when stdout cannot take it, such as a full disk.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read it has seen enough; Python must not complain again at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise HostError(
            f"the result cannot be written to stdout: {error.strerror}",
            hint="is the disk full? `memtune show` prints it again",
        ) from error
