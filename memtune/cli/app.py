"""The typer application and the one place where errors become text and exit codes."""

import os
import shlex
import sys
import traceback
from contextlib import nullcontext
from contextvars import ContextVar

import typer

from memtune import __version__
from memtune.cli.completion import OPTIONS, VARIABLE, answer, translated
from memtune.cli.manual import EPILOG, Manual
from memtune.errors import ExitCode, MemtuneError, UsageError

TAKE_A_COMMAND = ("profile", "floor")
"""Commands that take a program to execute behind ``--``."""
TYPED: ContextVar[str] = ContextVar("TYPED", default="")
"""The command that is executed, as it was typed; empty where nobody typed one."""

app = typer.Typer(
    name="memtune",
    cls=Manual,
    help="Execute a service or a pipeline in a memory-capped container, measure what it needs, say "
    "whether it passes, and find the most conservative settings that still do.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"memtune {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    command: list[str] | None = context.obj
    if command is None:
        return
    if context.invoked_subcommand not in TAKE_A_COMMAND:
        raise UsageError(
            f"{context.invoked_subcommand} takes no command behind --",
            hint=f"these do: {', '.join(TAKE_A_COMMAND)}",
        )
    if not command:
        raise UsageError("there is no command behind --", hint="write -- python job.py")


def main(arguments: list[str] | None = None) -> int:
    """Execute one command and return its exit code.

    Words behind ``--`` are a command to profile: they never reach the option parser.
    """
    if VARIABLE in os.environ:
        return answer(lambda: app(prog_name="memtune"))
    words = sys.argv[1:] if arguments is None else arguments
    TYPED.set(_line(words))
    own, command = _split(words)
    try:
        with translated() if own[:1] and own[0] in OPTIONS else nullcontext():
            app(args=own, obj=command, prog_name="memtune")
    except MemtuneError as error:
        _complain(error)
        return error.exit_code
    except SystemExit as end:
        if end.code == ExitCode.INTERRUPTED:  # typer has taken the KeyboardInterrupt
            print("interrupted; the finished runs are kept", file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        print("interrupted; the finished runs are kept", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except Exception:  # noqa: BLE001 - a crash must never look like a failed check
        traceback.print_exc()
        print(
            f"memtune {__version__}: this is a bug; please report it with the text above",
            file=sys.stderr,
        )
        return ExitCode.BUG
    return ExitCode.PASS


def _line(words: list[str]) -> str:
    """The words as a shell takes them; bytes of them that are no text are replaced."""
    return shlex.join(["memtune", *words]).encode("utf-8", "replace").decode()


def _split(words: list[str]) -> tuple[list[str], list[str] | None]:
    if "--" not in words:
        return words, None
    at = words.index("--")
    return words[:at], words[at + 1 :]


def _complain(error: MemtuneError) -> None:
    """Print an error; what it quotes, such as a line of a build, must not command a CI runner."""
    from memtune.report.neutral import plain

    where = f"{error.where}: " if error.where else ""
    said = f"error: {where}{error.message}" + (f"\nhint: {error.hint}" if error.hint else "")
    print("\n".join(plain(line) for line in said.splitlines()), file=sys.stderr)
