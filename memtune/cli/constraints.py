"""Options that bound figures of a workload's output, and the checks that they become."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from memtune.units import parse_duration, parse_rate, parse_share

if TYPE_CHECKING:
    from memtune.model import Bound, Checks

P95Option = Annotated[
    str | None,
    typer.Option("--max-p95", metavar="TIME", help="Slowest p95_ms that passes, such as 300ms."),
]
ThroughputOption = Annotated[
    str | None,
    typer.Option(
        "--min-throughput", metavar="RATE", help="Lowest throughput_per_s that passes, such as 5."
    ),
]
ErrorRateOption = Annotated[
    str | None,
    typer.Option(
        "--max-error-rate", metavar="SHARE", help="Highest error_rate that passes, such as 1%."
    ),
]
BootOption = Annotated[
    str | None,
    typer.Option("--max-boot", metavar="TIME", help="Longest boot_s that passes, such as 10s."),
]


def bounds(
    p95: str | None, throughput: str | None, error_rate: str | None, boot: str | None
) -> "tuple[Bound, ...]":
    """Return the bounds of the options that are given. Raises UsageError for no such amount."""
    from memtune.model import Bound

    found = []
    if p95 is not None:
        found.append(Bound("p95_ms", max=1000 * parse_duration(p95)))
    if throughput is not None:
        found.append(Bound("throughput_per_s", min=parse_rate(throughput)))
    if error_rate is not None:
        found.append(Bound("error_rate", max=parse_share(error_rate)))
    if boot is not None:
        found.append(Bound("boot_s", max=parse_duration(boot)))
    return tuple(found)


def bounded(checks: "Checks", asked: "tuple[Bound, ...]") -> "Checks":
    """Return the checks with these bounds, each in place of the same side of the same figure's."""
    output = list(checks.output)
    for bound in asked:
        places = [n for n, known in enumerate(output) if known.figure == bound.figure]
        for n in places:
            known = output[n]
            output[n] = replace(
                known,
                min=known.min if bound.min is None else bound.min,
                max=known.max if bound.max is None else bound.max,
            )
        if not places:
            output.append(bound)
    return replace(checks, output=tuple(output))
