"""Results to stdout, as a screen or as JSON; a reader that went away changes no exit code."""

import os
import sys
from collections.abc import Callable
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
    **more: str,
) -> None:
    """Print a result whole: with ``render``, or as JSON with what else is to be said.

    Raises HostError when stdout cannot take it, such as a full disk.
    """
    if as_json:
        from memtune.report.json import dump

        emit(dump(command, result, **more) + "\n")
        return
    from memtune.report.console.common import console

    screen = console()
    with screen.capture() as captured:
        render(screen)
    emit(captured.get())


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
            hint="is the disk full? The runs are kept under .memtune",
        ) from error
