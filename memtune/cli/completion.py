"""Answers a shell that completes a command line: with words or nothing, never with an error.

typer speaks the shells' languages; here stands what it leaves out.
"""

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress

from memtune.errors import HostError

VARIABLE = "_MEMTUNE_COMPLETE"
"""What the scripts of ``--show-completion`` set; its value names the shell."""
OPTIONS = ("--install-completion", "--show-completion")
BREAKS = "=:@"
"""Where bash cuts words, as COMP_WORDBREAKS says, beside spaces and what commands are made of."""
_BEHIND_DASHES = re.compile(r"\s--\s")


def answer(execute: Callable[[], object]) -> int:
    """Print the words that typer finds when the application is executed, and return the status
    that the shell waits for."""
    # Without rich typer prints help as it is: with it a question takes three times as long, and
    # fish reads each folded line as a word of its own.
    sys.modules["rich"] = None  # type: ignore[assignment]
    begun, said, status = "", io.StringIO(), 0
    with (
        suppress(Exception, KeyboardInterrupt),
        redirect_stderr(io.StringIO()),
        redirect_stdout(said),
    ):
        try:
            begun = _whole_words() if os.environ[VARIABLE] == "complete_bash" else ""
            _leave_commands()
            execute()
        except SystemExit as end:  # fish asks by the status whether there are words
            status = int(bool(end.code))
    lines = said.getvalue().strip("\n").splitlines(keepends=True)
    with suppress(OSError):
        sys.stdout.writelines(line.removeprefix(begun) for line in lines)
        sys.stdout.flush()
    return status


@contextmanager
def translated() -> Iterator[None]:
    """Raise HostError where typer knows no such shell, or cannot write the shell's files."""
    try:
        yield
    except SystemExit as end:
        if end.code != 1:
            raise
        raise HostError(
            "which shell this is cannot be told", hint="execute it in bash, zsh or fish"
        ) from None
    except OSError as error:
        raise HostError(
            f"completion cannot be installed: {error}",
            hint="`memtune --show-completion` prints what your shell has to read",
        ) from error


def _whole_words() -> str:
    """Give typer the words that bash cut into pieces, and return what of the last one bash keeps:
    words are to be printed without it.

    An option and its value are two words for typer then, whatever stands between them.
    """
    pieces = os.environ["COMP_WORDS"].split("\n")[: int(os.environ["COMP_CWORD"]) + 1]
    words, begun = [""], ""
    for before, piece in zip(["", *pieces], pieces, strict=False):
        if _breaks(piece):
            words[-1] += piece
            begun = words[-1]
        elif _breaks(before) and piece:
            begun = words[-1]
            words[-1] += piece
        else:
            begun = ""
            words.append(piece)
    option, equals, value = words[-1].partition("=")
    if option.startswith("--") and equals:
        words[-1:] = [option, value]
        begun = begun.removeprefix(option + equals)
    os.environ["COMP_WORDS"] = "\n".join(words[1:])
    os.environ["COMP_CWORD"] = str(len(words) - 2)
    return begun


def _breaks(piece: str) -> bool:
    return bool(piece) and not piece.strip(BREAKS)


def _leave_commands() -> None:
    """Behind ``--`` stands a command, of which memtune knows nothing: have typer find no word, in
    whose place shells complete files."""
    for name in ("COMP_WORDS", "_TYPER_COMPLETE_ARGS"):
        if _BEHIND_DASHES.search(os.environ.get(name, "")):
            os.environ |= {name: "memtune ?", "COMP_CWORD": "1"}
