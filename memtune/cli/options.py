"""Options that several commands share, and how their text becomes values."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.cli.words import knobs, one_of, profiles, workloads
from memtune.errors import UsageError
from memtune.units import MIB, MINIMUM_CAP_BYTES, format_bytes, parse_bytes, parse_share

if TYPE_CHECKING:  # the model's dataclasses cost 35 ms, which `memtune --help` does not need
    from memtune.model import Scalar

EXECUTORS = "auto|docker|local"
PAGE_CACHES = "warm|cold"

CapOption = Annotated[
    str | None,
    typer.Option(
        "--cap",
        metavar="SIZE",
        help="Memory limit of the container, such as 512MiB; else that of the profile or the "
        "workload, or 512MiB.",
    ),
]
HeadroomOption = Annotated[
    str | None,
    typer.Option(
        "--headroom",
        metavar="SHARE",
        help="Share of the cap that must stay free at the peak, such as 20%; else the workload's.",
    ),
]
ExecutorOption = Annotated[
    str,
    typer.Option(
        "--executor",
        metavar=EXECUTORS,
        autocompletion=one_of(EXECUTORS),
        help="Where runs are made: Docker when it answers, else a cgroup of this machine.",
    ),
]
DEFAULT_CAP_BYTES = 512 * MIB
"""The cap where neither the command line, a profile nor the workload names one."""

WorkloadArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="WORKLOAD",
        help="A workload file, or a built-in workload; face, if neither this nor a profile names "
        "one.",
        autocompletion=workloads,
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        "-p",
        metavar="NAME",
        help="Settings and cap to begin with: a shipped profile or a profile file.",
        autocompletion=profiles,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="KNOB=VALUE",
        help="Turn one knob, such as workers=2; repeatable. It goes before what a profile says.",
        autocompletion=knobs,
    ),
]
PageCacheOption = Annotated[
    str,
    typer.Option(
        "--page-cache",
        metavar=PAGE_CACHES,
        autocompletion=one_of(PAGE_CACHES),
        help="How each run finds the page cache: filled by one earlier run, or dropped (root).",
    ),
]
JobsOption = Annotated[
    str,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N|auto",
        help="Runs at the same time, as far as memory allows; auto: one for each core. Memory does "
        "not suffer; where time is judged, runs are made one by one all the same.",
    ),
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="tcp://HOST:PORT",
        help="Make the runs on the workers of a Dask scheduler, as many as their memory holds.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]


def cap_bytes(text: str | None, *defaults: int | None) -> int:
    """Return the cap in bytes: from the option, else the first default.

    Raises UsageError below 6 MiB, which Docker does not accept, and when there is none.
    """
    size = next((d for d in defaults if d is not None), None) if text is None else parse_bytes(text)
    if size is None:
        raise UsageError("no cap is given", hint="add --cap 512MiB")
    if size < MINIMUM_CAP_BYTES:
        raise UsageError(
            f"a cap of {format_bytes(size)} is too small to start a container",
            hint="use 6MiB or more",
        )
    return size


def headroom(text: str | None, default: float | None) -> float | None:
    """Return the headroom as a share; None where none is asked for."""
    return default if text is None else parse_share(text)


def job_count(text: str) -> int | None:
    """Return how many runs to make at the same time; None for as many as there is room for.

    Raises UsageError for what is no number above 0 and not ``auto``.
    """
    if text == "auto":
        return None
    if not (text.isascii() and text.isdigit() and int(text)):
        raise UsageError(f"--jobs {text!r} is no number of runs", hint="write --jobs 4, or auto")
    return int(text)


def assignments(texts: Sequence[str]) -> "dict[str, Scalar]":
    """Return ``knob=value`` words as a mapping; the last one of a knob wins.

    Raises UsageError for a word without ``=``.
    """
    values: dict[str, Scalar] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise UsageError(f"--set {text!r} is not an assignment", hint="write --set workers=2")
        values[name] = value
    return values
