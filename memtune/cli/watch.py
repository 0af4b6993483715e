"""``memtune watch``: the memory of what runs already, live."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.app import app
from memtune.cli.manual import examples
from memtune.errors import CancelledError, ExitCode, UsageError
from memtune.units import format_duration, parse_duration, parse_share

if TYPE_CHECKING:
    from rich.console import Console

    from memtune.model.watch import Look, Plan
    from memtune.report.console.watch import Lines, Screen

    Show = Callable[[Look], bool]
    """Shows a look, and says whether anybody still reads it."""

SHORTEST_S = 0.1
"""Between two looks: a container is not looked at more often."""
WARN = ("80%", "90%")


@app.command(
    short_help="The memory of what runs already, live.",
    epilog=examples(
        "memtune watch web",
        "memtune watch web --interval 5s --warn 70% --warn 90%",
        "memtune watch 4711 --for 10m --json",
    ),
)
def watch(
    target: Annotated[
        str,
        typer.Argument(help="A container's name or id, a compose project, or a process's number."),
    ],
    interval: Annotated[
        str, typer.Option("--interval", "-i", metavar="TIME", help="Time between two looks.")
    ] = "1s",
    lasting: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="TIME", help="End after so long (10m); else when the target ends."
        ),
    ] = None,
    warn: Annotated[
        list[str] | None,
        typer.Option(
            "--warn",
            metavar="SHARE",
            help="Warn at this share of the cap, below 100%; repeatable; else 80% and 90%.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each look as a JSON object on its own line.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Tell only what happens, no figures meanwhile.")
    ] = False,
) -> None:
    """Show the memory of a running container, process or compose project: what it consists of, the
    cap, headroom, OOM kills, the trend, and when it reaches the cap. Changes nothing about it.

    Ends with 1 when something of it was OOM-killed or failed meanwhile, else with 0. Ctrl-C is how
    a watch ends, but one with --for ends with 130 then.
    """
    from memtune.cli.signals import Cancellation
    from memtune.model.watch import Close, Plan
    from memtune.watch.watch import watch as looks_at

    for_s = None if lasting is None else parse_duration(lasting)
    plan = Plan(_interval(interval), for_s, _thresholds(warn or WARN))
    cancelled = Cancellation().install()
    with (
        closing(looks_at(target, plan, cancelled)) as looks,
        _showing(plan, as_json=as_json, quiet=quiet) as show,
    ):
        for look in looks:  # the last one is looked at below
            if not show(look):
                break
    if not look.well:
        raise typer.Exit(ExitCode.FAIL)
    if look.close is Close.INTERRUPTED and for_s is not None:
        raise CancelledError(f"interrupted after {format_duration(look.at_s)} of {lasting}")


def _interval(text: str) -> float:
    seconds = parse_duration(text)
    if seconds < SHORTEST_S:
        raise UsageError(
            f"--interval {text} is too short", hint=f"use {format_duration(SHORTEST_S)} or more"
        )
    return seconds


def _thresholds(texts: Sequence[str]) -> tuple[float, ...]:
    """Return them in order. A warning at the cap comes when the kernel has killed already."""
    shares = set()
    for text in texts:
        try:
            share = parse_share(text)
        except UsageError:
            share = 0.0
        if not share:
            raise UsageError(
                f"--warn {text!r} is not a share of the cap above 0% and below 100%: at the cap "
                "the kernel kills, and nothing is left to warn of",
                hint="write it as --warn 90%",
            )
        shares.add(share)
    return tuple(sorted(shares))


@contextmanager
def _showing(plan: "Plan", *, as_json: bool, quiet: bool) -> "Iterator[Show]":
    """Yield what shows a look: a line of JSON, tables on a terminal, or lines."""
    from memtune.report.console.common import console
    from memtune.report.console.watch import Lines, Screen

    stdout = console()
    if as_json:
        yield partial(_stream, quiet=quiet)
    elif quiet or not sys.stdout.isatty() or stdout.is_dumb_terminal:
        yield partial(_log, Lines(plan, quiet=quiet))
    else:
        screen = Screen(stdout, plan)
        try:
            yield partial(_redraw, screen)
        finally:
            with suppress(OSError):
                screen.close()


def _stream(look: "Look", *, quiet: bool) -> bool:
    from memtune.report.json import line

    silent = quiet and not look.notes and look.close is None
    return silent or _write(line("watch", look))


def _log(lines: "Lines", look: "Look") -> bool:
    from memtune.cli.output import screen

    def render(console: "Console") -> None:
        for text in lines.of(look):
            console.print(text, soft_wrap=True)

    return _write(screen(render))


def _redraw(screen: "Screen", look: "Look") -> bool:
    try:
        screen.show(look)
    except OSError:  # the terminal is gone
        return False
    return True


def _write(text: str) -> bool:
    from memtune.cli.output import emit

    return not text or emit(text, otherwise="the watch ends with it")
